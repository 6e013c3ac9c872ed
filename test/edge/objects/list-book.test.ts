// Which lists an account has: open ones, ended ones, and for a while those that are no more.
import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { migrate } from '../../../edge/src/accounts/schema.ts'
import { account, DAY, pass, ring, standingClock } from './given.ts'

standingClock()

const page = { before: 'bat_~', limit: 10 }

describe('the lists of an account', () => {
  it('are open until they have ended, are erased, or their days are over', async () => {
    const { stub } = await account(10)
    const expiresAt = Date.now() + DAY
    for (const id of ['bat_1', 'bat_2', 'bat_3', 'bat_4']) await stub.enterList({ id, scope: 'live', expiresAt })
    await stub.enterList({ id: 'bat_5', scope: 'test', expiresAt })
    expect([await stub.openLists('live'), await stub.openLists('test')]).toEqual([4, 1])
    await stub.endList('bat_1')
    await stub.dropList('bat_2')
    expect(await stub.openLists('live')).toBe(2)
    // One that was only looked at is started, and kept longer.
    await stub.enterList({ id: 'bat_3', scope: 'live', expiresAt: expiresAt + DAY })
    pass(DAY)
    expect(await stub.openLists('live')).toBe(1)
    expect(await stub.lists('live', page)).toEqual(['bat_3'])
  })

  it('are a hundred at most, however many come at once, and the same one again is that one', async () => {
    const { stub } = await account(10)
    const expiresAt = Date.now() + DAY
    const open = async (n: number) => stub.openList({ id: `bat_${n}`, scope: 'live', expiresAt }, 100)
    const taken = await Promise.all(Array.from({ length: 130 }, (_, n) => open(n)))
    expect(taken.filter(Boolean)).toHaveLength(100)
    expect([await open(7), await open(129)]).toEqual([true, false])
    await stub.forgetList('bat_7')
    expect([await open(129), await open(7)]).toEqual([true, false])
  })

  it('of a book from before keep no new one out', async () => {
    const { stub } = await account(10)
    for (let n = 0; n < 3; n += 1) await stub.enterList({ id: `bat_${n}`, scope: 'live', expiresAt: Date.now() + DAY })
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('ALTER TABLE batches DROP COLUMN ended')
      storage.sql.exec('UPDATE schema_version SET version = 3')
      migrate(storage)
    })
    expect(await stub.openLists('live')).toBe(0)
  })

  it('are known to have been here for a month after their days are over', async () => {
    const { stub } = await account(10)
    await stub.enterList({ id: 'bat_1', scope: 'live', expiresAt: Date.now() + DAY })
    expect(await stub.wasDropped('bat_1', 'live')).toBe(false)
    pass(DAY)
    expect([await stub.wasDropped('bat_1', 'live'), await stub.wasDropped('bat_1', 'test')]).toEqual([true, false])
    pass(29 * DAY)
    await ring(stub)
    expect(await stub.wasDropped('bat_1', 'live')).toBe(true)
    pass(DAY)
    await ring(stub)
    expect(await stub.wasDropped('bat_1', 'live')).toBe(false)
  })
})
