// The laws of permits and breaker: whatever arrives in whatever order, the limits of a destination hold.
import { type Decision, type Grants, grant, type Limits, NO_GRANTS, settle } from '@postern/prober/store/grants.ts'
import { NO_STANDING } from '@postern/prober/store/standing.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcome, wanted } from '../facts.ts'

const limits = fc.record({
  connections: fc.integer({ min: 1, max: 4 }),
  connectionsPerSecond: fc.integer({ min: 1, max: 5 }),
  recipientsPerMinute: fc.integer({ min: 3, max: 40 }),
  refusedPerHour: fc.constant(15),
})
const order = fc.record({
  /** Milliseconds after the one before; often next to none. */
  after: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 9_000 })),
  owner: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
  recipients: fc.integer({ min: 1, max: 3 }),
  holdsMs: fc.integer({ min: 1, max: 6_000 }),
  /** What becomes of the owner's conversation before it asks; `stays` keeps its slot. */
  before: fc.constantFrom('stays', 'reached', 'failed', 'unknown'),
})
const orders = fc.array(order, { minLength: 1, maxLength: 120 })

interface Granted {
  readonly at: number
  readonly recipients: number
}
interface Run {
  readonly granted: readonly Granted[]
  readonly grants: Grants
  readonly now: number
}

const REACHED = { stays: undefined, reached: true, failed: false, unknown: null } as const

/** Plays the orders against one destination, from an hour as good as any. */
function play(
  limits: Limits,
  arriving: readonly (typeof order extends fc.Arbitrary<infer T> ? T : never)[],
  look: (grants: Grants, now: number) => void = () => undefined,
): Run {
  let [grants, now] = [NO_GRANTS, 1_800_000_000_000]
  const granted: Granted[] = []
  for (const { after, owner, recipients, holdsMs, before } of arriving) {
    now += after
    const reached = REACHED[before]
    if (reached !== undefined) grants = settle(grants, owner, { outcome: outcome(reached), now })
    const decision = grant(grants, wanted(owner, { recipients, until: now + holdsMs }), { limits, now })
    if (decision.kind === 'granted') {
      grants = decision.grants
      granted.push({ at: now, recipients })
    }
    look(grants, now)
  }
  return { granted, grants, now }
}

/** The most that any span of `ms` holds, by what each counts for. */
function densest(granted: readonly Granted[], ms: number, worth: (one: Granted) => number): number {
  const spans = granted.map(({ at }) => granted.filter((one) => one.at >= at && one.at < at + ms))
  return Math.max(0, ...spans.map((span) => span.reduce((sum, one) => sum + worth(one), 0)))
}

describe('laws of permits', () => {
  it('no 60 s hold more recipients, and no second more connections, than the limits say', () => {
    fc.assert(
      fc.property(limits, orders, (limits, orders) => {
        const { granted } = play(limits, orders)
        expect(densest(granted, 60_000, ({ recipients }) => recipients)).toBeLessThanOrEqual(limits.recipientsPerMinute)
        expect(densest(granted, 1_000, () => 1)).toBeLessThanOrEqual(limits.connectionsPerSecond)
      }),
    )
  })

  it('nor when everybody comes back at the very instants that are named', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 3 }), (limits, recipients) => {
        const granted: Granted[] = []
        let [grants, now] = [NO_GRANTS, 1_800_000_000_000]
        for (let n = 0; n < 150; n += 1) {
          const decision = grant(grants, wanted('eager', { recipients, until: now + 1 }), { limits, now })
          if (decision.kind === 'granted') {
            grants = decision.grants
            granted.push({ at: now, recipients })
          } else {
            now = decision.retryAt
          }
        }
        expect(densest(granted, 60_000, (one) => one.recipients)).toBeLessThanOrEqual(limits.recipientsPerMinute)
        expect(densest(granted, 1_000, () => 1)).toBeLessThanOrEqual(limits.connectionsPerSecond)
      }),
    )
  })

  it('no more slots are held than connections allowed, one for each owner, and none that is void counts', () => {
    fc.assert(
      fc.property(limits, orders, (limits, orders) => {
        play(limits, orders, ({ slots }, now) => {
          expect(slots.filter(({ until }) => until > now).length).toBeLessThanOrEqual(limits.connections)
          expect(new Set(slots.map(({ owner }) => owner)).size).toBe(slots.length)
        })
      }),
    )
  })

  it('who is refused and comes back when told, alone, gets in', () => {
    fc.assert(
      fc.property(limits, orders, (limits, orders) => {
        const { grants, now } = play(limits, orders)
        let asked = now
        for (let visits = 0; visits < 60; visits += 1) {
          const wish = wanted('new', { recipients: 3, until: asked + 1_000 })
          const decision = grant(grants, wish, { limits, now: asked })
          if (decision.kind === 'granted') return
          expect(decision.retryAt).toBeGreaterThan(asked)
          asked = decision.retryAt
        }
        throw new Error('sixty visits at the instants it named, and still refused')
      }),
    )
  })

  it('where only a rate stands in the way, the instant that is named is the first that will do', () => {
    fc.assert(
      fc.property(limits, orders, (limits, orders) => {
        const { grants, now } = play(
          limits,
          orders.map((one) => ({ ...one, before: 'reached' as const })),
        )
        const empty = { ...grants, slots: [] }
        const ask = (at: number) => grant(empty, wanted('new', { until: at + 1_000 }), { limits, now: at })
        const first = ask(now)
        fc.pre(first.kind === 'permit')
        expect(ask(first.retryAt - 1).kind).toBe('permit')
        expect(ask(first.retryAt).kind).toBe('granted')
      }),
    )
  })

  it('settling twice is settling once', () => {
    fc.assert(
      fc.property(limits, orders, fc.constantFrom(true, false, null), (limits, orders, reached) => {
        const { grants, now } = play(limits, orders)
        const once = settle(grants, 'a', { outcome: outcome(reached), now })
        expect(settle(once, 'a', { outcome: outcome(reached), now })).toEqual(once)
      }),
    )
  })

  it('what is stored stays small, however many ask', () => {
    fc.assert(
      fc.property(limits, orders, (limits, orders) => {
        // Remembered for 65 s, so that at most two full minutes meet.
        play(limits, orders, ({ granted, slots }) => {
          expect(granted.length).toBeLessThanOrEqual(2 * limits.recipientsPerMinute)
          expect(slots.length).toBeLessThanOrEqual(limits.connections)
        })
      }),
    )
  })

  it('refusing changes nothing', () => {
    fc.assert(
      fc.property(limits, orders, (limits, orders) => {
        const { grants, now } = play(limits, orders)
        const before = structuredClone(grants)
        grant(grants, wanted('new', { recipients: 3, until: now + 1 }), { limits, now })
        expect(grants).toEqual(before)
      }),
    )
  })
})

