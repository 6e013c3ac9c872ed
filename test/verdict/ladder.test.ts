// When an inquiry that nobody waits for is worth another visit: what is said, what is in the way, which rung, and how long at all.
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact, Hold, ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { LONGEST_MS, nextVisit } from '@postern/shared/verdict/ladder.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultOf, holdFor, replyTo, routeTo } from '../edge/facts.ts'
import { ABOUT_US, DOMAIN, evidenceWith, LATER, NO, NOW, YES } from '../laws/evidence.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

interface Wish {
  readonly visits?: number
  /** How long ago the inquiry began. */
  readonly age?: number
  readonly roll?: number
  readonly now?: number
}

/** Milliseconds until the next visit, or null where there is none. */
function waitAfter(facts: readonly Fact[], { visits = 1, age = 0, roll = 0, now = NOW }: Wish = {}): number | null {
  const verdict = decide({ facts, domain: DOMAIN, now })
  const at = nextVisit({ verdict, facts, visits, since: now - age, now, roll })
  return at === null ? null : at - now
}

const said = (code: number, text: string, observedAt = NOW): ProbeFact => {
  const reply = { code, enhanced: null, lines: [text] }
  return replyTo('mailbox', 'greylisted', { reply, observedAt })
}

const greylisted = said(450, 'Greylisted')

describe('the ladder', () => {
  it.each([
    [1, MINUTE],
    [2, 2 * MINUTE],
    [3, 4 * MINUTE],
    [4, 30 * MINUTE],
    [5, 2 * HOUR],
    [6, null],
    [60, null],
  ])('after visit %d of a greylist waits %s ms', (visits, wait) => {
    expect(waitAfter([greylisted], { visits })).toBe(wait)
  })

  it.each([
    ['seconds', 'Greylisted, try again in 90 seconds', 90.5 * SECOND],
    ['minutes', 'Greylisted, please retry in 5 minutes', 300.5 * SECOND],
  ])('waits for as long as the reply names, in %s, at every visit', (_what, text, wait) => {
    for (const visits of [1, 3, 5]) expect(waitAfter([said(450, text)], { visits })).toBe(wait)
    expect(waitAfter([said(450, text)], { visits: 6 })).toBeNull()
  })

  it('begins with the first delay that a class of replies stands for', () => {
    const limited = [said(421, 'Too many connections from your host')]
    expect(waitAfter(limited, { visits: 1 })).toBe(5 * MINUTE)
    expect(waitAfter(limited, { visits: 2 })).toBe(2 * MINUTE)
  })

  it('comes back later by up to a tenth of the wait, never earlier', () => {
    expect(waitAfter([greylisted], { roll: 1 })).toBe(1.1 * MINUTE)
    expect(waitAfter([greylisted], { visits: 4, roll: 0.5 })).toBe(31.5 * MINUTE)
  })

  it.each(['permit', 'breaker_open', 'attempts_spent', 'shunned', 'in_progress', 'no_lane'] as const)(
    'comes back when "%s" says, whatever the visit',
    (hold: Hold) => {
      for (const visits of [0, 1, 9]) {
        expect(waitAfter([routeTo(), holdFor(hold, NOW + 17 * MINUTE)], { visits })).toBe(17 * MINUTE)
      }
    },
  )

  it('comes back in a minute where something is in the way and nobody says for how long', () => {
    for (const visits of [0, 5, 50]) expect(waitAfter([holdFor('lane_unfit')], { visits })).toBe(MINUTE)
  })

  it('asks no oftener than once a second, though it was told "now", or a time that is over', () => {
    expect(waitAfter([holdFor('permit', NOW)])).toBe(SECOND)
    expect(waitAfter([holdFor('permit', NOW - HOUR)], { roll: 1 })).toBe(SECOND)
    expect(waitAfter([said(450, 'Greylisted', NOW - HOUR)])).toBe(SECOND)
  })

  it.each([
    ['was accepted', [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')]],
    ['was refused', [replyTo('mailbox', 'unknown'), replyTo('postmaster', 'accepted')]],
    ['is not to be asked about', [holdFor('opted_out')]],
    ['is at an operator who is never asked', [holdFor('never_asked')]],
    ['was refused for who we are', [replyTo('mailbox', 'listed')]],
    ['was asked about by nobody', [routeTo()]],
  ])('has no rung for a mailbox that %s', (_what, facts) => {
    expect(waitAfter(facts)).toBeNull()
  })

  it.each(['connect_timeout', 'connect_refused', 'greeting_timeout', 'reply_timeout'] as const)(
    'gives up sooner where nobody speaks: %s',
    (fault) => {
      const waits = [1, 2, 3].map((visits) => waitAfter([faultOf(fault, { observedAt: NOW })], { visits }))
      expect(waits).toEqual([MINUTE, 4 * MINUTE, null])
    },
  )

  it('does not come back when its day is over', () => {
    expect(LONGEST_MS).toBe(DAY)
    expect(waitAfter([greylisted], { age: DAY - MINUTE })).toBe(MINUTE)
    expect(waitAfter([greylisted], { age: DAY - MINUTE + 1 })).toBeNull()
    expect(waitAfter([greylisted], { age: DAY - MINUTE, roll: 0.1 })).toBeNull()
    expect(waitAfter([holdFor('breaker_open', NOW + 2 * DAY)])).toBeNull()
    expect(waitAfter([said(450, 'Greylisted, try again in 86000 seconds')])).toBe(86_000.5 * SECOND)
    expect(waitAfter([said(450, 'Greylisted, try again in 86000 seconds')], { age: HOUR })).toBeNull()
    // What was named is over long since, and so is the day.
    expect(waitAfter([said(450, 'Greylisted', NOW - 2 * DAY)], { age: 2 * DAY })).toBeNull()
  })
})

describe('whatever is known', () => {
  const evidence = evidenceWith([...YES, ...NO, ...ABOUT_US, ...LATER])
  const roll = fc.double({ min: 0, max: 1, noNaN: true })

  it('the next visit lies ahead, within the day', () => {
    const progress = fc.record({ visits: fc.nat(12), age: fc.integer({ min: 0, max: 2 * DAY }), roll })
    fc.assert(
      fc.property(evidence, progress, (facts, wish) => {
        const wait = waitAfter(facts, wish)
        if (wait === null) return
        expect(wait).toBeGreaterThanOrEqual(SECOND)
        expect(wait + wish.age).toBeLessThanOrEqual(DAY)
      }),
    )
  })

  it('an inquiry whose visits are answered alike ends', () => {
    fc.assert(
      fc.property(evidence, roll, (facts, roll) => {
        let [now, visits] = [NOW, 0]
        for (; visits < 2_000; visits += 1) {
          const fresh = facts.map((fact) => ({ ...fact, observedAt: now }))
          const wait = waitAfter(fresh, { visits: visits + 1, age: now - NOW, now, roll })
          if (wait === null) return
          now += wait
        }
        throw new Error('it never ends')
      }),
      { numRuns: 300 },
    )
  })
})
