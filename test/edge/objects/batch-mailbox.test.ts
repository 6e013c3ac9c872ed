// One mailbox that is taken out of a list: its rows go wherever they are, the list goes on, and its counts stay whole.
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { pseudonyms } from '../../../edge/src/accounts/pseudonym.ts'
import { mailboxKeys } from '../../../edge/src/batches/keys.ts'
import { secrets } from './asking.ts'
import {
  bodyOf,
  doTurn,
  doWork,
  each,
  exists,
  type Listed,
  listed,
  newLanes,
  play,
  playWork,
  putsOff,
  reasonsOf,
  type Says,
  standingQueues,
  toTheEnd,
  turns,
  work,
} from './batch-given.ts'
import { rows, standingClock } from './given.ts'

standingClock()
standingQueues()

const LIST = ['jane@d.test', 'karl@d.test', 'Jane@d.test', 'jane@d.test', 'nina@e.test', 'karl@d.test']

const erase = async ({ stub }: Listed, email: string) => stub.eraseMailbox(await mailboxKeys(email, secrets), email)

async function uploadsOf({ wanted }: Listed): Promise<string[]> {
  const { objects } = await env.SPOOL.list({ prefix: `${wanted.account}/${wanted.id}/` })
  return Promise.all(objects.map(async ({ key }) => (await env.SPOOL.get(key))!.text()))
}

const named = ({ stub }: Listed, email: string) =>
  runInDurableObject(stub, async (_, { storage }) => {
    const keys = (await mailboxKeys(email, secrets)).map((key) => key.join())
    const [row] = storage.sql.exec<{ mailboxes: ArrayBuffer }>('SELECT mailboxes FROM chunks').toArray()
    const octets = new Uint8Array(row!.mailboxes)
    const rows = Array.from({ length: octets.length / 8 }, (__, n) => octets.subarray(8 * n, 8 * n + 8).join())
    return rows.filter((one) => keys.includes(one)).length
  })

const FAR: Readonly<Record<string, (list: Listed) => Promise<unknown>>> = {
  'was read': () => doWork(work.shift()!),
  'was checked': () => playWork({ lanes: newLanes() }),
  'waits for its second visit': () => play({ lanes: newLanes(), says: each(putsOff) }),
  'has ended': (list) => toTheEnd(list, { lanes: newLanes(), says: each(exists) }),
}

