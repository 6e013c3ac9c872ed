// How an account stands with its credit: good, strict while little is left, out; and the word that it falls low.
import { describe, expect, it } from 'vitest'
import {
  account,
  balanceOf,
  copyOf,
  DAY,
  type Given,
  MINUTE,
  pass,
  ring,
  rows,
  settlement,
  standingClock,
} from './given.ts'

standingClock()

/** One unit a minute, so that no minute is a peak. */
async function spend({ stub }: Given, units: number): Promise<void> {
  for (let at = 0; at < units; at += 1) {
    pass(MINUTE)
    await stub.settleMany([settlement()])
  }
}

async function spendAtOnce({ stub }: Given, units: number): Promise<void> {
  await stub.settleMany(Array.from({ length: units }, () => settlement()))
}

function buy({ stub }: Given, units: number, reference: string) {
  return stub.buy({ reference, units, note: '', at: Date.now() })
}

/** Told twice over: by the account itself and, once the alarm has rung, by the copy that the fast path reads. */
async function standingOf(given: Given): Promise<string> {
  await ring(given.stub)
  const { standing } = (await given.stub.describe())!.profile
  expect((await copyOf(given))?.standing).toBe(standing)
  return standing
}

describe('the standing of an account', () => {
  it.each([
    ['out', 'nothing was ever bought', { bought: 0, spent: 0 }],
    ['good', 'two minutes of the least peak are left', { bought: 30, spent: 10 }],
    ['strict', 'less than two minutes of the least peak are left', { bought: 30, spent: 11 }],
    ['strict', 'a single unit is left', { bought: 30, spent: 29 }],
    ['out', 'all of it is spent', { bought: 30, spent: 30 }],
    ['out', 'more than all of it is spent', { bought: 30, spent: 31 }],
  ])('is %s where %s', async (standing, _what, { bought, spent }) => {
    const given = await account(bought)
    await spend(given, spent)
    expect(await standingOf(given)).toBe(standing)
  })

  it('is strict where what is left does not last two minutes at the fastest pace of late', async () => {
    const given = await account(100)
    await spendAtOnce(given, 30)
    expect(await standingOf(given)).toBe('good')
    pass(MINUTE)
    await spendAtOnce(given, 15)
    expect(await standingOf(given)).toBe('strict')
  })

  it('forgets a pace that is more than a day old', async () => {
    const given = await account(100)
    await spendAtOnce(given, 45)
    expect(await standingOf(given)).toBe('strict')
    pass(DAY + MINUTE)
    await ring(given.stub)
    await spend(given, 1)
    expect(await standingOf(given)).toBe('good')
  })

  it('falls from good to strict to out, and a purchase brings it back', async () => {
    const given = await account(25)
    const seen = [await standingOf(given)]
    await spend(given, 10)
    seen.push(await standingOf(given))
    await spend(given, 15)
    seen.push(await standingOf(given))
    await buy(given, 10, 'second')
    seen.push(await standingOf(given))
    await buy(given, 100, 'third')
    seen.push(await standingOf(given))
    expect(seen).toEqual(['good', 'strict', 'out', 'strict', 'good'])
  })

  it('is out again where what was bought is taken back', async () => {
    const given = await account(100)
    await buy(given, -100, 'refund')
    expect(await standingOf(given)).toBe('out')
  })

  it('is always good without a limit, and follows the credit once there is one', async () => {
    const given = await account(0, { unlimited: true })
    await spend(given, 3)
    expect(await standingOf(given)).toBe('good')
    await given.stub.configure({ unlimited: false })
    expect(await standingOf(given)).toBe('out')
  })

  it('is not changed by what is merely reserved', async () => {
    const given = await account(30)
    await given.stub.admit({
      key: given.key,
      operator: false,
      policy: null,
      wanted: { id: 'ver_1', units: 30, address: [], mode: 'full', maxAgeS: 0, expiresAt: Date.now() + MINUTE },
    })
    expect(await balanceOf(given)).toMatchObject({ available: 0 })
    expect(await standingOf(given)).toBe('good')
  })
})

describe('a purchase', () => {
  it('is booked once under its reference, and stays what it was', async () => {
    const given = await account()
    const first = await buy(given, 10, 'invoice 7')
    pass(MINUTE)
    const again = await buy(given, 99, 'invoice 7')
    expect(again).toEqual(first)
    expect(await given.stub.purchases()).toEqual([first.purchase])
    expect(await balanceOf(given)).toMatchObject({ bought: 10, available: 10 })
  })

  it('is booked once where ten are told at once', async () => {
    const given = await account()
    await Promise.all(Array.from({ length: 10 }, () => buy(given, 10, 'invoice 7')))
    expect(await balanceOf(given)).toMatchObject({ bought: 10 })
  })

  it('is another one under another reference, and may take back', async () => {
    const given = await account()
    await buy(given, 10, 'invoice 7')
    const { balance } = await buy(given, -4, 'refund of 7')
    expect(balance).toEqual({ bought: 6, spent: 0, reserved: 0, available: 6 })
  })
})

describe('credits.low', () => {
  const events = async (given: Given) =>
    (await rows(given.stub, "SELECT data FROM events WHERE type = 'credits.low' ORDER BY at")).map(
      ({ data }) => (JSON.parse(data as string) as { available: number }).available,
    )

  it('is told once when the balance falls to the mark, and not while it stays below', async () => {
    const given = await account(30, { low_credits_at: 25 })
    await spend(given, 4)
    expect(await events(given)).toEqual([])
    await spend(given, 6)
    expect(await events(given)).toEqual([25])
  })

  it('is told once where one batch falls through the mark', async () => {
    const given = await account(30, { low_credits_at: 25 })
    await spendAtOnce(given, 20)
    await spendAtOnce(given, 5)
    expect(await events(given)).toEqual([10])
  })

  it('is told again after a purchase and another fall', async () => {
    const given = await account(30, { low_credits_at: 25 })
    await spend(given, 6)
    await buy(given, 10, 'second')
    await spend(given, 10)
    expect(await events(given)).toEqual([25, 25])
  })

  it('names the account and its mark', async () => {
    const given = await account(1, { low_credits_at: 0.5 })
    await spend(given, 1)
    const [event] = await rows(given.stub, 'SELECT type, at, data FROM events')
    expect(event).toMatchObject({ type: 'credits.low', at: Date.now() })
    expect(JSON.parse(event!['data'] as string)).toEqual({ account: given.id, available: 0, low_credits_at: 0.5 })
  })

  it.each([
    ['for an account without a mark', { low_credits_at: null }],
    ['for an account without limit', { low_credits_at: 25, unlimited: true }],
    ['where the mark was never reached', { low_credits_at: 1 }],
  ])('is never told %s', async (_what, settings) => {
    const given = await account(30, settings)
    await spend(given, 10)
    expect(await events(given)).toEqual([])
  })
})
