// Laws of the window that requests are counted in.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Count, count, PER_MINUTE, POLICIES, type Rule, TIERS } from '../../../edge/src/accounts/limits.ts'

const rules = fc.record({
  policy: fc.constant('full'),
  limit: fc.integer({ min: 1, max: 20 }),
  windowS: fc.integer({ min: 1, max: 120 }),
})
const waits = fc.array(fc.oneof(fc.nat(50), fc.nat(30_000)), { minLength: 1, maxLength: 120 })
/** A clock that is set anew now and then. */
const jumps = fc.array(fc.integer({ min: -300_000, max: 60_000 }), { minLength: 1, maxLength: 120 })
const START = 1_800_000_000_000

/** All requests in turn, each so long after the one before it. */
function run(rule: Rule, steps: readonly number[]) {
  let before: Count | null = null
  let now = START
  return steps.map((step) => {
    now += step
    const counted = count(rule, before, now)
    const seen = { now, before, ...counted }
    before = counted.count
    return seen
  })
}

describe('a window', () => {
  it('lets in as many as its limit and never more, and begins anew only when its length is over', () => {
    fc.assert(
      fc.property(rules, waits, (rule, steps) => {
        const seen = run(rule, steps)
        const starts = [...new Set(seen.map(({ count: { startedAt } }) => startedAt))]
        for (const [at, startedAt] of starts.entries()) {
          const within = seen.filter((one) => one.count.startedAt === startedAt)
          expect(within.filter(({ allowed }) => allowed).length).toBe(Math.min(rule.limit, within.length))
          if (at > 0) expect(startedAt - starts[at - 1]!).toBeGreaterThanOrEqual(rule.windowS * 1_000)
          for (const { now } of within) expect(now - startedAt).toBeLessThan(rule.windowS * 1_000)
        }
      }),
    )
  })

  it('refuses nobody before its limit is used up', () => {
    fc.assert(
      fc.property(rules, waits, (rule, steps) => {
        for (const { allowed, before, now } of run(rule, steps)) {
          const used = before === null || now - before.startedAt >= rule.windowS * 1_000 ? 0 : before.used
          expect(allowed).toBe(used < rule.limit)
        }
      }),
    )
  })

  it('tells a remainder that is never below zero, falls by one with each that is let in, and a reset that is right', () => {
    fc.assert(
      fc.property(rules, waits, (rule, steps) => {
        for (const { quota, count: after, allowed, now } of run(rule, steps)) {
          expect(quota).toMatchObject({ policy: 'full', limit: rule.limit, windowS: rule.windowS })
          expect(quota.remaining).toBe(rule.limit - after.used)
          expect(quota.remaining).toBeGreaterThanOrEqual(0)
          if (!allowed) expect(quota.remaining).toBe(0)
          const ends = after.startedAt + rule.windowS * 1_000
          // Whoever comes back after so many seconds finds it open, and a second less would have been too early.
          expect(now + quota.resetS * 1_000).toBeGreaterThanOrEqual(ends)
          expect(now + (quota.resetS - 1) * 1_000).toBeLessThan(ends)
        }
      }),
    )
  })

  it('holds its limit where the clock jumps, and a remainder that is never below zero', () => {
    fc.assert(
      fc.property(rules, jumps, (rule, steps) => {
        const seen = run(rule, steps)
        let letIn = 0
        let startedAt = Number.NaN
        for (const { allowed, quota, count: after } of seen) {
          letIn = after.startedAt === startedAt ? letIn : 0
          startedAt = after.startedAt
          letIn += allowed ? 1 : 0
          expect(letIn).toBeLessThanOrEqual(rule.limit)
          expect(quota.remaining).toBeGreaterThanOrEqual(0)
          expect(quota.resetS).toBeGreaterThanOrEqual(1)
        }
      }),
    )
  })

  it('keeps nobody out for more than two of its lengths, however far the clock jumps back', () => {
    fc.assert(
      fc.property(rules, fc.integer({ min: 1, max: 10 ** 12 }), (rule, back) => {
        let before: Count | null = null
        for (let used = 0; used < rule.limit; used += 1) before = count(rule, before, START).count
        const refused = count(rule, before, START - back)
        expect(refused.quota.resetS).toBeLessThanOrEqual(2 * rule.windowS)
        expect(count(rule, refused.count, START - back + 2 * rule.windowS * 1_000).allowed).toBe(true)
      }),
    )
  })

  it('is open at once where the clock jumps forward, and begins there', () => {
    const rule = { policy: 'full', limit: 1, windowS: 60 }
    const used = count(rule, null, START).count
    expect(count(rule, used, START + 60_000)).toMatchObject({
      allowed: true,
      count: { startedAt: START + 60_000, used: 1 },
    })
    expect(count(rule, used, START + 59_999)).toMatchObject({ allowed: false, count: { startedAt: START, used: 1 } })
  })

  it('stays as it was where a request is refused', () => {
    fc.assert(
      fc.property(rules, waits, (rule, steps) => {
        for (const { allowed, before, count: after } of run(rule, steps)) if (!allowed) expect(after).toEqual(before)
      }),
    )
  })
})

describe('tiers', () => {
  it.each(POLICIES)('allow more "%s" from step to step', (policy) => {
    const limits = TIERS.map((tier) => PER_MINUTE[tier][policy])
    expect(limits).toEqual(limits.toSorted((one, other) => one - other))
    expect(new Set(limits).size).toBe(TIERS.length)
  })
})