describe('the breaker', () => {
  const open: Limits = { connections: 10, connectionsPerSecond: 1_000, recipientsPerMinute: 1_000, refusedPerHour: 15 }
  const T = 1_800_000_000_000
  const ask = (grants: Grants, owner: string, now: number) =>
    grant(grants, wanted(owner, { until: now + 4_000 }), { limits: open, now })
  const taken = (decision: Decision) => {
    if (decision.kind !== 'granted') throw new Error(`refused: ${decision.kind}`)
    return decision.grants
  }
  const visit = (grants: Grants, owner: string, { reached, now }: { reached: boolean | null; now: number }) =>
    settle(taken(ask(grants, owner, now)), owner, { outcome: outcome(reached), now })
  const failing = (times: number) =>
    Array.from({ length: times }).reduce<Grants>(
      (grants, _, n) => visit(grants, `f${n}`, { reached: false, now: T }),
      NO_GRANTS,
    )

  it('four failures in a row leave it closed, the fifth opens it for five minutes', () => {
    expect(ask(failing(4), 'x', T).kind).toBe('granted')
    expect(ask(failing(5), 'x', T)).toEqual({ kind: 'breaker_open', retryAt: T + 300_000 })
    expect(ask(failing(5), 'x', T + 299_999).kind).toBe('breaker_open')
  })

  it('any answer between failures makes the row begin again; silence after connecting does not', () => {
    const reset = visit(failing(4), 'ok', { reached: true, now: T })
    expect(ask(visit(reset, 'f', { reached: false, now: T }), 'x', T).kind).toBe('granted')
    const silent = visit(failing(4), 'silent', { reached: null, now: T })
    expect(ask(visit(silent, 'f', { reached: false, now: T }), 'x', T).kind).toBe('breaker_open')
  })

  it('after five minutes it lets one through, and the others wait for what becomes of it', () => {
    const now = T + 300_000
    const trying = taken(ask(failing(5), 'first', now))
    for (const owner of ['second', 'third', 'first']) {
      expect(ask(trying, owner, now + 1)).toEqual({ kind: 'breaker_open', retryAt: now + 30_000 })
    }
  })

  it('one that gets through closes it, one that fails opens it for five minutes more, one that vanishes for 30 s', () => {
    const now = T + 300_000
    const trying = taken(ask(failing(5), 'first', now))
    expect(ask(settle(trying, 'first', { outcome: outcome(true), now }), 'x', now).kind).toBe('granted')
    const failed = settle(trying, 'first', { outcome: outcome(false), now: now + 5 })
    expect(ask(failed, 'x', now + 6)).toEqual({ kind: 'breaker_open', retryAt: now + 5 + 300_000 })
    expect(ask(trying, 'x', now + 30_000).kind).toBe('granted')
  })

  it('that a clock which ran ahead has opened is closed, and the slots that it took are free', () => {
    const day = 86_400_000
    const ahead = {
      ...NO_GRANTS,
      granted: [[T + day, 1_000]],
      slots: [{ owner: 'a', about: [], until: T + day, refusable: 0 }],
      standing: { ...NO_STANDING, shunnedUntil: T + 2 * day },
      breakers: [{ address: '192.0.2.1', failures: 5, openUntil: T + day }],
    } as const
    expect(ask(ahead, 'x', T).kind).toBe('granted')
  })

  it('is an address’s own: an operator’s other addresses are dialled all the same', () => {
    const at = (address: string, grants: Grants, now: number) =>
      grant(grants, wanted('x', { address, until: now + 4_000 }), { limits: open, now })
    expect(at('192.0.2.1', failing(5), T).kind).toBe('breaker_open')
    expect(at('192.0.2.2', failing(5), T).kind).toBe('granted')
  })

  it('a failure that is told by nobody who was let in counts for nothing', () => {
    const told = Array.from({ length: 9 }).reduce<Grants>(
      (grants, _, n) => settle(grants, `nobody${n}`, { outcome: outcome(false), now: T }),
      NO_GRANTS,
    )
    expect(told).toEqual(NO_GRANTS)
  })
})
