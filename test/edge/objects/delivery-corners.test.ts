// Corners of what is on its way: found at every moment, and nobody kept waiting by what cannot be reached.
import { describe, expect, it } from 'vitest'
import { dayOf } from '../../../edge/src/accounts/ids.ts'
import type { Objects } from '../../../edge/src/accounts/objects.ts'
import { openTill } from '../../../edge/src/accounts/till.ts'
import {
  account,
  alarmOf,
  DAY,
  MINUTE,
  newId,
  objects,
  rebind,
  recordOf,
  ring,
  settlement,
  standingClock,
} from './given.ts'

standingClock()

const nobody = (): never => {
  throw new Error('is not needed here')
}

describe('a record', () => {
  it('is found while it is being moved', async () => {
    const given = await account(10)
    const id = newId()
    await given.stub.settle({ settlement: settlement({ id }), record: recordOf(id) })
    // The alarm rings between the two questions that a search asks.
    const recordsOf = (...named: Parameters<Objects['recordsOf']>) => ({
      find: async (...wanted: [string, number]) => {
        const found = await objects.recordsOf(...named).find(...wanted)
        await ring(given.stub)
        return found
      },
    })
    const till = openTill({
      objects: { ...objects, recordsOf: recordsOf as unknown as Objects['recordsOf'] },
      usage: { send: nobody },
      snapshots: { peek: nobody },
      paid: { checkedAt: nobody, remember: nobody },
      later: nobody,
      now: Date.now,
      warn: nobody,
    })
    expect(await till.find(given.id, 'live', id)).toMatchObject({ kind: 'found' })
  })

  it('is moved though the object of another day cannot be reached', async () => {
    const given = await account(10)
    const [yesterday, today] = [newId(Date.now() - DAY), newId()]
    await given.stub.settle({
      settlement: settlement({ id: yesterday }),
      record: recordOf(yesterday, { at: Date.now() - DAY }),
    })
    await given.stub.settle({ settlement: settlement({ id: today }), record: recordOf(today) })
    await rebind(given.stub, () => ({
      RECORDS: {
        getByName: (name: string) => ({
          keep: async (records: never) => {
            const day = name.split('/')[2]!
            if (day === dayOf(Date.now())) throw new Error('is not there')
            await objects.records(given.id, 'live', day).keep(records)
          },
        }),
      },
    }))
    await ring(given.stub)
    expect((await given.stub.waiting()).map(({ id }) => id)).toEqual([today])
  })
})

describe('the alarm', () => {
  it('that could not write the copy comes back a minute later, not every second', async () => {
    const given = await account(100)
    await ring(given.stub)
    await rebind(given.stub, () => ({ SNAPSHOTS: { put: () => Promise.reject(new Error('KV is not there')) } }))
    await given.stub.revoke(given.key.id)
    await ring(given.stub)
    expect(await alarmOf(given.stub)).toBe(Date.now() + MINUTE)
  })
})
