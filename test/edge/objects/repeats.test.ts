// The own repeat within an answer's lifetime is free; everything else is paid for.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { describe, expect, it } from 'vitest'
import { derivedId } from '../../../edge/src/accounts/ids.ts'
import type { Settlement } from '../../../edge/src/accounts/ledger.ts'
import {
  account,
  admission,
  balanceOf,
  DAY,
  FAST,
  FULL,
  type Given,
  HOUR,
  MINUTE,
  newId,
  NOON,
  NOTHING,
  outcome,
  pass,
  settlement,
  standingClock,
  usageOf,
} from './given.ts'

standingClock()

const JANE = ['jane-current']
const fast = { mode: 'fast', price: FAST } as const

async function count({ stub }: Given, wish: Partial<Settlement>): Promise<Cost['why']> {
  const [cost] = await stub.settleMany([settlement({ address: JANE, ...wish })])
  return cost!.why
}

/** First one answer, then, after a while, another one; each lives an hour if it says nothing else. */
const rows: [string, Cost['why'], [Partial<Settlement>, number, Partial<Settlement>]][] = [
  ['the same question while its answer lives', 'repeat', [{}, HOUR - 1, {}]],
  ['the same question once its answer has died', 'confirmed', [{}, HOUR, {}]],
  ['the same question about an answer that stays true', 'repeat', [{ validUntil: null }, 30 * DAY - 1, {}]],
  ['an answer that stays true, once its record has gone', 'confirmed', [{ validUntil: null }, 30 * DAY, {}]],
  ['a fast question after a full answer', 'repeat', [{}, MINUTE, fast]],
  ['a full question after a fast answer', 'confirmed', [fast, MINUTE, {}]],
  ['a fast question after a fast answer', 'repeat', [fast, MINUTE, fast]],
  ['another address', 'confirmed', [{}, MINUTE, { address: ['joe'] }]],
  ['a text that is no address, twice', 'confirmed', [{ address: [] }, MINUTE, { address: [] }]],
  ['an asked-for answer where the paid one exceeds max_age', 'confirmed', [{}, MINUTE, { maxAgeS: 59 }]],
  ['an asked-for answer where the paid one just meets max_age', 'repeat', [{}, MINUTE, { maxAgeS: 60 }]],
  ['an asked-for answer under max_age 0', 'confirmed', [{}, 1, { maxAgeS: 0 }]],
  ['stored evidence under max_age 0', 'repeat', [{}, MINUTE, { maxAgeS: 0, asked: false }]],
  ['an answer after one that cost nothing', 'confirmed', [{ price: NOTHING }, MINUTE, {}]],
  [
    'an address known by an older secret too',
    'repeat',
    [{ address: ['old'] }, MINUTE, { address: ['current', 'old'] }],
  ],
  ['an address known by a newer secret only', 'confirmed', [{ address: ['old'] }, MINUTE, { address: ['current'] }]],
]

describe('the ledger of an account', () => {
  it.each(rows)('takes %s as "%s"', async (_what, why, [first, wait, second]) => {
    const given = await account(10)
    await count(given, first)
    pass(wait)
    expect(await count(given, second)).toBe(why)
  })

  it('charges another account the full price for the same address', async () => {
    await count(await account(10), {})
    expect(await count(await account(10), {})).toBe('confirmed')
  })

  it('takes the second of two in one batch for the repeat of the first', async () => {
    const given = await account(10)
    const [first, second] = await given.stub.settleMany([settlement({ address: JANE }), settlement({ address: JANE })])
    expect([first, second]).toEqual([FULL, { units: 0, charged: false, why: 'repeat' }])
  })

  it('begins a new lifetime with every answer that was paid for, and with no free one', async () => {
    const given = await account(10)
    const seen: string[] = []
    for (const wait of [0, 40 * MINUTE, 40 * MINUTE, 40 * MINUTE]) {
      pass(wait)
      seen.push(await count(given, {}))
    }
    expect(seen).toEqual(['confirmed', 'repeat', 'confirmed', 'repeat'])
  })

  it('lets a repeat in where nothing is left, and nothing is reserved for it', async () => {
    const given = await account(1)
    await count(given, {})
    expect(outcome(await given.stub.admit(admission(given.key)))).toBe('insufficient-credits')
    expect(outcome(await given.stub.admit(admission(given.key, { address: JANE })))).toBe('let in')
    expect(await balanceOf(given)).toMatchObject({ reserved: 0, available: 0 })
  })

  it('lets no repeat in where nothing is left once the answer has died, nor a full one after a fast one', async () => {
    const given = await account(1.1)
    await count(given, { validUntil: NOON + HOUR })
    await count(given, { ...fast, address: ['joe'] })
    expect(outcome(await given.stub.admit(admission(given.key, { address: ['joe'] })))).toBe('insufficient-credits')
    expect(outcome(await given.stub.admit(admission(given.key, { address: ['joe'], mode: 'fast' })))).toBe('let in')
    pass(HOUR)
    expect(outcome(await given.stub.admit(admission(given.key, { address: JANE })))).toBe('insufficient-credits')
  })
})

describe('an id that follows from the request', () => {
  const request = new Uint8Array(10).fill(7)
  const idAt = (at: number): string => derivedId('ver', request, at)

  it.each([
    ['is one charge when it comes again that day', HOUR, 1],
    ['is one charge when it comes again the next day, within 24 hours', DAY - 1, 1],
    ['is another charge after that', DAY + 1, 2],
  ])('%s', async (_what, wait, spent) => {
    const given = await account(10)
    const first = idAt(Date.now())
    await given.stub.settleMany([settlement({ id: first })])
    pass(wait)
    const second = idAt(Date.now())
    await given.stub.settleMany([settlement({ id: second }), settlement({ id: second })])
    expect(await balanceOf(given)).toMatchObject({ spent })
  })

  it('is let in where nothing is left, if it was paid for', async () => {
    const given = await account(1)
    await given.stub.settleMany([settlement({ id: idAt(Date.now()) })])
    pass(DAY - 1)
    expect(outcome(await given.stub.admit(admission(given.key, { id: idAt(Date.now()) })))).toBe('let in')
    expect(outcome(await given.stub.admit(admission(given.key, { id: newId() })))).toBe('insufficient-credits')
  })

  it('is no other request for sharing its day', async () => {
    const given = await account(10)
    const other = derivedId('ver', new Uint8Array(10).fill(8), Date.now())
    await given.stub.settleMany([settlement({ id: idAt(Date.now()) }), settlement({ id: other })])
    expect(await usageOf(given)).toMatchObject([{ count: 2, units: 2 }])
  })
})
