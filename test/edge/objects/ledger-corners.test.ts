// Corners of the ledger: what is charged without credit, twice, or for another reason than it says.
import { describe, expect, it } from 'vitest'
import { derivedId } from '../../../edge/src/accounts/ids.ts'
import {
  account,
  admission,
  balanceOf,
  DAY,
  HOUR,
  newId,
  NOTHING,
  pass,
  rows,
  settlement,
  standingClock,
} from './given.ts'

standingClock()

describe('an account with nothing left', () => {
  it('is not let in for an address that it paid for where its max_age makes it pay again', async () => {
    const given = await account(1)
    await given.stub.settleMany([settlement({ address: ['jane'] })])
    for (let at = 0; at < 5; at += 1) {
      pass(1_000)
      const wish = { id: newId(), address: ['jane'], maxAgeS: 0 }
      const { ok } = await given.stub.admit(admission(given.key, wish))
      if (ok) await given.stub.settleMany([settlement(wish)])
    }
    expect((await balanceOf(given)).available).toBe(0)
  })
})

describe('a settlement', () => {
  it('that is delivered again after its idempotency key was used anew is still counted once', async () => {
    const given = await account(10)
    const request = new Uint8Array(10).fill(7)
    const first = derivedId('ver', request, Date.now())
    await given.stub.settleMany([settlement({ id: first })])
    pass(2 * DAY)
    await given.stub.settleMany([settlement({ id: derivedId('ver', request, Date.now()) })])
    pass(2 * DAY)
    await given.stub.settleMany([settlement({ id: first })])
    expect(await balanceOf(given)).toMatchObject({ spent: 2 })
  })

  it.each([
    ['not_confirmed', NOTHING],
    ['sandbox', { units: 0, charged: false, why: 'sandbox' }],
    ['out_of_credits', { units: 0, charged: false, why: 'out_of_credits' }],
  ] as const)('that costs nothing says "%s", though the address was paid for before', async (why, price) => {
    const given = await account(10)
    await given.stub.settleMany([settlement({ address: ['jane'] })])
    const [cost] = await given.stub.settleMany([settlement({ address: ['jane'], price })])
    expect(cost!.why).toBe(why)
  })

  it('is paid for where the only other answer was found after this one had died, whatever came first', async () => {
    const given = await account(10)
    const now = Date.now()
    await given.stub.settleMany([settlement({ address: ['jane'], checkedAt: now + 2 * HOUR })])
    await given.stub.settleMany([settlement({ address: ['jane'], checkedAt: now })])
    expect(await balanceOf(given)).toMatchObject({ spent: 2 })
  })
})

describe('credits.low', () => {
  it('is told at every fall, also where a purchase was taken back', async () => {
    const given = await account(100, { low_credits_at: 50 })
    await given.stub.settleMany(Array.from({ length: 50 }, () => settlement()))
    await given.stub.buy({ reference: 'second', units: 50, note: '', at: 0 })
    await given.stub.buy({ reference: 'refund', units: -50, note: '', at: 0 })
    expect(await rows(given.stub, 'SELECT * FROM events')).toHaveLength(2)
  })
})
