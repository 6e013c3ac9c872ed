// The models of a domain's report: the worked examples of their specification, and what holds whatever the numbers are.
import { effective, firstPick, grouped, isMaterial } from '@postern/shared/report/availability.ts'
import { exposureOf } from '@postern/shared/report/exposure.ts'
import { gapOf, type PolicyMode } from '@postern/shared/report/gap.ts'
import { healthOf, type PolicyHealth } from '@postern/shared/report/health.ts'
import { coldMs, expectedMs, hitRate, isOverServiceLine } from '@postern/shared/report/resolution.ts'
import { backOffS, bandOf, type Exchange, PROFILES, routingTree } from '@postern/shared/report/routing.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const RUNS = { numRuns: 1_000 }

const policy = (wish: Partial<PolicyHealth>): PolicyHealth => ({
  certificate: { valid: true, daysLeft: 62, lifetimeDays: 90 },
  maxAgeS: 604_800,
  matched: 5,
  exchanges: 5,
  bestMatched: true,
  trouble: 'none',
  ...wish,
})
const certificate = (daysLeft: number, lifetimeDays: number, valid = true) => ({ valid, daysLeft, lifetimeDays })

describe('the health of a policy', () => {
  it.each([
    ['PH1', policy({}), 96, 'healthy'],
    ['PH2', policy({ certificate: certificate(10, 90), maxAgeS: 86_400, matched: 3, exchanges: 4 }), 55, 'fragile'],
    [
      'PH3',
      policy({ certificate: certificate(-1, 90, false), maxAgeS: 31_557_600, matched: 2, exchanges: 2 }),
      39,
      'failing',
    ],
    [
      'PH4',
      policy({ certificate: certificate(3, 6.67), maxAgeS: 1_209_600, matched: 1, exchanges: 1 }),
      100,
      'healthy',
    ],
    [
      'PH5',
      policy({ certificate: certificate(20, 47), maxAgeS: 2_592_000, matched: 0, exchanges: 2, bestMatched: false }),
      39,
      'failing',
    ],
    ['PH6', policy({ certificate: certificate(5, 90), maxAgeS: 3_600, matched: 2, exchanges: 2 }), 51, 'fragile'],
    ['a policy that only backups match', policy({ matched: 1, exchanges: 2, bestMatched: false }), 59, 'fragile'],
    ['a policy that nobody can fetch', policy({ trouble: 'unobtainable' }), 39, 'failing'],
    ['a policy that nobody can read', policy({ trouble: 'unparseable' }), 0, 'failing'],
    ['a certificate that nobody has read', policy({ certificate: null }), 94, 'healthy'],
  ])('of %s', (_name, given, score, band) => {
    expect(healthOf(given)).toMatchObject({ score, band, partial: given.certificate === null })
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
      trouble: fc.constantFrom('none', 'unobtainable', 'unparseable'),
    })
    .map((one) => ({ ...one, matched: Math.min(one.matched, one.exchanges) }) as PolicyHealth)

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
    ['GP1', three([1, 1, 0]), 'enforce', 2.91, 'low'],
    ['GP2', three([0, 1, 1]), 'enforce', 48.54, 'medium'],
    ['GP3', three([0, 0, 1]), 'enforce', 97.09, 'high'],
    ['GP4', three([0, 0, 0]), 'enforce', 100, 'critical'],
    ['GP5', three([1, 1, 0]), 'testing', 0.87, 'info'],
    ['GP6', three([0, 0, 0]), 'none', 0, 'info'],
    ['GP7', two, 'enforce', 2.91, 'low'],
    ['no gap', three([1, 1, 1]), 'enforce', 0, 'none'],
    ['all of them, in testing', three([0, 0, 0]), 'testing', 30, 'medium'],
  ] as const)('%s', (_name, exchanges, mode, score, level) => {
    const gap = gapOf(exchanges, mode)
    expect(gap.score).toBeCloseTo(score, 2)
    expect(gap.level).toBe(level)
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

const exchange = (host: string, preference: number, wish: Partial<Exchange> = {}): Exchange => ({
  host,
  preference,
  failure: 0.01,
  failS: 30,
  okS: 0.055,
  ...wish,
})
const DNS_S = 0.099
const gone = exchange('mail1', 10, { failure: 1 })
const sound = exchange('mail2', 20, { failure: 0 })

describe('the routing tree', () => {
  it.each([
    ['RT2, RT4', [gone, sound], PROFILES.rfc, 1, 30.154, 30.154],
    ['RT3', [exchange('mail1', 10), exchange('mail2', 20)], PROFILES.rfc, 0.9999, 0.45103, 0.637058],
    ['RT5', [gone, sound], PROFILES.queued_failover, 1, 330.154, 330.154],
    ['RT6', ['a', 'b', 'c'].map((host) => exchange(host, 10)), PROFILES.rfc, 0.999999, 0.45694, null],
    ['RT7, half an hour', [exchange('a', 10)], PROFILES.rfc, 0.99, 0.154, 18.639848],
    ['RT7, five minutes', [exchange('a', 10)], PROFILES.postfix, 0.99, 0.154, 3.488333],
    ['RT8', [exchange('mail1', 10, { failure: 1, failS: 0.005 }), sound], PROFILES.rfc, 1, 0.159, 0.159],
  ] as const)('%s', (_name, exchanges, profile, firstRound, roundS, expectedS) => {
    const tree = routingTree(exchanges, DNS_S, profile)
    expect(tree.firstRound).toBeCloseTo(firstRound, 9)
    expect(tree.roundS).toBeCloseTo(roundS, 5)
    if (expectedS !== null) expect(tree.expectedS).toBeCloseTo(expectedS, 5)
  })

  it('shares the mail as its orders do', () => {
    const shares = (exchanges: readonly Exchange[]) => [...routingTree(exchanges, DNS_S, PROFILES.rfc).shares.values()]
    expect(shares([exchange('a', 10), exchange('b', 20)]).map((share) => Math.round(share * 1e4) / 1e4)).toEqual([
      0.99, 0.0099,
    ])
    for (const share of shares(['a', 'b', 'c'].map((host) => exchange(host, 10)))) expect(share).toBeCloseTo(1 / 3, 6)
  })

  it('takes no mail where nobody does, and says so', () => {
    expect(routingTree([gone], DNS_S, PROFILES.rfc)).toMatchObject({ firstRound: 0, roundS: null, expectedS: null })
    expect(routingTree([], DNS_S, PROFILES.rfc)).toMatchObject({ firstRound: 0, expectedS: null })
  })

  const orders = (exchanges: readonly Exchange[]): Exchange[][] =>
    exchanges.length === 0
      ? [[]]
      : exchanges.flatMap((one, at) => orders(exchanges.filter((_, n) => n !== at)).map((rest) => [one, ...rest]))

  /** All orders, one by one: what the tree counts by polynomials. */
  function walked(exchanges: readonly Exchange[], gapS: number) {
    const all = orders(exchanges).filter((order) =>
      order.every((one, n) => n === 0 || order[n - 1]!.preference <= one.preference),
    )
    let [taken, takenS] = [0, 0]
    for (const order of all) {
      let [probability, atS] = [1 / all.length, DNS_S]
      for (const { failure, failS, okS } of order) {
        taken += probability * (1 - failure)
        takenS += probability * (1 - failure) * (atS + okS)
        probability *= failure
        atS += failS + gapS
      }
    }
    return { taken, roundS: takenS / taken }
  }

  const some = fc.array(
    fc.record({
      preference: fc.constantFrom(10, 20),
      failure: fc.double({ min: 0, max: 0.99, noNaN: true }),
      failS: fc.double({ min: 0, max: 60, noNaN: true }),
      okS: fc.double({ min: 0, max: 5, noNaN: true }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  it('is what comes of walking through every order', () => {
    fc.assert(
      fc.property(some, fc.constantFrom(0, 300), (drawn, gapS) => {
        const exchanges = drawn.map((one, n) => ({ ...one, host: String(n) }))
        const { firstRound, roundS } = routingTree(exchanges, DNS_S, { gapS, requeueS: 0 })
        const { taken, roundS: walkedS } = walked(exchanges, gapS)
        expect(firstRound).toBeCloseTo(taken, 9)
        expect(roundS).toBeCloseTo(walkedS, 6)
      }),
      { numRuns: 300 },
    )
  })

  it('of forty equal hosts takes no time', () => {
    const startedAt = performance.now()
    expect(
      routingTree(
        Array.from({ length: 40 }, (_, n) => exchange(`mx${n}`, 10)),
        0,
        PROFILES.rfc,
      ).roundS,
    ).toBeGreaterThan(0)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it.each([
    [29.9, 'green'],
    [30.154, 'yellow'],
    [300, 'amber'],
    [330.154, 'amber'],
    [1_800, 'red'],
  ] as const)('of %d s is %s', (seconds, band) => {
    expect(bandOf(seconds)).toBe(band)
  })

  it('backs off: BK', () => {
    const times = (count: number, way: Parameters<typeof backOffS>[1]) =>
      Array.from({ length: count }, (_, n) => backOffS(n, way))
    expect(times(6, { firstS: 300, factor: 2, mostS: 4_000 })).toEqual([300, 600, 1_200, 2_400, 4_000, 4_000])
    expect(times(4, { firstS: 900, factor: 1.5, mostS: 1e9 })).toEqual([900, 1_350, 2_025, 3_037.5])
  })
})

describe('the time of look-ups', () => {
  it('is cold what its hops are: DN2', () => {
    expect((['same_zone', 'same_tld', 'other_tld'] as const).map((kinship) => coldMs(kinship))).toEqual([43, 53, 66])
    expect(coldMs('other_tld', { root: 0, tld: 10, zone: 10 })).toBe(40)
  })

  it('is what a cache leaves of it: DN3, DN4', () => {
    const rates = [300, 3_600, 86_400, 172_800].map((ttlS) => hitRate(ttlS, 1 / 600))
    expect(rates.map((rate) => Math.round(rate * 1e4) / 1e4)).toEqual([0.3333, 0.8571, 0.9931, 0.9965])
    const lookUps = [
      { ttlS: 3_600, coldMs: 33, warmMs: 1 },
      { ttlS: 300, coldMs: 10, warmMs: 1 },
    ]
    expect(expectedMs(lookUps)).toBeCloseTo(12.5714, 4)
  })

  it('is over the line above 150 ms, and not at it: DN5', () => {
    expect([isOverServiceLine(160), isOverServiceLine(150)]).toEqual([true, false])
  })
})

describe('availability', () => {
  it('is that of all hosts together, as senders try them all: AV1 to AV4', () => {
    expect(effective([0.999, 0.999])).toBeCloseTo(0.999999, 9)
    expect(effective([0.99, 0.99, 0.99])).toBeCloseTo(0.999999, 9)
    expect(firstPick([0.99, 0.99, 0.99])).toBeCloseTo(0.99, 9)
    // What comes of weighting hosts by how often they are picked, which senders do not do.
    for (const wrong of [0.698792, 0.99]) expect(effective([0.99, 0.99, 0.99])).not.toBeCloseTo(wrong, 3)
  })

  it('is less where hosts fail together: AV5, AV6', () => {
    expect(grouped([{ common: 0.9995, hosts: [0.999, 0.999] }])).toBeCloseTo(0.999499, 6)
    const apart = [0.999, 0.999].map((host) => ({ common: 0.9995, hosts: [host] }))
    expect(grouped(apart, 0.9999)).toBeCloseTo(0.999897752, 9)
  })

  it('gains something worth a word, or not: AV7', () => {
    expect([0.99, 0.999, 0.9999].map((host) => isMaterial([host], host))).toEqual([true, false, false])
  })

  it('never falls by one host more, and is a probability', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(share, { maxLength: 8 }), share, (hosts, another) => {
        const before = effective(hosts)
        const after = effective([...hosts, another])
        expect(before >= 0 && after <= 1).toBe(true)
        expect(after).toBeGreaterThanOrEqual(before - 1e-12)
        expect(effective(hosts.toReversed())).toBeCloseTo(before, 12)
      }),
      RUNS,
    )
  })
})
