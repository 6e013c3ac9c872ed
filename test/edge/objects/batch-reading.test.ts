// How a list comes into its batch: made once, read in order whatever is told twice, duplicates found wherever they stand.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { NewChunk } from '../../../edge/src/batches/chunk-book.ts'
import { keysOf } from '../../../edge/src/batches/keys.ts'
import { split } from '../../../edge/src/batches/split.ts'
import { openName } from '../../../edge/src/batches/state.ts'
import { secrets } from './asking.ts'
import {
  addresses,
  bodyOf,
  doWork,
  each,
  exists,
  type Listed,
  listed,
  newLanes,
  objectOf,
  play,
  standingQueues,
  toTheEnd,
  wantedOf,
  work,
} from './batch-given.ts'
import { account, alarmOf, DAY, MINUTE, pass, standingClock } from './given.ts'

standingClock()
standingQueues()

describe('a batch that is made', () => {
  it('is the same one when it is made again, and none with another list', async () => {
    const list = await listed(['jane@d.test'])
    const again = await wantedOf(['jane@d.test'], list.given, { id: list.wanted.id })
    expect(await list.stub.create(again)).toMatchObject({ id: list.wanted.id, status: 'queued' })
    expect((await list.stub.plan())?.upload.key).toBe(list.wanted.upload.key)
    expect(await list.stub.create(await wantedOf(['joe@d.test'], list.given, { id: list.wanted.id }))).toBeNull()
    await toTheEnd(list, { lanes: newLanes() })
    expect(await list.stub.create(again)).toMatchObject({ status: 'completed', done: 1 })
  })

  it('goes on though the list of open ones could not be written', async () => {
    const wanted = await wantedOf(['jane@d.test'], await account(10))
    const stub = objectOf(wanted)
    vi.spyOn(env.SNAPSHOTS, 'put').mockRejectedValueOnce(new Error('is not there'))
    expect(await stub.create(wanted)).toMatchObject({ status: 'queued' })
    expect(await alarmOf(stub)).not.toBeNull()
    expect(await toTheEnd({ stub }, { lanes: newLanes() })).toMatchObject({ status: 'completed', done: 1 })
  })

  it('stands in the list of open ones from its start on, however long it was looked at', async () => {
    const list = await listed(['jane@d.test'], { start: false })
    await env.SNAPSHOTS.delete(openName(list.wanted))
    pass(4 * DAY)
    await list.stub.start()
    expect(await env.SNAPSHOTS.get(openName(list.wanted))).toBe('')
    await toTheEnd(list, { lanes: newLanes() })
    expect(await env.SNAPSHOTS.get(openName(list.wanted))).toBeNull()
  })

  it('is not begun where it is only looked at, and begins once', async () => {
    const list = await listed(['jane@d.test'], { start: false })
    expect(work).toEqual([])
    expect(await bodyOf(list)).toMatchObject({ status: 'previewed', started_at: null, total: null })
    await list.stub.start()
    await list.stub.start()
    expect(work).toHaveLength(1)
    expect(await toTheEnd(list, { lanes: newLanes() })).toMatchObject({ status: 'completed', done: 1 })
  })
})

async function chunkOf(emails: readonly string[], place: Pick<NewChunk, 'n' | 'at' | 'upto'>): Promise<NewChunk> {
  const { exact, mailboxes } = await keysOf(emails, secrets)
  return { ...place, rows: emails.length, keys: exact, mailboxes }
}

async function chunksOf({ stub }: Listed): Promise<Record<string, SqlStorageValue>[]> {
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec('SELECT n, first, rows, duplicates FROM chunks ORDER BY n').toArray(),
  )
}

