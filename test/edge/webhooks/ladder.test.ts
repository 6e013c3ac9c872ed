// What becomes of a delivery after an attempt: the ladder, its jitter, and what ends it.
import { describe, expect, it } from 'vitest'
import { fateOf, LONGEST_MS, type Outcome } from '../../../edge/src/webhooks/ladder.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const NOW = Date.parse('2099-05-01T12:00:00Z')

function outcome(wish: Partial<Outcome> = {}): Outcome {
  return { status: 500, why: 'status', restMs: null, ...wish }
}

interface At {
  readonly rung?: number
  readonly ageMs?: number
  readonly roll?: number
}

/** How long until the next attempt, or what became of it. */
function after(ended: Outcome, { rung = 0, ageMs = 0, roll = 0.5 }: At = {}): number | string {
  const fate = fateOf(ended, { rung, since: NOW - ageMs, now: NOW, roll })
  if (fate.state === 'parked') return fate.disable ? 'parked, and disabled' : 'parked'
  return fate.state === 'pending' ? fate.dueAt - NOW : fate.state
}

describe('a failure', () => {
  it.each([
    [1, 5 * SECOND],
    [2, 30 * SECOND],
    [3, 2 * MINUTE],
    [4, 10 * MINUTE],
    [5, 30 * MINUTE],
    [6, HOUR],
    [7, 2 * HOUR],
    [8, 4 * HOUR],
    [9, 8 * HOUR],
    [10, 8 * HOUR],
  ])('that is number %i is followed by an attempt in %i ms, a fifth sooner or later', (number, ms) => {
    const rung = number - 1
    const waits = [0, 0.5, 1].map((roll) => after(outcome(), { rung, roll }))
    expect(waits).toEqual([0.8 * ms, ms, 1.2 * ms].map(Math.round))
  })

  it('that is number 11 is the last', () => {
    expect(after(outcome(), { rung: 10 })).toBe('parked')
  })

  it('is followed by no attempt after a day, and by one at its end at the latest', () => {
    expect(after(outcome(), { rung: 9, ageMs: 20 * HOUR })).toBe(4 * HOUR)
    expect(after(outcome(), { rung: 3, ageMs: LONGEST_MS })).toBe('parked')
  })

  it('climbs the whole ladder within a day, whatever the dice say', () => {
    for (const roll of [0, 0.3, 0.5, 0.9, 1]) {
      let ageMs = 0
      let attempts = 1
      for (let wait = after(outcome(), { roll }); typeof wait === 'number'; attempts += 1) {
        ageMs += wait
        wait = after(outcome(), { rung: attempts, ageMs, roll })
      }
      expect(ageMs).toBeLessThanOrEqual(LONGEST_MS)
      expect(ageMs).toBeGreaterThan(18 * HOUR)
      expect(attempts).toBeGreaterThanOrEqual(10)
    }
  })
})

describe('the receiver', () => {
  it.each([
    ['is left alone for as long as it asks', 90 * SECOND, 90 * SECOND],
    ['is not asked sooner than the ladder says', SECOND, 5 * SECOND],
    ['is asked again after an hour, whatever it asks for', 9 * HOUR, HOUR],
  ])('%s', (_what, restMs, waitMs) => {
    expect(after(outcome({ status: 503, restMs }))).toBe(waitMs)
  })

  it('that answers 410 is told nothing more', () => {
    expect(after(outcome({ status: 410 }))).toBe('parked, and disabled')
  })

  it('that took it has it', () => {
    expect(after(outcome({ status: 204, why: null }), { rung: 10, ageMs: 2 * LONGEST_MS })).toBe('delivered')
  })

  it.each(['redirect', 'timeout', 'unreachable', 'dns', 'not_public', 'no_secret', 'lost'] as const)(
    'is tried again after "%s"',
    (why) => {
      expect(after(outcome({ status: null, why }))).toBe(5 * SECOND)
    },
  )
})
