// The models of routing, look-ups and availability: the worked examples of their specification, and what holds whatever the numbers are.
import { effective, firstPick, grouped, isMaterial } from '@postern/shared/report/availability.ts'
import { coldMs, expectedMs, hitRate, isOverServiceLine } from '@postern/shared/report/resolution.ts'
import { backOffS, bandOf, type Exchange, PROFILES, routingTree } from '@postern/shared/report/routing.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const RUNS = { numRuns: 1_000 }

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
    ['RT2, RT4', routingTree([gone, sound], DNS_S, PROFILES.rfc), [1, 30.154, 30.154]],
    [
      'RT3',
      routingTree([exchange('mail1', 10), exchange('mail2', 20)], DNS_S, PROFILES.rfc),
      [0.9999, 0.45103, 0.637058],
    ],
    ['RT5', routingTree([gone, sound], DNS_S, PROFILES.queued_failover), [1, 330.154, 330.154]],
    [
      'RT6',
      routingTree(
        ['a', 'b', 'c'].map((host) => exchange(host, 10)),
        DNS_S,
        PROFILES.rfc,
      ),
      [0.999999, 0.45694, null],
    ],
    ['RT7, half an hour', routingTree([exchange('a', 10)], DNS_S, PROFILES.rfc), [0.99, 0.154, 18.639848]],
    ['RT7, five minutes', routingTree([exchange('a', 10)], DNS_S, PROFILES.postfix), [0.99, 0.154, 3.488333]],
    [
      'RT8',
      routingTree([exchange('mail1', 10, { failure: 1, failS: 0.005 }), sound], DNS_S, PROFILES.rfc),
      [1, 0.159, 0.159],
    ],
  ] as const)('%s', (_name, tree, [firstRound, roundS, expectedS]) => {
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