describe('reading', () => {
  it('takes each chunk once and in order, whoever tells what again', async () => {
    const list = await listed(addresses(1_200))
    const { start } = list.wanted.layout
    const [first, second] = [addresses(500), addresses(500, 1, 'other')]
    const one = await chunkOf(first, { n: 0, at: start, upto: start + 5_000 })
    const two = await chunkOf(second, { n: 1, at: start + 5_000, upto: start + 10_000 })
    expect(await list.stub.addChunk(two, false)).toMatchObject({ chunk: 0 })
    expect(await list.stub.addChunk(one, false)).toMatchObject({ chunk: 1 })
    expect(await list.stub.addChunk(one, false)).toMatchObject({ chunk: 1 })
    // Somebody who cut the list otherwise.
    expect(await list.stub.addChunk({ ...two, at: start + 4_990 }, false)).toMatchObject({ chunk: 1 })
    expect(await list.stub.addChunk(two, false)).toMatchObject({ chunk: 2, state: { rows: 1_000, duplicates: 0 } })
    expect((await chunksOf(list)).map(({ n, first: from, rows }) => [n, from, rows])).toEqual([
      [0, 0, 500],
      [1, 500, 500],
    ])
  })

  it('by two at once comes to the same as by one', async () => {
    const list = await listed(addresses(2_300, 7))
    const message = work.shift()!
    await Promise.all([doWork(message), doWork(message), doWork(message)])
    expect(await bodyOf(list)).toMatchObject({ total: 2_300, duplicates: 0 })
    expect((await chunksOf(list)).map(({ rows }) => rows)).toEqual([500, 500, 500, 500, 300])
  })

  it('goes on where it was, window by window, also in an object that has slept', async () => {
    const wide = addresses(3_000).map((email, n) => `${email},${'x'.repeat(900)}${n}`)
    const list = await listed(`email,text\n${wide.join('\n')}\n`)
    let looks = 0
    // A clock by which a reader's time is over after one window.
    const now = () => Date.now() + 11_000 * Math.max(0, (looks += 1) - 2)
    await split(list.stub, { spool: env.SPOOL, secrets, now })
    const { read } = await bodyOf(list)
    expect(read).toBeGreaterThan(500)
    expect(read).toBeLessThan(3_000)
    await evictDurableObject(list.stub)
    expect(await toTheEnd(list, { lanes: newLanes() })).toMatchObject({ total: 3_000, done: 3_000, duplicates: 0 })
  })

  it('of nothing but a header ends with nothing', async () => {
    const { layout } = await wantedOf(['jane@d.test'], await account())
    const list = await listed('email\n', { layout })
    expect(await toTheEnd(list, {})).toMatchObject({ status: 'completed', total: 0, done: 0, stopped: null })
  })

  it('of a row that nobody can read fails with its number, and what was read is not asked about', async () => {
    const rows = addresses(700, 3)
    const list = await listed(`email\n${rows.join('\n')}\n"never closed${'x'.repeat(70_000)}`)
    const body = await toTheEnd(list, { lanes: newLanes() })
    expect(body).toMatchObject({ status: 'failed', failure: { row: 701 }, cost: { units: 0 } })
    expect(body.done).toBe(body.read)
    expect(body.failure?.detail).toMatch(/^Row 701 \(the header is not counted\): This row is longer than 65536 octets/)
  })

  it('of an upload that is gone fails when the queue has given up, and not before', async () => {
    const list = await listed(['jane@d.test'])
    await env.SPOOL.delete(list.wanted.upload.key)
    const message = work.shift()!
    await expect(doWork(message)).rejects.toThrow('the upload is not there')
    expect(await bodyOf(list)).toMatchObject({ status: 'queued' })
    await list.stub.parked(message)
    pass(10 * MINUTE)
    await list.stub.parked(message)
    expect(await bodyOf(list)).toMatchObject({ status: 'queued', parked: 2 })
    pass(10 * MINUTE)
    await list.stub.parked(message)
    await list.stub.parked(message)
    expect(await bodyOf(list)).toMatchObject({ status: 'failed', parked: 3, failure: { row: null } })
  })

  it('that was done by another message is not undone by one that was parked', async () => {
    const list = await listed(['jane@d.test'])
    const message = work.shift()!
    await doWork(message)
    await list.stub.parked(message)
    expect(await toTheEnd(list, { lanes: newLanes() })).toMatchObject({ status: 'completed', parked: 0, failure: null })
  })

  it('is asked for again where nothing was heard of it', async () => {
    const list = await listed(['jane@d.test'])
    expect(work.splice(0)).toHaveLength(1)
    pass(MINUTE)
    await list.stub.touch()
    expect(work).toEqual([])
    pass(MINUTE)
    await list.stub.touch()
    expect(work).toHaveLength(1)
    await play({ lanes: newLanes() })
    expect(await bodyOf(list)).toMatchObject({ status: 'completed' })
  })
})

const LINES = ['Jane.Roe@gmail.com', 'janeroe@gmail.com', 'jane.roe+news@gmail.com', 'Jane.Roe@GMAIL.com', 'joe@d.test']

/** The lines in the first row of every chunk and in the last one of all. */
function spread(): string[] {
  return LINES.flatMap((line, n) => [line, ...addresses(499, 3, `filler${n}x`)]).concat('jane.roe@gmail.com')
}

describe('duplicates', () => {
  it.each([
    ['off', []],
    ['exact', [[1_500, 0]]],
    [
      'canonical',
      [
        [500, 0],
        [1_000, 0],
        [1_500, 0],
        [2_500, 0],
      ],
    ],
  ] as const)(
    'are found across chunks by "%s", also in an object that has slept between them',
    async (dedupe, found) => {
      const list = await listed(spread(), { dedupe })
      const message = work.shift()!
      const object = {
        reading: () => list.stub.reading(),
        addChunk: async (chunk: NewChunk, isLast: boolean) => {
          await evictDurableObject(list.stub)
          return list.stub.addChunk(chunk, isLast)
        },
        readOn: () => list.stub.readOn(),
        readFailed: () => Promise.reject(new Error('it can be read')),
      }
      expect(message.kind).toBe('split')
      await split(object, { spool: env.SPOOL, secrets, now: Date.now })
      const chunks = await chunksOf(list)
      expect(chunks.flatMap(({ duplicates }) => JSON.parse(duplicates as string) as number[][])).toEqual(found)
      expect(await bodyOf(list)).toMatchObject({ total: 2_501, duplicates: found.length })
    },
  )

  it('cost nothing and have the result of their first row, also when that comes later', async () => {
    const list = await listed([...addresses(500), 'user7@d0.test', 'no address', 'no address', 'USER7@d0.test'])
    const lanes = newLanes()
    await doWork(work.shift()!)
    // The chunk of the duplicate is checked first.
    await doWork(work.pop()!, { lanes })
    expect((await list.stub.page(1))?.results.map((result) => result === null)).toEqual([true, false, false, true])
    const body = await toTheEnd(list, { lanes, says: each(exists) })
    expect(body).toMatchObject({ done: 504, duplicates: 2, cost: { charged_rows: 502, units: 502 } })
    const page = (await list.stub.page(1))!
    expect(page.results[0]).toBe((await list.stub.page(0))!.results[7])
    expect(page.results[2]).toBe(page.results[1])
    expect([...page.chunk.duplicates]).toEqual([
      [500, 7],
      [502, 501],
    ])
  })
})
