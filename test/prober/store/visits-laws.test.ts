// The laws of permits once visits tell what they met: refusals, words to slow down, blocks, patience, and clocks that jump.
import { type Grants, grant, type Limits, NO_GRANTS, type Outcome, settle } from '@postern/prober/store/grants.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcome, wanted } from '../facts.ts'

const T = 1_800_000_000_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const limits: fc.Arbitrary<Limits> = fc.record({
  connections: fc.integer({ min: 1, max: 4 }),
  connectionsPerSecond: fc.integer({ min: 1, max: 5 }),
  recipientsPerMinute: fc.integer({ min: 5, max: 60 }),
  refusedPerHour: fc.integer({ min: 5, max: 15 }),
})

const visit = fc.record({
  /** Milliseconds after the one before. */
  after: fc.oneof(
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 9_000 }),
    fc.integer({ min: 0, max: HOUR_MS }),
  ),
  owner: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
  about: fc.constantFrom('jane', 'karl', 'nina', 'ruth'),
  learnedAgo: fc.constantFrom(0, 1_000, DAY_MS),
  recipients: fc.integer({ min: 1, max: 12 }),
  refusable: fc.integer({ min: 0, max: 12 }),
  patient: fc.boolean(),
  /** Of those that may be refused, how many are. */
  refused: fc.double({ min: 0, max: 1, noNaN: true }),
  reached: fc.constantFrom(true, true, true, false, null),
  pushedBack: fc.constantFrom(false, false, false, true),
  refusal: fc.constantFrom(
    null,
    null,
    null,
    { domain: 'd1', wholly: false },
    { domain: 'd2', wholly: false },
    { domain: 'd3', wholly: true },
  ),
  learned: fc.boolean(),
  manner: fc.constantFrom(null, 'one', 'other'),
  tells: fc.constantFrom('at once', 'at once', 'later', 'twice', 'never'),
})
type Visit = Omit<typeof visit extends fc.Arbitrary<infer V> ? V : never, 'about'> & { readonly about: string }
const visits = fc.array(visit, { minLength: 1, maxLength: 80 })

interface Met {
  readonly at: number
  readonly visit: Visit
  readonly before: Grants
}
interface Played {
  readonly grants: Grants
  readonly now: number
  readonly met: readonly Met[]
  /** Instants at which recipients were refused, one each. */
  readonly refused: readonly number[]
}

const outcomeOf = (one: Visit, now: number): Outcome =>
  outcome(one.reached, {
    pushedBack: one.pushedBack,
    refusal: one.refusal,
    refused: one.reached === true ? Math.floor(one.refused * Math.min(one.refusable, one.recipients)) : 0,
    learned: one.learned ? [one.about] : [],
    manner:
      one.manner === null
        ? null
        : { address: one.manner, at: now, early: ['PIPELINING', 'PIPE_CONNECT'], stalls: false },
  })

/** One owner after the other asks, is let in or not, and tells what it met at once, after some others, twice or never. */
function play(limits: Limits, arriving: readonly Visit[], look: (grants: Grants) => void = () => undefined): Played {
  let [grants, now] = [NO_GRANTS, T]
  const met: Met[] = []
  const refused: number[] = []
  const owed: { visit: Visit; owner: string }[] = []
  const tell = (one: Visit, owner: string) => {
    const said = outcomeOf(one, now)
    grants = settle(grants, owner, { outcome: said, now })
    refused.push(...Array<number>(said.refused).fill(now))
    if (one.tells === 'twice') grants = settle(grants, owner, { outcome: said, now: now + 1 })
  }
  for (const [n, one] of arriving.entries()) {
    const late = owed.length > 2 ? owed.shift() : undefined
    if (late !== undefined) tell(late.visit, late.owner)
    now += one.after
    const owner = `${one.owner}${n}`
    const wish = wanted(owner, { ...one, owner, about: [[one.about, now - one.learnedAgo]], until: now + 60_000 })
    const decision = grant(grants, wish, { limits, now })
    look(grants)
    if (decision.kind !== 'granted') continue
    met.push({ at: now, visit: one, before: grants })
    grants = decision.grants
    if (one.tells === 'later') owed.push({ visit: one, owner })
    else if (one.tells !== 'never') tell(one, owner)
    look(grants)
  }
  return { grants, now, met, refused }
}

