// The laws of fitness: audits can be put together in any order and any number of times, and only a measurement makes unfit.
import { type Audited, believed, fitnessOf, HOLDS_MS, merged } from '@postern/prober/store/fit.ts'
import { CHECKS, type CheckResult, fitness } from '@postern/shared/contract/audit.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const NOW = Date.UTC(2026, 10, 21)

const result: fc.Arbitrary<CheckResult> = fc
  .record({
    check: fc.constantFrom(...CHECKS),
    operator: fc.constantFrom('alpha', 'beta'),
    state: fc.constantFrom('ok', 'unfit', 'unmeasured'),
    detail: fc.constantFrom('one', 'other'),
    at: fc.integer({ min: NOW - 2 * HOLDS_MS, max: NOW + 120_000 }).map((at) => at - (at % 3_600_000)),
  })
  .map((one) => ({ ...one, operator: one.check === 'canaries' ? one.operator : null }))
const canary = fc.record({ refused: fc.boolean(), at: fc.integer({ min: NOW - HOLDS_MS, max: NOW + 120_000 }) })
const audit: fc.Arbitrary<Audited> = fc.record({
  checks: fc.array(result, { maxLength: 8 }),
  canaries: fc.dictionary(fc.constantFrom('alpha', 'beta'), canary, { noNullPrototype: true }),
})

describe('putting audits together', () => {
  it('does not depend on who comes first', () => {
    fc.assert(
      fc.property(audit, audit, (one, other) => {
        expect(merged(one, other)).toEqual(merged(other, one))
      }),
    )
  })

  it('does not depend on how they are grouped', () => {
    fc.assert(
      fc.property(audit, audit, audit, (one, two, three) => {
        expect(merged(merged(one, two), three)).toEqual(merged(one, merged(two, three)))
      }),
    )
  })

  it('counts none of them twice', () => {
    fc.assert(
      fc.property(audit, audit, (one, other) => {
        const both = merged(one, other)
        expect(merged(both, other)).toEqual(both)
        expect(merged(both, both)).toEqual(both)
      }),
    )
  })
})

describe('a fitness', () => {
  it('is one that the contract knows', () => {
    fc.assert(fc.property(audit, (one) => void fitness.parse(fitnessOf(one, NOW))))
  })

  it('is unfit by a measurement that still holds, and by nothing else', () => {
    fc.assert(
      fc.property(audit, (one) => {
        const counted = believed(one, NOW).checks
        const proven = counted.some(({ check, state }) => check !== 'canaries' && state === 'unfit')
        const { lane, kind } = fitnessOf(one, NOW)
        expect(lane === 'unfit').toBe(proven)
        expect(kind === null).toBe(!proven)
      }),
    )
  })

  it('is no worse for an audit that measured nothing', () => {
    fc.assert(
      fc.property(audit, audit, (one, other) => {
        const blind = {
          checks: other.checks.map((check) => ({ ...check, state: 'unmeasured' as const })),
          canaries: {},
        }
        const after = fitnessOf(merged(one, blind), NOW)
        const before = fitnessOf(merged(one, one), NOW)
        expect({ ...after, why: '' }).toEqual({ ...before, why: '' })
      }),
    )
  })

  it('of canaries never rests on a refusal that is older than a day', () => {
    fc.assert(
      fc.property(audit, (one) => {
        for (const at of Object.values(fitnessOf(one, NOW).canaries)) {
          expect(NOW - at).toBeLessThan(86_400_000)
          expect(at).toBeLessThanOrEqual(NOW + 60_000)
        }
      }),
    )
  })
})
