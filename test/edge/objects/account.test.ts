// Credit of one account: held back while an answer is on its way, charged once when it is there.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  account,
  admission,
  balanceOf,
  FAST,
  FULL,
  MINUTE,
  newId,
  NOTHING,
  outcome,
  pass,
  settlement,
  standingClock,
  thousandths,
  usageOf,
} from './given.ts'

standingClock()

describe('a reservation', () => {
  it('holds back what an answer may come to cost', async () => {
    const given = await account(10)
    await given.stub.admit(admission(given.key, { units: 1 }))
    expect(await balanceOf(given)).toEqual({ bought: 10, spent: 0, reserved: 1, available: 9 })
  })

  it.each([
    ['is spent by an answer at full price', FULL, { spent: 1, available: 9 }],
    ['is given back but for a tenth by a fast answer', FAST, { spent: 0.1, available: 9.9 }],
    ['is given back whole by an answer that costs nothing', NOTHING, { spent: 0, available: 10 }],
  ])('%s', async (_what, price, { spent, available }) => {
    const given = await account(10)
    const id = newId()
    await given.stub.admit(admission(given.key, { id }))
    await given.stub.settleMany([settlement({ id, price })])
    expect(await balanceOf(given)).toEqual({ bought: 10, spent, reserved: 0, available })
  })

  it('of one request is not ended by the answer to another', async () => {
    const given = await account(10)
    await given.stub.admit(admission(given.key))
    await given.stub.settleMany([settlement()])
    expect(await balanceOf(given)).toMatchObject({ reserved: 1, available: 8 })
  })

  it('gives its unit back at the instant it expires, and not before', async () => {
    const given = await account(1)
    await given.stub.admit(admission(given.key, { expiresAt: Date.now() + MINUTE }))
    pass(MINUTE - 1)
    expect(outcome(await given.stub.admit(admission(given.key)))).toBe('insufficient-credits')
    pass(1)
    expect(await balanceOf(given)).toMatchObject({ reserved: 0, available: 1 })
    expect(outcome(await given.stub.admit(admission(given.key)))).toBe('let in')
  })

  it('is the own one of a request that comes again, and taken once', async () => {
    const given = await account(1)
    const wish = admission(given.key)
    expect(outcome(await given.stub.admit(wish))).toBe('let in')
    expect(outcome(await given.stub.admit(wish))).toBe('let in')
    expect(await balanceOf(given)).toMatchObject({ reserved: 1, available: 0 })
  })

  it('is not taken for a request whose answer was counted already', async () => {
    const given = await account(1)
    const id = newId()
    await given.stub.settleMany([settlement({ id })])
    expect(outcome(await given.stub.admit(admission(given.key, { id })))).toBe('let in')
    expect(await balanceOf(given)).toMatchObject({ reserved: 0, available: 0 })
  })
})

describe('who is let in', () => {
  it('are 50 of 100 that ask at once where there are 50 units', async () => {
    const given = await account(50)
    const asked = await Promise.all(Array.from({ length: 100 }, () => given.stub.admit(admission(given.key))))
    expect(asked.map(outcome).filter((one) => one === 'let in')).toHaveLength(50)
    expect(asked.map(outcome).filter((one) => one === 'insufficient-credits')).toHaveLength(50)
    expect(await balanceOf(given)).toMatchObject({ reserved: 50, available: 0 })
  })

  it('are never more than what was bought can pay for, whatever they ask for', async () => {
    const wishes = fc.array(fc.constantFrom(0.1, 0.3, 1, 2.5), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), wishes, async (bought, units) => {
        const given = await account(bought)
        const asked = await Promise.all(units.map((one) => given.stub.admit(admission(given.key, { units: one }))))
        const taken = asked.reduce((sum, { ok }, at) => sum + (ok ? thousandths(units[at]!) : 0), 0)
        const refused = units.filter((_, at) => !asked[at]!.ok)
        const { reserved, available } = await balanceOf(given)
        expect(thousandths(reserved)).toBe(taken)
        expect(available).toBeGreaterThanOrEqual(0)
        // Nobody was refused what would still have fitted at the end, when least is left.
        for (const one of refused) expect(one).toBeGreaterThan(available!)
      }),
      { numRuns: 40 },
    )
  })

  interface Row {
    readonly units?: number
    readonly settings?: Parameters<typeof account>[1]
    readonly mode?: 'fast' | 'full'
    readonly expected: 'let in' | 'let in, free' | 'insufficient-credits'
  }
  const goesOn = { when_out_of_credits: 'free' } as const

  it.each<[string, Row]>([
    ['nobody where nothing was bought', { expected: 'insufficient-credits' }],
    ['everybody on an account without limit', { settings: { unlimited: true }, expected: 'let in' }],
    ['fast ones, free, where the account wants it so', { settings: goesOn, mode: 'fast', expected: 'let in, free' }],
    ['no full ones where fast ones go on free', { settings: goesOn, expected: 'insufficient-credits' }],
    [
      'fast ones at their price while there is credit',
      { units: 1, settings: goesOn, mode: 'fast', expected: 'let in' },
    ],
  ])('is %s', async (_what, { units = 0, settings = {}, mode = 'full', expected }) => {
    const given = await account(units, settings)
    const admitted = await given.stub.admit(admission(given.key, { mode, units: mode === 'fast' ? 0.1 : 1 }))
    expect(admitted.ok && admitted.free ? 'let in, free' : outcome(admitted)).toBe(expected)
  })

  it('is told which flags the account refuses', async () => {
    const given = await account(1, { refuse_flags: ['disposable', 'role'] })
    expect(await given.stub.admit(admission(given.key))).toMatchObject({ refuseFlags: ['disposable', 'role'] })
  })
})