const within = (met: readonly Met[], { at }: Met, ms: number) =>
  met.filter((other) => other.at <= at && other.at > at - ms).reduce((sum, { visit }) => sum + visit.recipients, 0)

describe('laws of visits', () => {
  it('no hour holds more refused recipients than the limit says, however many talk at once', () => {
    fc.assert(
      fc.property(limits, visits, (limits, arriving) => {
        const harsh = arriving.map((one, n) => ({
          ...one,
          after: one.after % 2_000,
          about: `m${n}`,
          refusable: Math.min(one.refusable, limits.refusedPerHour),
          ...({ reached: true, refused: 1, refusal: null, pushedBack: false, recipients: 12 } as const),
        }))
        const { refused } = play({ ...limits, connectionsPerSecond: 5, recipientsPerMinute: 1_000 }, harsh)
        for (const at of refused) {
          expect(refused.filter((one) => one >= at && one < at + HOUR_MS).length).toBeLessThanOrEqual(
            limits.refusedPerHour,
          )
        }
      }),
      { numRuns: 500 },
    )
  })

  it('those who do not wait leave a fifth of the minute to those who do', () => {
    fc.assert(
      fc.property(limits, visits, (limits, arriving) => {
        const { met } = play(limits, arriving)
        const most = Math.floor(limits.recipientsPerMinute * 0.8)
        for (const one of met.filter(({ visit }) => visit.patient)) {
          if (one.visit.recipients <= most) expect(within(met, one, 60_000)).toBeLessThanOrEqual(most)
        }
      }),
    )
  })

  it('the minute and the second hold at any pace', () => {
    fc.assert(
      fc.property(limits, visits, (limits, arriving) => {
        const { met } = play(limits, arriving)
        for (const one of met) {
          const alone = one.visit.recipients > limits.recipientsPerMinute
          if (!alone) expect(within(met, one, 60_000)).toBeLessThanOrEqual(limits.recipientsPerMinute)
          const opened = met.filter(({ at }) => at <= one.at && at > one.at - 1_000)
          expect(opened.length).toBeLessThanOrEqual(limits.connectionsPerSecond)
        }
      }),
    )
  })

  it('nobody is asked about twice within a minute by those who do not know the answer', () => {
    fc.assert(
      fc.property(limits, visits, (limits, arriving) => {
        const { met } = play(limits, arriving)
        for (const one of met) {
          const known = one.visit.learnedAgo
          const before = met.filter(
            ({ at, visit }) =>
              visit.about === one.visit.about &&
              visit.learned &&
              visit.tells === 'at once' &&
              visit.reached === true &&
              at < one.at &&
              at > one.at - Math.min(60_000, known),
          )
          expect(before).toEqual([])
        }
      }),
    )
  })

  it('what is told twice counts once', () => {
    fc.assert(
      fc.property(limits, visits, visit, (limits, arriving, last) => {
        const { grants, now } = play(limits, arriving)
        const decision = grant(grants, wanted('last', { until: now + 1_000 }), { limits, now })
        fc.pre(decision.kind === 'granted')
        const said = outcomeOf(last, now)
        const once = settle(decision.grants, 'last', { outcome: said, now })
        expect(settle(once, 'last', { outcome: said, now: now + 700 })).toEqual(once)
      }),
    )
  })

  it('who is refused and comes back when told, alone, gets in, and within a day and a few hours', () => {
    fc.assert(
      fc.property(limits, visits, fc.boolean(), (limits, arriving, patient) => {
        const { grants, now } = play(limits, arriving)
        let at = now
        for (let times = 0; times < 700; times += 1) {
          const wish = wanted('new', { recipients: 3, refusable: 2, patient, until: at + 1_000 })
          const decision = grant(grants, wish, { limits, now: at })
          if (decision.kind === 'granted') {
            expect(at - now).toBeLessThan(28 * HOUR_MS)
            return
          }
          expect(decision.retryAt).toBeGreaterThan(at)
          at = decision.retryAt
        }
        throw new Error('hundreds of visits at the instants it named, and still refused')
      }),
      { numRuns: 300 },
    )
  })

  it('what is stored stays small, however many visit', () => {
    fc.assert(
      fc.property(limits, visits, (limits, arriving) => {
        // As busy as the limits allow: everybody a moment after the one before.
        const busy = [...arriving, ...arriving, ...arriving].map((one) => ({ ...one, after: one.after % 300 }))
        play(limits, busy, (grants) => expect(JSON.stringify(grants).length).toBeLessThan(16_000))
      }),
      { numRuns: 40 },
    )
  })
})

