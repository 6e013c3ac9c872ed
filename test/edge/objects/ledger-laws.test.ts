// Laws of the ledger: whatever is told, lost, doubled or told in another order, what was spent is what was counted, once.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  account,
  admission,
  balanceOf,
  FAST,
  FULL,
  type Given,
  MINUTE,
  newId,
  NOTHING,
  pass,
  settlement,
  standingClock,
  thousandths,
  usageOf,
} from './given.ts'

standingClock()

/** What a run of commands is held against: plain maps that know nothing of tables. */
interface Model {
  bought: number
  /** Answer → what its first telling came to. */
  readonly costs: Map<number, Cost>
  readonly reserved: Map<number, { units: number; expiresAt: number }>
  /** List → largest total told. */
  readonly lists: Map<string, number>
}

interface Run {
  readonly given: Given
  readonly model: Model
  readonly ids: readonly string[]
}

type Command = (run: Run) => Promise<void>

const ANSWERS = 8
const PRICES = [FULL, FAST, NOTHING]
/** Each answer has its price, as a verdict has; no two are about one address. */
const priceOf = (answer: number): Cost => PRICES[answer % PRICES.length]!

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((all, one) => all + one, 0)
}

function spentOf({ costs, lists }: Model): number {
  return sum([...costs.values()].map(({ units }) => thousandths(units))) + sum(lists.values())
}

function reservedOf({ reserved }: Model): number {
  return sum([...reserved.values()].filter(({ expiresAt }) => expiresAt > Date.now()).map(({ units }) => units))
}

function told({ model }: Run, answer: number, cost: Cost): void {
  const first = model.costs.get(answer)
  if (first === undefined) model.reserved.delete(answer)
  else expect(cost).toEqual(first)
  model.costs.set(answer, first ?? cost)
}

const answer = fc.nat(ANSWERS - 1)

const admits = fc.record({ answer, units: fc.constantFrom(0.1, 1) }).map(
  ({ answer, units }): Command =>
    async (run) => {
      const { given, model, ids } = run
      const expiresAt = Date.now() + MINUTE
      const { ok } = await given.stub.admit(admission(given.key, { id: ids[answer]!, units, expiresAt }))
      if (model.costs.has(answer)) return expect(ok).toBe(true)
      const own = model.reserved.get(answer)
      const ownUnits = own !== undefined && own.expiresAt > Date.now() ? own.units : 0
      const left = model.bought - spentOf(model) - reservedOf(model) + ownUnits
      expect(ok).toBe(left >= thousandths(units))
      if (ok) model.reserved.set(answer, { units: thousandths(units), expiresAt })
    },
)

const settles = answer.map(
  (answer): Command =>
    async (run) => {
      const one = settlement({ id: run.ids[answer]!, price: priceOf(answer) })
      told(run, answer, await run.given.stub.settle({ settlement: one, record: null }))
    },
)

const settlesMany = fc.array(answer, { maxLength: 6 }).map(
  (answers): Command =>
    async (run) => {
      const many = answers.map((one) => settlement({ id: run.ids[one]!, price: priceOf(one) }))
      const costs = await run.given.stub.settleMany(many)
      for (const [at, one] of answers.entries()) told(run, one, costs[at]!)
    },
)

const totals = fc.record({ id: fc.constantFrom('list_a', 'list_b'), tenths: fc.nat(50), count: fc.nat(50) }).map(
  ({ id, tenths, count }): Command =>
    async ({ given, model }) => {
      await given.stub.settleTotal({ id, keyId: 'key_1', units: tenths / 10, count })
      model.lists.set(id, Math.max(model.lists.get(id) ?? 0, tenths * 100))
    },
)

const buys = fc.record({ reference: fc.constantFrom('b', 'c', 'd'), units: fc.integer({ min: -3, max: 20 }) }).map(
  ({ reference, units }): Command =>
    async ({ given, model }) => {
      const before = (await given.stub.purchases()).some((known) => known.reference === reference)
      await given.stub.buy({ reference, units, note: '', at: Date.now() })
      if (!before) model.bought += thousandths(units)
    },
)

const waits = fc.integer({ min: 1, max: 45_000 }).map(
  (ms): Command =>
    async () => {
      pass(ms)
    },
)

const commands = fc.array(fc.oneof(admits, settles, settlesMany, totals, buys, waits), { minLength: 5, maxLength: 40 })

