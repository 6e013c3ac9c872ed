// Verifications that are finished later, as their object keeps them: each once, taken by one at a time, and never forgotten.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Inquiry, Pending } from '../../../edge/src/verify/pending.ts'
import { alarmOf, DAY, HOUR, MINUTE, newId, newName, pass, ring, standingClock } from './given.ts'
import { type Begun, begun as inSandbox, eventsOf, sent, standingInquiries, stubOf } from './pending-given.ts'
import { deliver, warned } from './queues-given.ts'

standingClock()
standingInquiries()

const SECOND = 1_000

function inquiry(wish: Partial<Inquiry> = {}): Inquiry {
  const about = { account: newName(), scope: 'live', keyId: 'key_1', wanted: { email: 'jane@d.test' } } as const
  const course = { since: Date.now(), dueAt: Date.now(), visits: 0, lane: null, tried: [] }
  return { id: newId(), ...about, subjects: ['jane'], ...course, ...wish }
}

async function begun(wish: Partial<Inquiry> = {}) {
  const one = inquiry(wish)
  const stub = stubOf(one.account, one.id)
  await stub.begin(one)
  return { one, stub }
}

/** Ids of an account's inquiries that one object has. */
function idsTogether(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${newId().slice(0, 10)}${String(n).padStart(19, '0')}A`)
}

const left = (stub: DurableObjectStub<Pending>) =>
  runInDurableObject(stub, (_, { storage }) => [
    ...storage.sql.exec('SELECT id FROM inquiries').toArray(),
    ...storage.sql.exec('SELECT id FROM parked').toArray(),
  ])

describe('an inquiry', () => {
  it('is begun once', async () => {
    const { one, stub } = await begun()
    await stub.begin({ ...one, visits: 7 })
    expect(await stub.take(one.id)).toEqual(one)
  })

  it('is with one at a time, and comes back from one who is not heard of', async () => {
    const { one, stub } = await begun()
    expect(await Promise.all([stub.take(one.id), stub.take(one.id)])).toEqual([one, null])
    pass(90 * SECOND - 1)
    expect(await stub.take(one.id)).toBeNull()
    pass(1)
    await ring(stub)
    expect(sent).toEqual([{ kind: 'inquiry', account: one.account, id: one.id }])
    expect(await stub.take(one.id)).toEqual(one)
  })

  it('that is lost again and again is tried less and less often, and given up in the end', async () => {
    const { one, stub } = await begun()
    const taken: number[] = []
    for (let rung = 0; (await alarmOf(stub)) !== null && rung < 500; rung += 1) {
      vi.setSystemTime(Math.max((await alarmOf(stub))!, Date.now()))
      await ring(stub)
      for (const { id } of sent.splice(0))
        if ((await stub.take(id)) !== null) taken.push((Date.now() - one.since) / SECOND)
    }
    expect(taken.slice(0, 5)).toEqual([0, 90, 270, 630, 1_350])
    expect(taken.length).toBeLessThan(40)
    expect(taken.at(-1)! * SECOND).toBeGreaterThan(DAY)
    expect(await left(stub)).toEqual([])
    expect(warned.join()).toContain(one.id)
  })

  it('that was heard of is as new', async () => {
    const { one, stub } = await begun()
    for (const wait of [90, 180]) {
      await stub.take(one.id)
      pass(wait * SECOND)
    }
    await stub.take(one.id)
    await stub.again({ ...one, dueAt: Date.now(), visits: 1 })
    expect(await stub.take(one.id)).toMatchObject({ visits: 1 })
    pass(90 * SECOND)
    expect(await stub.take(one.id)).toMatchObject({ visits: 1 })
  })

  it('is not due before its time, and gone when it is done', async () => {
    const { one, stub } = await begun()
    await stub.take(one.id)
    await stub.again({ ...one, dueAt: Date.now() + MINUTE, lane: 'eu-1' })
    expect(await stub.take(one.id)).toBeNull()
    pass(MINUTE)
    expect(await stub.take(one.id)).toMatchObject({ lane: 'eu-1' })
    await stub.done(one.id)
    await stub.again({ ...one, dueAt: Date.now() })
    expect(await stub.take(one.id)).toBeNull()
    expect(await left(stub)).toEqual([])
  })

  it('that was erased is with nobody, and comes back by nothing', async () => {
    const ids = idsTogether(3)
    const { one, stub } = await begun({ id: ids[0]! })
    await stub.begin(inquiry({ id: ids[1]!, account: one.account, subjects: ['old', 'jane'] }))
    await stub.begin(inquiry({ id: ids[2]!, account: one.account, subjects: ['joe'] }))
    await stub.take(ids[0]!)
    expect(await stub.erase(['jane'])).toHaveLength(2)
    await stub.again({ ...one, dueAt: Date.now() })
    expect(await stub.park(ids[1]!)).toBe(0)
    expect(await left(stub)).toEqual([{ id: ids[2] }])
  })
})

describe('the alarm', () => {
  it('of an object that has slept still rings for the first that is due', async () => {
    const ids = idsTogether(2)
    const { one, stub } = await begun({ id: ids[0]!, dueAt: Date.now() + MINUTE })
    await evictDurableObject(stub)
    await stub.begin(inquiry({ id: ids[1]!, account: one.account, dueAt: Date.now() + 2 * HOUR }))
    expect(await alarmOf(stub)).toBe(Date.now() + MINUTE)
    pass(MINUTE)
    await ring(stub)
    expect(sent.map(({ id }) => id)).toEqual([ids[0]])
    await stub.take(ids[0]!)
    await evictDurableObject(stub)
    await stub.again({ ...one, dueAt: Date.now() + 30 * MINUTE })
    expect(await alarmOf(stub)).toBeLessThanOrEqual(Date.now() + 30 * MINUTE)
  })

  it('sends what is due once, and again where nothing was heard of it', async () => {
    const { one, stub } = await begun()
    await ring(stub)
    // Somebody else begins, and it rings for them.
    await stub.begin({ ...one, id: `${one.id.slice(0, -2)}X${one.id.slice(-1)}` })
    await ring(stub)
    expect(sent.map(({ id }) => id).filter((id) => id === one.id)).toHaveLength(1)
    pass(MINUTE)
    await ring(stub)
    expect(sent.map(({ id }) => id).filter((id) => id === one.id)).toHaveLength(2)
  })

  it('has two under way at a time, and the next one as soon as one of them has ended', async () => {
    const ids = idsTogether(7)
    const { one, stub } = await begun({ id: ids[0]! })
    for (const id of ids.slice(1)) await stub.begin({ ...one, id })
    const ended: string[] = []
    await ring(stub)
    while (ended.length < ids.length) {
      expect(sent.length).toBe(Math.min(2, ids.length - ended.length))
      const { id } = sent.shift()!
      await stub.take(id)
      await ring(stub)
      expect(sent.length).toBeLessThanOrEqual(1)
      // One waits for its second visit: it keeps no place.
      if (ended.length === 3) await stub.again({ ...one, id, dueAt: Date.now() + HOUR })
      else await stub.done(id)
      ended.push(id)
      if (ended.length < ids.length) expect(await alarmOf(stub)).toBeLessThanOrEqual(Date.now())
      await ring(stub)
    }
    expect(new Set(ended)).toEqual(new Set(ids))
    expect(await alarmOf(stub)).toBe(Date.now() + HOUR)
  })

  it('keeps the places of those who are at work, however often they are sent', async () => {
    const ids = idsTogether(4)
    const { one, stub } = await begun({ id: ids[0]! })
    for (const id of ids.slice(1)) await stub.begin({ ...one, id })
    await ring(stub)
    const first = sent.splice(0)
    for (const { id } of [...first, ...first]) await stub.take(id)
    pass(MINUTE)
    await ring(stub)
    expect(sent).toEqual([])
  })

  it('keeps no place for those that are lost', async () => {
    const ids = idsTogether(4)
    const { one, stub } = await begun({ id: ids[0]! })
    for (const id of ids.slice(1)) await stub.begin({ ...one, id })
    await ring(stub)
    for (const { id } of sent.splice(0)) await stub.take(id)
    pass(90 * SECOND)
    await ring(stub)
    expect(sent).toHaveLength(2)
  })

  it('is set again though the queue takes nothing', async () => {
    const { one, stub } = await begun()
    vi.spyOn(env.INQUIRIES, 'sendBatch').mockRejectedValueOnce(new Error('is not there'))
    await ring(stub)
    expect(sent).toEqual([])
    expect(await alarmOf(stub)).toBe(Date.now() + MINUTE)
    pass(MINUTE)
    await ring(stub)
    expect(sent.map(({ id }) => id)).toEqual([one.id])
  })

  it('is not set where nothing is left', async () => {
    const { one, stub } = await begun()
    await stub.done(one.id)
    await ring(stub)
    expect(await alarmOf(stub)).toBeNull()
  })
})

describe('a message that the queue gave up', () => {
  it('has its inquiry come due again, later each time', async () => {
    const { one, stub } = await begun()
    const waits: number[] = []
    for (let times = 1; times <= 8; times += 1) {
      expect(await stub.park(one.id)).toBe(times)
      const { dueAt } = await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec<{ dueAt: number }>('SELECT due_at AS dueAt FROM inquiries').one(),
      )
      waits.push((dueAt - Date.now()) / MINUTE)
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 64, 64])
    pass(64 * MINUTE)
    await ring(stub)
    expect(sent.map(({ id }) => id)).toEqual([one.id])
    await stub.again({ ...one, visits: 5, dueAt: Date.now() + 2 * HOUR })
    // An older message is no reason to come earlier.
    await stub.park(one.id)
    pass(5 * MINUTE)
    expect(await stub.take(one.id)).toBeNull()
    await stub.done(one.id)
    expect(await stub.park(one.id)).toBe(0)
    expect(await left(stub)).toEqual([])
  })
})

describe('the queues', () => {
  const told = async (one: Begun) => [await eventsOf(one), await left(one.stub)]

  it('finish what is there, and have one that fails come back by itself', async () => {
    const one = await inSandbox({ scope: 'test' })
    await ring(one.stub)
    const lost = { kind: 'inquiry', account: 'acc_nowhere_aaaaaaaaaaaaaaaaaaaaaaaaaa', id: one.inquiry.id }
    expect(await deliver('postern-inquiries', [lost, sent.shift()!])).toEqual([false, true])
    expect(await told(one)).toEqual([[`evt_${one.inquiry.id}_completed`], []])
  })

  it('have what they gave up come due again, and end', async () => {
    const one = await inSandbox({ scope: 'test' })
    await ring(one.stub)
    const message = sent.shift()!
    expect(await deliver('postern-inquiries-parked', [message])).toEqual([true])
    expect(await one.stub.take(one.inquiry.id)).toBeNull()
    pass(2 * MINUTE)
    await ring(one.stub)
    expect(await deliver('postern-inquiries', sent.splice(0))).toEqual([true])
    expect(await told(one)).toEqual([[`evt_${one.inquiry.id}_completed`], []])
    expect(await deliver('postern-inquiries-parked', [message])).toEqual([true])
    expect(await left(one.stub)).toEqual([])
  })
})
