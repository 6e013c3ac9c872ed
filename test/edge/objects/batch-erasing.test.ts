// What is left of a list that was erased, by its owner or by time: nothing, whatever was under way.
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { keysOf } from '../../../edge/src/batches/keys.ts'
import { openName } from '../../../edge/src/batches/state.ts'
import { secrets } from './asking.ts'
import {
  addresses,
  bodyOf,
  doTurn,
  doWork,
  each,
  exists,
  type Listed,
  listed,
  newLanes,
  next,
  play,
  playWork,
  putsOff,
  replaceAccounts,
  standingQueues,
  toTheEnd,
  turns,
  wantedOf,
  work,
} from './batch-given.ts'
import { alarmOf, balanceOf, DAY, HOUR, MINUTE, NOON, pass, ring, standingClock } from './given.ts'

standingClock()
standingQueues()

/** What is found of it wherever anything was: its tables, its upload, its name, its alarm. */
async function remainsOf({ wanted, stub }: Listed): Promise<unknown[]> {
  const kept = await runInDurableObject(stub, (_, { storage }) => [
    ...storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf_*'").toArray(),
    ...storage.kv.list(),
  ])
  const { objects } = await env.SPOOL.list({ prefix: `${wanted.account}/${wanted.id}` })
  const name = await env.SNAPSHOTS.get(openName(wanted))
  const alarm = await alarmOf(stub)
  return [...kept, ...objects, ...(name === null ? [] : [name]), ...(alarm === null ? [] : [alarm])]
}

const FAR: Readonly<Record<string, (list: Listed) => Promise<unknown>>> = {
  'was looked at': async () => undefined,
  'has begun': (list) => list.stub.start(),
  'was read': async (list) => (await list.stub.start(), doWork(work.shift()!)),
  'is asked about': async (list) => (await list.stub.start(), playWork({ lanes: newLanes() })),
  'is put off': async (list) => (await list.stub.start(), play({ lanes: newLanes(), says: each(putsOff) })),
  'has ended': async (list) => (await list.stub.start(), toTheEnd(list, { lanes: newLanes() })),
}

describe('of a list that is erased', () => {
  it.each(Object.keys(FAR))('nothing is left where it %s, nor comes back', async (far) => {
    const list = await listed([...addresses(600, 30), 'user1@d1.test'], { start: false })
    await FAR[far]!(list)
    expect((await remainsOf(list)).length).toBeGreaterThan(3)
    const under = { work: work.splice(0), turns: turns.splice(0) }
    expect(await list.stub.erase()).toBe(true)
    expect(await remainsOf(list)).toEqual([])
    const stage = { lanes: newLanes() }
    for (const message of under.work) await doWork(message, stage)
    for (const turn of under.turns) await doTurn(turn, stage)
    if (under.work[0] !== undefined) await list.stub.parked(under.work[0])
    await list.stub.noteParked()
    await list.stub.touch()
    await list.stub.readOn()
    await list.stub.start()
    await list.stub.cancel()
    expect([await list.stub.describe(), await list.stub.plan(), await list.stub.page(0)]).toEqual([null, null, null])
    expect(await list.stub.erase()).toBe(false)
    expect(await remainsOf(list)).toEqual([])
    expect([work, turns]).toEqual([[], []])
    expect(await balanceOf(list.given)).toMatchObject({ reserved: 0 })
  })

  it('nothing comes back where it ends in that moment', async () => {
    const list = await listed(['jane@d.test'])
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const tell = vi.fn(() => gate)
    vi.spyOn(env.DELIVERIES, 'getByName').mockReturnValue({ tell } as never)
    const ending = play({ lanes: newLanes() })
    await vi.waitFor(() => expect(tell).toHaveBeenCalled())
    expect(await list.stub.erase()).toBe(true)
    open()
    await ending
    expect(await remainsOf(list)).toEqual([])
    expect(await balanceOf(list.given)).toMatchObject({ spent: 1, reserved: 0 })
  })

  it('all is gone in the end where its account did not answer at first', async () => {
    const list = await listed(addresses(20, 20))
    await play({ lanes: newLanes(), says: each(putsOff) })
    let answers = false
    replaceAccounts((stub) => ({
      settleList: (total) => (answers ? stub.settleList(total) : Promise.reject(new Error('is not there'))),
    }))
    await expect(runInDurableObject(list.stub, (batch) => batch.erase())).rejects.toThrow('is not there')
    // Nobody is asked on its behalf any more.
    expect(await list.stub.take('eu-any', '1')).toBeNull()
    answers = true
    expect(await list.stub.erase()).toBe(true)
    expect(await remainsOf(list)).toEqual([])
  })

  it('a later one under its name knows nothing of it', async () => {
    const list = await listed(addresses(600, 5))
    expect(await oneChunk(list, addresses(600, 5))).toBe(1)
    await list.stub.erase()
    work.length = 0
    await list.stub.create(await wantedOf(addresses(600, 5).toReversed(), list.given, { id: list.wanted.id }))
    expect(await toTheEnd(list, { lanes: newLanes() })).toMatchObject({ done: 600, duplicates: 0 })
  })
})