describe('a mailbox that is erased', () => {
  it.each(Object.keys(FAR))(
    'is gone from a list that %s, duplicates too, and the list is as long as before',
    async (far) => {
      const list = await listed(LIST)
      await FAR[far]!(list)
      expect(await erase(list, 'jane@d.test')).toBe(3)
      expect((await uploadsOf(list)).join()).not.toMatch(/jane/i)
      expect(await named(list, 'jane@d.test')).toBe(0)
      expect(await named(list, 'karl@d.test')).toBe(2)
      const body = await toTheEnd(list, { lanes: newLanes(), says: each(exists) })
      expect(body).toMatchObject({ status: 'completed', total: 6, done: 6 })
      expect((await reasonsOf(list)).slice(1, 2)).toEqual(['mailbox_accepted'])
    },
  )

  it('is gone as well where another one is erased in the same moment', async () => {
    const list = await listed(LIST)
    await play({ lanes: newLanes(), says: each(putsOff) })
    expect(await Promise.all([erase(list, 'jane@d.test'), erase(list, 'karl@d.test')])).toEqual([3, 2])
    const uploads = await uploadsOf(list)
    expect(uploads).toHaveLength(1)
    expect(uploads[0]).not.toMatch(/jane|karl/i)
    expect(uploads[0]).toContain('nina@e.test')
    expect(await toTheEnd(list, { lanes: newLanes() })).toMatchObject({ status: 'completed', done: 6 })
  })

  it('is gone from a list that was only looked at, which is started as it is, and no other list changes', async () => {
    const list = await listed(LIST, { start: false })
    const other = await listed(['nina@e.test'], { start: false })
    expect([await erase(list, 'jane@d.test'), await erase(other, 'jane@d.test')]).toEqual([3, 0])
    expect(await uploadsOf(other)).toEqual(['email\nnina@e.test\n'])
    const uploads = await uploadsOf(list)
    expect(uploads).toHaveLength(1)
    expect(uploads[0]).not.toMatch(/jane/i)
    await list.stub.start()
    expect(await toTheEnd(list, { lanes: newLanes(), says: each(exists) })).toMatchObject({
      status: 'completed',
      done: 6,
    })
    expect(await reasonsOf(list)).toContain('mailbox_accepted')
  })

  it('is gone from rows that hold it among other things', async () => {
    const held = [
      'Jane Roe <jane@d.test>',
      'mailto:JANE@d.test',
      ' jane@d.test ',
      '<jane@d.test>',
      'not jane@d.test at all',
    ]
    const list = await listed([...held, 'nina@e.test'], { dedupe: 'canonical' })
    await toTheEnd(list, { lanes: newLanes(), says: each(exists) })
    expect(await erase(list, 'jane@d.test')).toBe(4)
    expect((await uploadsOf(list)).join().match(/jane/gi)).toHaveLength(1)
  })

  it('leaves nothing in the store where its list is erased in the same moment', async () => {
    const list = await listed(LIST)
    await toTheEnd(list, { lanes: newLanes() })
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const real = env.SPOOL.createMultipartUpload.bind(env.SPOOL)
    const made = vi.spyOn(env.SPOOL, 'createMultipartUpload').mockImplementation(async (key, options) => {
      const parts = await real(key, options)
      const complete = async (all: R2UploadedPart[]) => (await gate, parts.complete(all))
      return { ...parts, uploadPart: parts.uploadPart.bind(parts), complete }
    })
    const erasing = erase(list, 'jane@d.test')
    await vi.waitFor(() => expect(made).toHaveBeenCalled())
    expect(await list.stub.erase()).toBe(true)
    open()
    expect(await erasing).toBe(0)
    expect(await uploadsOf(list)).toEqual([])
  })

  it('leaves the counts of a list that was cancelled before', async () => {
    const list = await listed(LIST)
    await doWork(work.shift()!)
    await list.stub.cancel()
    const before = await bodyOf(list)
    await erase(list, 'karl@d.test')
    expect(await bodyOf(list)).toEqual(before)
  })

  it('is not remembered as paid for by an answer that comes for it afterwards', async () => {
    const list = await listed(LIST)
    const lanes = newLanes()
    await playWork({ lanes })
    const names = await pseudonyms(secrets, 'karl@d.test')
    const says: Says = async (job, lane) => {
      await erase(list, 'karl@d.test')
      await list.given.stub.erase([...names.mailbox, ...names.wire])
      return each(exists)(job, lane)
    }
    await doTurn(turns.shift()!, { lanes, says })
    await toTheEnd(list, { lanes })
    const paid = await rows(list.given.stub, 'SELECT address FROM paid')
    expect(paid.map(({ address }) => address)).not.toContain(names.wire[0])
    expect(paid).toHaveLength(3)
  })

  it('is erased to the end where that was cut off, though nobody finds it any more', async () => {
    const list = await listed(LIST)
    await toTheEnd(list, { lanes: newLanes() })
    expect(await erase(list, 'jane@d.test')).toBe(3)
    // Whoever was cut off had not yet let the old upload go.
    await env.SPOOL.put(list.wanted.upload.key, LIST.join('\n'))
    expect(await erase(list, 'jane@d.test')).toBe(0)
    const uploads = await uploadsOf(list)
    expect(uploads).toHaveLength(1)
    expect(uploads[0]).not.toMatch(/jane/i)
    expect(await bodyOf(list)).toMatchObject({ done: 6 })
  })
})
