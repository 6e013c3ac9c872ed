// Where answers are paid for: what happens when the account's object, or the queue, does not answer.
import { describe, expect, it } from 'vitest'
import type { UsageEvent } from '../../../edge/src/accounts/meter.ts'
import type { PaidNearby } from '../../../edge/src/accounts/paid.ts'
import { openTill } from '../../../edge/src/accounts/till.ts'
import {
  account,
  admission,
  balanceOf,
  FAST,
  FULL,
  HOUR,
  newId,
  newKey,
  newName,
  nowhere,
  objects,
  recordOf,
  settlement,
  standingClock,
  usageOf,
} from './given.ts'

standingClock()

/** A till over the real objects that notes what it sends, warns of and remembers; `afterwards` does what was left for later. */
function tillThat({ queueIsThere = true } = {}) {
  const sent: UsageEvent[] = []
  const warned: string[] = []
  const remembered: Parameters<PaidNearby['remember']>[0][] = []
  const left: (() => Promise<unknown>)[] = []
  const till = openTill({
    objects,
    usage: {
      send: async (event) => {
        if (!queueIsThere) throw new Error('the queue is not there')
        sent.push(event)
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
      },
    },
    snapshots: { peek: () => null },
    paid: { checkedAt: () => null, remember: (paid) => void remembered.push(paid) },
    later: (work) => void left.push(work),
    now: Date.now,
    warn: (what) => void warned.push(what),
  })
  const afterwards = () => Promise.all(left.splice(0).map((work) => work()))
  return { till, sent, warned, remembered, afterwards }
}

describe('an account whose object cannot be reached', () => {
  it('lets nobody in, and says that it is not their key', async () => {
    const { till, warned } = tillThat()
    const { key } = await newKey()
    expect(await till.admit(nowhere(), admission(key))).toEqual({ ok: false, why: 'unavailable' })
    expect(warned).toEqual(['account object: Error'])
  })

  it('has its answer charged by the queue, at the price that was told', async () => {
    const { till, sent, warned } = tillThat()
    const lost = nowhere()
    const told = settlement()
    expect(await till.settle(lost, told, recordOf(told.id))).toEqual(FULL)
    expect(sent).toEqual([{ account: lost, settlement: told }])
    expect(warned).toEqual(['settling by queue: Error'])
  })

  it('gives no answer that nothing could charge', async () => {
    const { till } = tillThat({ queueIsThere: false })
    await expect(till.settle(nowhere(), settlement(), recordOf(newId()))).rejects.toThrow('the queue is not there')
  })
})

describe('a full answer', () => {
  it('is charged at once, and its record waits with the charge', async () => {
    const { till, sent, afterwards } = tillThat()
    const given = await account(10)
    const told = settlement()
    expect(await till.settle(given.id, told, recordOf(told.id))).toEqual(FULL)
    expect(sent).toEqual([])
    expect(await balanceOf(given)).toMatchObject({ spent: 1 })
    expect(await given.stub.waiting()).toHaveLength(1)
    expect(await afterwards()).toEqual([])
  })
})

describe('a fast answer', () => {
  const fast = (address: readonly string[] = []) => settlement({ mode: 'fast', price: FAST, address })

  it('is counted by the queue and its record kept, both after it was given', async () => {
    const { till, sent, afterwards } = tillThat()
    const given = await account(10)
    const told = fast()
    till.meter(given.id, told, recordOf(told.id))
    expect([sent, await till.find(given.id, 'live', told.id)]).toEqual([[], { kind: 'absent' }])
    await afterwards()
    expect(sent).toEqual([{ account: given.id, settlement: told }])
    expect(await till.find(given.id, 'live', told.id)).toMatchObject({ kind: 'found' })
  })

  it('is counted by the account itself where the queue is not there', async () => {
    const { till, afterwards } = tillThat({ queueIsThere: false })
    const given = await account(10)
    const told = fast()
    till.meter(given.id, told, recordOf(told.id))
    await afterwards()
    expect(await usageOf(given)).toMatchObject([{ mode: 'fast', count: 1, units: 0.1 }])
    expect(await balanceOf(given)).toMatchObject({ spent: 0.1 })
  })

  it('that was paid for is remembered nearby until it dies', async () => {
    const { till, remembered, afterwards } = tillThat()
    till.meter(newName(), fast(['jane', 'jane-old']), recordOf(newId()))
    await afterwards()
    expect(remembered).toMatchObject([{ address: 'jane', checkedAt: Date.now(), validUntil: Date.now() + HOUR }])
  })

  it.each([
    ['was free', { ...fast(['jane']), price: { units: 0, charged: false, why: 'repeat' } as const }],
    ['has no address', fast()],
  ])('that %s is not remembered as paid for', async (_what, told) => {
    const { till, remembered, afterwards } = tillThat()
    till.meter(newName(), told, recordOf(told.id))
    await afterwards()
    expect(remembered).toEqual([])
  })
})

describe('an answer to a test key', () => {
  it('is counted, costs nothing, and is kept apart from live ones', async () => {
    const { till, afterwards } = tillThat()
    const given = await account(10)
    const told = settlement({ price: { units: 0, charged: false, why: 'sandbox' } })
    await till.practise(given.id, told, recordOf(told.id))
    await afterwards()
    expect(await usageOf(given)).toMatchObject([{ why: 'sandbox', count: 1, units: 0 }])
    expect(await till.find(given.id, 'test', told.id)).toMatchObject({ kind: 'found' })
    expect(await till.find(given.id, 'live', told.id)).toEqual({ kind: 'absent' })
  })
})

describe('an erased record', () => {
  it('is gone, not absent, while it waits and after it was moved', async () => {
    const { till } = tillThat()
    const given = await account(10)
    const told = settlement()
    await till.settle(given.id, told, recordOf(told.id, { address: 'jane' }))
    await given.stub.erase(['jane'])
    expect(await till.find(given.id, 'live', told.id)).toEqual({ kind: 'gone' })
  })
})