describe('clocks that jump', () => {
  const jump = fc.constantFrom(-400 * DAY_MS, -DAY_MS, -HOUR_MS, -2_000, 0, 2_000, HOUR_MS, DAY_MS, 400 * DAY_MS)

  it('bar nobody for longer than a day and a few hours, whatever they have written', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.tuple(visit, jump), { maxLength: 25 }), (limits, arriving) => {
        let [grants, now] = [NO_GRANTS, T]
        for (const [n, [one, by]] of arriving.entries()) {
          now += by
          const wish = wanted(`o${n}`, { ...one, owner: `o${n}`, about: [[one.about, now]], until: now + 60_000 })
          const decision = grant(grants, wish, { limits, now })
          if (decision.kind !== 'granted') continue
          grants =
            one.tells === 'never'
              ? decision.grants
              : settle(decision.grants, `o${n}`, { outcome: outcomeOf(one, now), now })
        }
        let at = T
        for (let times = 0; times < 700; times += 1) {
          const decision = grant(grants, wanted('new', { recipients: 3, until: at + 1_000 }), { limits, now: at })
          if (decision.kind === 'granted') {
            expect(at - T).toBeLessThan(28 * HOUR_MS)
            return
          }
          at = decision.retryAt
        }
        throw new Error('hundreds of visits at the instants it named, and still refused')
      }),
      { numRuns: 500 },
    )
  })

  it('leave no pace behind that was set in the future', () => {
    const roomy: Limits = { connections: 9, connectionsPerSecond: 2, recipientsPerMinute: 60, refusedPerHour: 15 }
    let grants: Grants = NO_GRANTS
    for (let n = 0; n < 4; n += 1) {
      const now = T + 400 * DAY_MS + n * 60_000
      const decision = grant(grants, wanted(`o${n}`, { until: now + 1 }), { limits: roomy, now })
      if (decision.kind === 'granted')
        grants = settle(decision.grants, `o${n}`, { outcome: outcome(true, { pushedBack: true }), now })
    }
    for (let n = 0; n < 6; n += 1) {
      const now = T + n * 500
      const decision = grant(grants, wanted(`x${n}`, { until: now + 1 }), { limits: roomy, now })
      expect(decision.kind).toBe('granted')
      if (decision.kind === 'granted') grants = decision.grants
    }
  })
})

it('a visit bars those of whom it learned something, and not whom it never came to', () => {
  const roomy: Limits = { connections: 1, connectionsPerSecond: 10, recipientsPerMinute: 60, refusedPerHour: 15 }
  const about = [
    ['named', 0],
    ['unnamed', 0],
  ] as const
  const decision = grant(NO_GRANTS, wanted('list', { about, until: T + 10_000 }), { limits: roomy, now: T })
  if (decision.kind !== 'granted') throw new Error(decision.kind)
  const after = settle(decision.grants, 'list', { outcome: outcome(true, { learned: ['named'] }), now: T + 10 })
  const ask = (token: string, learnedAt: number) =>
    grant(after, wanted('later', { about: [[token, learnedAt]], until: T + 9_000 }), { limits: roomy, now: T + 20 })
      .kind
  expect(ask('unnamed', 0)).toBe('granted')
  expect(ask('named', 0)).toBe('in_progress')
  expect(ask('named', T + 10)).toBe('granted')
})
