// What is said of a policy: the worked examples of its specification, and what holds whatever the numbers are.
import { exposureOf } from '@postern/shared/report/exposure.ts'
import { gapOf, type PolicyMode } from '@postern/shared/report/gap.ts'
import { healthOf, type PolicyHealth } from '@postern/shared/report/health.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const RUNS = { numRuns: 1_000 }

const policy = (wish: Partial<PolicyHealth>): PolicyHealth => ({
  certificate: { valid: true, daysLeft: 62, lifetimeDays: 90 },
  maxAgeS: 604_800,
  named: wish.matched ?? 5,
  matched: 5,
  exchanges: 5,
  bestMatched: true,
  trouble: 'none',
  ...wish,
})
const certificate = (daysLeft: number, lifetimeDays: number, valid = true) => ({ valid, daysLeft, lifetimeDays })

describe('the health of a policy', () => {
  it.each([
    ['PH1', policy({}), { score: 96, band: 'healthy' }],
    [
      'PH2',
      policy({ certificate: certificate(10, 90), maxAgeS: 86_400, matched: 3, exchanges: 4 }),
      { score: 55, band: 'fragile' },
    ],
    [
      'PH3',
      policy({ certificate: certificate(-1, 90, false), maxAgeS: 31_557_600, matched: 2, exchanges: 2 }),
      { score: 39, band: 'failing' },
    ],
    [
      'PH4',
      policy({ certificate: certificate(3, 6.67), maxAgeS: 1_209_600, matched: 1, exchanges: 1 }),
      { score: 100, band: 'healthy' },
    ],
    [
      'PH5',
      policy({
        certificate: certificate(20, 47),
        maxAgeS: 2_592_000,
        matched: 0,
        named: 0,
        exchanges: 2,
        bestMatched: false,
      }),
      { score: 39, band: 'failing' },
    ],
    [
      'PH6',
      policy({ certificate: certificate(5, 90), maxAgeS: 3_600, matched: 2, exchanges: 2 }),
      { score: 51, band: 'fragile' },
    ],
    [
      'a policy that only backups match',
      policy({ matched: 1, exchanges: 2, bestMatched: false }),
      { score: 59, band: 'fragile' },
    ],
    ['a policy that nobody can fetch', policy({ trouble: 'unobtainable' }), { score: 39, band: 'failing' }],
    ['a policy that nobody can read', policy({ trouble: 'unparseable' }), { score: 0, band: 'failing' }],
    ['a certificate that nobody has read', policy({ certificate: null }), { score: 94, band: 'healthy' }],
  ])('of %s', (_name, given, expected) => {
    expect(healthOf(given)).toMatchObject({ ...expected, partial: given.certificate === null })
  })

  const anyPolicy = fc
    .record({
      certificate: fc.option(
        fc.record({
          valid: fc.boolean(),
          daysLeft: fc.double({ min: -400, max: 400, noNaN: true }),
          lifetimeDays: fc.double({ min: 0, max: 400, noNaN: true }),
        }),
      ),
      maxAgeS: fc.option(fc.nat(31_557_600)),
      matched: fc.nat(10),
      exchanges: fc.nat(10),
      bestMatched: fc.boolean(),
      trouble: fc.constantFrom<PolicyHealth['trouble']>('none', 'unobtainable', 'unparseable'),
    })
    .map((one): PolicyHealth => ({ ...one, named: one.exchanges, matched: Math.min(one.matched, one.exchanges) }))

  it('is between 0 and 100, and no worse for a longer life, a longer certificate or one exchange more that it names', () => {
    fc.assert(
      fc.property(anyPolicy, fc.nat(1_000_000), (given, more) => {
        const { score } = healthOf(given)
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(100)
        expect(healthOf({ ...given, maxAgeS: (given.maxAgeS ?? 0) + more }).score).toBeGreaterThanOrEqual(score)
        const better = { ...given, matched: Math.min(given.exchanges, given.matched + 1) }
        expect(healthOf(better).score).toBeGreaterThanOrEqual(score)
        if (given.certificate === null) return
        const longer = { ...given.certificate, daysLeft: given.certificate.daysLeft + more / 10_000 }
        expect(healthOf({ ...given, certificate: longer }).score).toBeGreaterThanOrEqual(score)
      }),
      RUNS,
    )
  })
})

const three = (matched: readonly [number, number, number]) =>
  [
    { host: 'mx1', preference: 10, matched: matched[0] === 1 },
    { host: 'mx2', preference: 10, matched: matched[1] === 1 },
    { host: 'bk', preference: 30, matched: matched[2] === 1 },
  ] as const
const two = [
  { host: 'a', preference: 10, matched: true },
  { host: 'b', preference: 30, matched: false },
] as const

describe('the gap between exchanges and policy', () => {
  it.each([
    ['GP1', gapOf(three([1, 1, 0]), 'enforce'), { score: 2.91, level: 'low' }],
    ['GP2', gapOf(three([0, 1, 1]), 'enforce'), { score: 48.54, level: 'medium' }],
    ['GP3', gapOf(three([0, 0, 1]), 'enforce'), { score: 97.09, level: 'high' }],
    ['GP4', gapOf(three([0, 0, 0]), 'enforce'), { score: 100, level: 'critical' }],
    ['GP5', gapOf(three([1, 1, 0]), 'testing'), { score: 0.87, level: 'info' }],
    ['GP6', gapOf(three([0, 0, 0]), 'none'), { score: 0, level: 'info' }],
    ['GP7', gapOf(two, 'enforce'), { score: 2.91, level: 'low' }],
    ['no gap', gapOf(three([1, 1, 1]), 'enforce'), { score: 0, level: 'none' }],
    ['all of them, in testing', gapOf(three([0, 0, 0]), 'testing'), { score: 30, level: 'medium' }],
  ] as const)('%s', (_name, { score, level }, expected) => {
    expect({ score: Math.round(100 * score) / 100, level }).toEqual(expected)
  })

  const some = fc.array(fc.record({ host: fc.string(), preference: fc.nat(65_535), matched: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  it('counts shares that are 1 together, whatever the order, and is between 0 and 100', () => {
    fc.assert(
      fc.property(some, fc.constantFrom<PolicyMode>('enforce', 'testing', 'none'), (exchanges, mode) => {
        expect(exposureOf(exchanges).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
        const { score, level } = gapOf(exchanges, mode)
        expect(score >= 0 && score <= 100).toBe(true)
        const turned = gapOf(exchanges.toReversed(), mode)
        expect(turned.score).toBeCloseTo(score, 9)
        expect(turned.level).toBe(level)
      }),
      RUNS,
    )
  })

  it('of preferences 10 and 20 is that of 0 and 65535', () => {
    const near = exposureOf([
      { host: 'a', preference: 10 },
      { host: 'b', preference: 20 },
    ])
    expect(
      exposureOf([
        { host: 'a', preference: 0 },
        { host: 'b', preference: 65_535 },
      ]),
    ).toEqual(near)
    expect(near[1]).toBeCloseTo(0.0291, 4)
  })
})
