// Records on their way: written with the charge, moved by the alarm, found at every moment between.
import { describe, expect, it } from 'vitest'
import { evictDurableObject } from 'cloudflare:test'
import { openTill } from '../../../edge/src/accounts/till.ts'
import type { Snapshots } from '../../../edge/src/accounts/snapshots.ts'
import {
  account,
  admission,
  alarmOf,
  DAY,
  FULL,
  type Given,
  HOUR,
  MINUTE,
  newId,
  NOON,
  objects,
  pass,
  rebind,
  recordOf,
  ring,
  rows,
  settlement,
  standingClock,
} from './given.ts'

standingClock()

const nobody = () => {
  throw new Error('is not needed here')
}

const till = openTill({
  objects,
  usage: { send: nobody },
  snapshots: { peek: nobody } satisfies Snapshots,
  paid: { checkedAt: nobody, remember: nobody },
  later: nobody,
  now: Date.now,
  warn: nobody,
})

/** Counts one answer whose record waits for the alarm. */
async function answer({ stub }: Given, id = newId(), address = ''): Promise<string> {
  await stub.settle({ settlement: settlement({ id }), record: recordOf(id, { address }) })
  return id
}

const UNREACHABLE = { RECORDS: { getByName: () => ({ keep: () => Promise.reject(new Error('is not there')) }) } }

async function waitingIds({ stub }: Given): Promise<string[]> {
  return (await stub.waiting()).map(({ id }) => id)
}

const keptAs = (id: string) => ({ kind: 'found', record: JSON.stringify({ id, cost: FULL }) })