describe('a settlement', () => {
  it('told twice is charged once, and says both times what it cost', async () => {
    const given = await account(10)
    const told = settlement()
    expect(await given.stub.settleMany([told])).toEqual([FULL])
    expect(await given.stub.settle({ settlement: told, record: null })).toEqual(FULL)
    expect(await balanceOf(given)).toMatchObject({ spent: 1 })
  })

  it('told twenty times at once, in batches and alone, is charged once', async () => {
    const given = await account(10)
    const told = settlement()
    const costs = await Promise.all(
      Array.from({ length: 10 }, async () => [
        await given.stub.settle({ settlement: told, record: null }),
        ...(await given.stub.settleMany([told, told])),
      ]),
    )
    expect(costs.flat()).toEqual(Array.from({ length: 30 }, () => FULL))
    expect(await usageOf(given)).toMatchObject([{ count: 1, units: 1 }])
    expect(await balanceOf(given)).toMatchObject({ spent: 1 })
  })

  it('told again after two weeks in a queue is still the same one', async () => {
    const given = await account(10)
    const told = settlement()
    await given.stub.settleMany([told])
    pass(14 * 24 * 60 * MINUTE)
    await given.stub.settleMany([told])
    expect(await balanceOf(given)).toMatchObject({ spent: 1 })
  })

  it('is counted under its own day, key, mode and reason, free ones too', async () => {
    const given = await account(10)
    const yesterday = newId(Date.parse('2099-04-30T23:59:59.999Z'))
    await given.stub.settleMany([
      settlement({ id: yesterday, keyId: 'key_a' }),
      settlement({ keyId: 'key_a', mode: 'fast', price: FAST }),
      settlement({ keyId: 'key_a', mode: 'fast', price: FAST }),
      settlement({ keyId: 'key_b', price: NOTHING }),
    ])
    expect(await usageOf(given)).toEqual([
      { day: '2099-04-30', keyId: 'key_a', mode: 'full', why: 'confirmed', count: 1, units: 1 },
      { day: '2099-05-01', keyId: 'key_a', mode: 'fast', why: 'fast', count: 2, units: 0.2 },
      { day: '2099-05-01', keyId: 'key_b', mode: 'full', why: 'not_confirmed', count: 1, units: 0 },
    ])
    expect(await given.stub.usage('2099-04-30', '2099-04-30')).toHaveLength(1)
    expect(await given.stub.activeDays()).toEqual(['2099-05-01', '2099-04-30'])
  })

  it('of a thousand tenths comes to exactly a hundred units', async () => {
    const given = await account(200)
    await given.stub.settleMany(Array.from({ length: 1_000 }, () => settlement({ mode: 'fast', price: FAST })))
    expect(await balanceOf(given)).toEqual({ bought: 200, spent: 100, reserved: 0, available: 100 })
  })

  it('is charged in full where the answer is there and the credit is not: the overshoot is not lost', async () => {
    const given = await account(1)
    await given.stub.settleMany([settlement(), settlement()])
    expect(await balanceOf(given)).toMatchObject({ spent: 2, available: -1 })
  })
})