describe('the ledger', () => {
  it('spent what its rows add up to and reserved what is under way, after every command of any run', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (run) => {
        const given = await account(5)
        const model: Model = { bought: 5_000, costs: new Map(), reserved: new Map(), lists: new Map() }
        const ids = Array.from({ length: ANSWERS }, () => newId())
        for (const command of run) {
          await command({ given, model, ids })
          const { bought, spent, reserved, available } = await balanceOf(given)
          const expected = { bought: model.bought, spent: spentOf(model), reserved: reservedOf(model) }
          expect({ bought, spent, reserved }).toEqual({
            bought: expected.bought / 1_000,
            spent: expected.spent / 1_000,
            reserved: expected.reserved / 1_000,
          })
          expect(thousandths(available!)).toBe(expected.bought - expected.spent - expected.reserved)
          expect(sum((await usageOf(given)).map(({ units }) => thousandths(units)))).toBe(expected.spent)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('counts each answer once, whatever the order and the batches that tell of it, all at once', async () => {
    const batches = fc.array(fc.array(answer, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(batches, async (told) => {
        const given = await account(50)
        const ids = Array.from({ length: ANSWERS }, () => newId())
        const tell = (batch: readonly number[]) =>
          given.stub.settleMany(batch.map((one) => settlement({ id: ids[one]!, price: priceOf(one) })))
        await Promise.all(told.map(tell))
        const distinct = [...new Set(told.flat())]
        const rows = await usageOf(given)
        expect(sum(rows.map(({ count }) => count))).toBe(distinct.length)
        const due = sum(distinct.map((one) => thousandths(priceOf(one).units)))
        expect(sum(rows.map(({ units }) => thousandths(units)))).toBe(due)
        expect((await balanceOf(given)).spent).toBe(due / 1_000)
      }),
      { numRuns: 60 },
    )
  })

  it('charges repeats of an address at most once a lifetime, and what it charged is what it spent', async () => {
    const asked = fc.record({
      address: fc.constantFrom('jane', 'joe'),
      mode: fc.constantFrom('fast', 'full'),
      waitMs: fc.nat(2_400_000),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 25 }), async (questions) => {
        const given = await account(50)
        const charged: { address: string; mode: string; at: number; units: number }[] = []
        for (const { address, mode, waitMs } of questions) {
          pass(waitMs)
          const at = Date.now()
          const price = mode === 'fast' ? FAST : FULL
          const [cost] = await given.stub.settleMany([settlement({ address: [address], mode, price })])
          // A settlement of `given.ts` lives an hour; a full one answers for both modes.
          const paid = charged.some(
            (one) => one.address === address && (one.mode === mode || one.mode === 'full') && at - one.at < 60 * MINUTE,
          )
          expect(cost!.why).toBe(paid ? 'repeat' : price.why)
          if (cost!.charged) charged.push({ address, mode, at, units: thousandths(cost!.units) })
        }
        const due = sum(charged.map(({ units }) => units))
        expect((await balanceOf(given)).spent).toBe(due / 1_000)
        expect(sum((await usageOf(given)).map(({ units }) => thousandths(units)))).toBe(due)
        expect(sum((await usageOf(given)).map(({ count }) => count))).toBe(questions.length)
      }),
      { numRuns: 40 },
    )
  })
})

describe('the running total of a list', () => {
  const told = fc.array(fc.record({ units: fc.nat(100), count: fc.nat(100) }), { minLength: 1, maxLength: 12 })

  it('comes to its largest, however it is lost, doubled and reordered, and never shrinks on the way', async () => {
    await fc.assert(
      fc.asyncProperty(told, async (totals) => {
        const given = await account(500)
        let before = 0
        for (const { units, count } of totals) {
          await given.stub.settleTotal({ id: 'list_1', keyId: 'key_1', units, count })
          const { spent } = await balanceOf(given)
          expect(spent).toBeGreaterThanOrEqual(before)
          before = spent
        }
        const most = Math.max(...totals.map(({ units }) => units))
        const rows = Math.max(...totals.map(({ count }) => count))
        expect(before).toBe(most)
        const used = await usageOf(given)
        expect(used.map(({ keyId, mode, why }) => ({ keyId, mode, why }))).toEqual(
          most + rows === 0 ? [] : [{ keyId: 'key_1', mode: 'list', why: 'list' }],
        )
        expect(sum(used.map(({ units }) => units))).toBe(most)
        expect(sum(used.map(({ count }) => count))).toBe(rows)
      }),
      { numRuns: 40 },
    )
  })

  it('is one for each list, and counts where it grew: on the day that it was told', async () => {
    const given = await account(500)
    await given.stub.settleTotal({ id: 'list_1', keyId: 'key_1', units: 10, count: 10 })
    await given.stub.settleTotal({ id: 'list_2', keyId: 'key_1', units: 5, count: 20 })
    pass(24 * 60 * MINUTE)
    await given.stub.settleTotal({ id: 'list_1', keyId: 'key_1', units: 12, count: 15 })
    expect(await usageOf(given)).toMatchObject([
      { day: '2099-05-01', count: 30, units: 15 },
      { day: '2099-05-02', count: 5, units: 2 },
    ])
    expect(await balanceOf(given)).toMatchObject({ spent: 17 })
  })
})