describe('a record', () => {
  it('waits with its account, says what the answer cost, and is moved within a second or so', async () => {
    const given = await account(10)
    await ring(given.stub)
    const id = await answer(given)
    expect(await given.stub.waitingById(id)).toEqual(recordOf(id, { record: JSON.stringify({ id, cost: FULL }) }))
    expect(await alarmOf(given.stub)).toBe(Date.now() + 1_000)
  })

  it('says what the ledger says, not what the answer was thought to cost', async () => {
    const given = await account(10)
    const id = newId()
    await given.stub.settleMany([settlement({ address: ['jane'] })])
    const cost = await given.stub.settle({ settlement: settlement({ id, address: ['jane'] }), record: recordOf(id) })
    expect(cost.why).toBe('repeat')
    expect(await till.find(given.id, 'live', id)).toEqual({ kind: 'found', record: JSON.stringify({ id, cost }) })
  })

  it('is found before it is moved and after, and is the same', async () => {
    const given = await account(10)
    const id = await answer(given)
    expect(await till.find(given.id, 'live', id)).toEqual(keptAs(id))
    expect(await objects.recordsOf(given.id, 'live', id).find(id, Date.now())).toEqual({ kind: 'absent' })
    await ring(given.stub)
    expect(await objects.recordsOf(given.id, 'live', id).find(id, Date.now())).toEqual(keptAs(id))
    expect(await till.find(given.id, 'live', id)).toEqual(keptAs(id))
    expect(await waitingIds(given)).toEqual([])
  })

  it('of another account or of a test key is not found under its id', async () => {
    const [given, other] = [await account(10), await account(10)]
    const id = await answer(given)
    expect(await till.find(other.id, 'live', id)).toEqual({ kind: 'absent' })
    expect(await till.find(given.id, 'test', id)).toEqual({ kind: 'absent' })
  })

  it('reaches the object of the day that its id names, whenever it is moved', async () => {
    const given = await account(10)
    const late = newId(Date.parse('2099-04-30T23:59:59.999Z'))
    const early = newId(Date.parse('2099-05-01T00:00:00.000Z'))
    await answer(given, late)
    await answer(given, early)
    pass(DAY)
    await ring(given.stub)
    const idsOf = async (day: string) =>
      (await objects.records(given.id, 'live', day).list({ at: Infinity, id: '' }, 10, Date.now())).map(({ id }) => id)
    expect(await idsOf('2099-04-30')).toEqual([late])
    expect(await idsOf('2099-05-01')).toEqual([early])
  })

  it('that came twice with its charge is kept once, as it came first', async () => {
    const given = await account(10)
    const id = newId()
    const told = settlement({ id })
    for (const step of ['first', 'second', 'third']) {
      await given.stub.settle({ settlement: told, record: recordOf(id, { record: JSON.stringify({ step }) }) })
      if (step === 'second') await ring(given.stub)
    }
    await ring(given.stub)
    expect(await till.find(given.id, 'live', id)).toEqual({
      kind: 'found',
      record: JSON.stringify({ step: 'first', cost: FULL }),
    })
  })

  it('is moved with two hundred others in one alarm', async () => {
    const given = await account(300)
    const ids = await Promise.all(Array.from({ length: 201 }, () => answer(given)))
    await ring(given.stub)
    expect(await waitingIds(given)).toEqual([])
    const kept = await objects.records(given.id, 'live', '2099-05-01').list({ at: Infinity, id: '' }, 500, Date.now())
    expect(kept.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
  })

  it('is not lost with the memory of its account', async () => {
    const given = await account(10)
    const id = await answer(given)
    await evictDurableObject(given.stub)
    expect(await ring(given.stub)).toBe(true)
    expect(await till.find(given.id, 'live', id)).toEqual(keptAs(id))
    expect(await waitingIds(given)).toEqual([])
  })
})

describe('the alarm', () => {
  it('that could not move a record leaves it found, and moves it a minute later', async () => {
    const given = await account(10)
    const id = await answer(given)
    await rebind(given.stub, () => UNREACHABLE)
    await ring(given.stub)
    expect(await till.find(given.id, 'live', id)).toEqual(keptAs(id))
    expect(await alarmOf(given.stub)).toBe(Date.now() + MINUTE)
    await rebind(given.stub)
    pass(MINUTE)
    await ring(given.stub)
    expect(await waitingIds(given)).toEqual([])
    expect(await till.find(given.id, 'live', id)).toEqual(keptAs(id))
  })

  it('is set again before anything is tried, so that what is cut off is tried again', async () => {
    const given = await account(10)
    await answer(given)
    let during: number | null = null
    await rebind(given.stub, (_, { storage }) => ({
      RECORDS: {
        getByName: () => ({
          keep: async () => {
            during = await storage.getAlarm()
          },
        }),
      },
    }))
    await ring(given.stub)
    expect(during).toBe(NOON + MINUTE)
  })

  it('that has nothing left to do comes back after six hours, to forget what is over', async () => {
    const given = await account(10)
    await ring(given.stub)
    expect(await alarmOf(given.stub)).toBe(Date.now() + 6 * HOUR)
    pass(6 * HOUR)
    await ring(given.stub)
    expect(await alarmOf(given.stub)).toBe(Date.now() + 6 * HOUR)
  })

  it('that sleeps for hours is woken by the next record', async () => {
    const given = await account(10)
    await ring(given.stub)
    await evictDurableObject(given.stub)
    await answer(given)
    expect(await alarmOf(given.stub)).toBe(Date.now() + 1_000)
  })

  it('is not put off by the records that come while it is set', async () => {
    const given = await account(10)
    await answer(given)
    pass(700)
    await answer(given)
    expect(await alarmOf(given.stub)).toBe(NOON + 1_000)
  })

  it('does not lose a record that comes while others are moved', async () => {
    const given = await account(10)
    await answer(given)
    const late = newId()
    await rebind(given.stub, (instance) => ({
      RECORDS: {
        getByName: () => ({
          keep: async () => {
            await instance.settle({ settlement: settlement({ id: late }), record: recordOf(late) })
            throw new Error('is cut off')
          },
        }),
      },
    }))
    await ring(given.stub)
    expect(await till.find(given.id, 'live', late)).toEqual(keptAs(late))
    await rebind(given.stub)
    await ring(given.stub)
    expect(await waitingIds(given)).toEqual([])
    expect(await till.find(given.id, 'live', late)).toEqual(keptAs(late))
  })

  it('forgets answers that were paid for once they have died', async () => {
    const given = await account(10)
    await given.stub.settleMany([settlement({ address: ['jane'] })])
    pass(HOUR - 1)
    await ring(given.stub)
    expect(await rows(given.stub, 'SELECT * FROM paid')).toHaveLength(1)
    pass(1)
    await ring(given.stub)
    expect(await rows(given.stub, 'SELECT * FROM paid')).toEqual([])
  })

  it('forgets settlements that no queue delivers any more, and reservations that are over', async () => {
    const given = await account(10)
    const told = settlement()
    await given.stub.settleMany([told])
    await given.stub.admit(admission(given.key))
    pass(15 * DAY)
    await ring(given.stub)
    expect(await rows(given.stub, 'SELECT * FROM settlements')).toHaveLength(1)
    expect(await rows(given.stub, 'SELECT * FROM reservations')).toEqual([])
    pass(1)
    await ring(given.stub)
    expect(await rows(given.stub, 'SELECT * FROM settlements')).toEqual([])
    expect((await given.stub.describe())!.balance).toMatchObject({ spent: 1, available: 9 })
  })
})