/** Its first 500 rows are read; says which chunk would be next. */
async function oneChunk({ stub, wanted }: Listed, emails: readonly string[]): Promise<number> {
  const { exact: keys, mailboxes } = await keysOf(emails.slice(0, 500), secrets)
  const place = { n: 0, at: wanted.layout.start, upto: wanted.layout.start + 1_000 }
  return (await stub.addChunk({ ...place, rows: 500, keys, mailboxes }, false))!.chunk
}

describe('time', () => {
  it('erases a list when it has been kept for as long as was wished', async () => {
    const list = await listed(addresses(4), { retentionDays: 7 })
    const { expires_at: expires } = await toTheEnd(list, { lanes: newLanes() })
    expect(Date.parse(expires)).toBe(NOON + 7 * DAY)
    await next(list, {})
    expect(await alarmOf(list.stub)).toBe(NOON + 7 * DAY)
    await next(list, {})
    expect(await remainsOf(list)).toEqual([])
  })

  it('erases a list that was only looked at within a day, and none that was started meanwhile', async () => {
    const list = await listed(addresses(4), { start: false, retentionDays: 3 })
    const started = await listed(addresses(4), { start: false, retentionDays: 3 })
    await next(list, {})
    expect(await alarmOf(list.stub)).toBe(NOON + DAY)
    await started.stub.start()
    expect(await toTheEnd(started, { lanes: newLanes() })).toMatchObject({ done: 4 })
    await next(list, {})
    expect(await remainsOf(list)).toEqual([])
    expect(Date.parse((await bodyOf(started)).expires_at)).toBe(NOON + 3 * DAY)
  })

  it('erases no list before it has ended', async () => {
    const list = await listed(['jane@d.test'], { start: false, retentionDays: 1 })
    pass(23 * HOUR)
    await list.stub.start()
    await play({ lanes: newLanes(), says: each(putsOff) })
    pass(2 * HOUR)
    await ring(list.stub)
    await play({ lanes: newLanes(), says: each(exists) })
    const { status, expires_at: expires, finished_by: by } = await bodyOf(list)
    expect(status).toBe('completed')
    expect(Date.parse(expires)).toBeGreaterThanOrEqual(Date.parse(by))
  })

  it('erases in the end though the store did not answer at first', async () => {
    const list = await listed(addresses(4), { retentionDays: 1 })
    await toTheEnd(list, { lanes: newLanes() })
    await next(list, {})
    const gone = vi.spyOn(env.SPOOL, 'delete').mockRejectedValue(new Error('is not there'))
    await next(list, {})
    expect(await bodyOf(list)).toMatchObject({ status: 'completed' })
    expect(await alarmOf(list.stub)).toBeLessThanOrEqual(Date.now() + MINUTE)
    gone.mockRestore()
    await next(list, {})
    expect(await remainsOf(list)).toEqual([])
  })
})
