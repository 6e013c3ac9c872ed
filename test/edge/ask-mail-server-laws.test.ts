// Laws of asking mail servers: whatever lanes answer and however late, the request ends in time and nobody is condemned unheard.
import { rank } from '@postern/shared/lanes/choose.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Hold, ProbeFact } from '@postern/shared/verdict/evidence.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultOf, holdFor, replyTo, routeTo, SAYING_NAMES, START } from './facts.ts'
import { inTurn, LANES, reported, type Said, storyWith, type Story, tell } from './lanes-that-answer.ts'

const RUNS = { numRuns: 2_000 }
const DOMAIN = 'strict.test'
const HOLDS = ['permit', 'in_progress', 'breaker_open', 'attempts_spent', 'recently_answered', 'route_differs'] as const

const instant = fc.integer({ min: START - 20_000, max: START + 20_000 })
const hold = fc
  .tuple(fc.constantFrom<Hold[]>(...HOLDS), fc.option(instant))
  .map(([why, retryAt]) => holdFor(why, retryAt))
const reply = fc
  .tuple(fc.constantFrom('mailbox', 'stranger', 'nobody'), fc.constantFrom(...SAYING_NAMES), instant)
  .map(([to, saying, observedAt]) => replyTo(to, saying, { observedAt }))
const fault = fc.constantFrom('connect_refused', 'greeting_timeout', 'closed', 'tls_error').map((why) => faultOf(why))
const fact: fc.Arbitrary<ProbeFact> = fc.oneof({ weight: 2, arbitrary: hold }, { weight: 2, arbitrary: reply }, fault)
const report = fc
  .tuple(fc.constantFrom('asked', 'known', 'held'), fc.array(fact, { maxLength: 3 }))
  .map(([state, facts]) => reported(state, facts))
const kind = fc.constantFrom('not_started', 'busy', 'uncertain').map((kind) => ({ kind }) as const)
const said: fc.Arbitrary<Said> = fc
  .tuple(fc.oneof(kind, report), fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 12_000 })))
  .map(([one, afterMs]) => ({ ...one, afterMs }))

const evening = fc.record({
  answers: fc.array(said, { minLength: 1, maxLength: 60 }),
  lanes: fc.integer({ min: 0, max: LANES.length }).map((count) => LANES.slice(0, count)),
  waitMs: fc.integer({ min: 0, max: 10_000 }),
})

/** What lanes answered, as far as they were heard. */
function heard(story: Story, answers: readonly Said[]): Said[] {
  const given = story.asked.map((_, index) => answers[Math.min(index, answers.length - 1)]!)
  return given.map((one, index) =>
    (one.afterMs ?? 0) > story.asked[index]!.timeoutMs ? { kind: 'uncertain' as const } : one,
  )
}

describe('whatever the lanes answer', () => {
  it('the story ends, at the latest at its deadline, after at most forty asks', async () => {
    await fc.assert(
      fc.asyncProperty(evening, async ({ answers, lanes, waitMs }) => {
        const story = storyWith(inTurn(...answers), lanes)
        await tell(story, { waitMs })
        expect(story.elapsedMs()).toBeLessThanOrEqual(waitMs)
        expect(story.asked.length).toBeLessThanOrEqual(40)
      }),
      RUNS,
    )
  })

  it('no ask is given more time than is left, and no pause is empty', async () => {
    await fc.assert(
      fc.asyncProperty(evening, async ({ answers, lanes, waitMs }) => {
        const story = storyWith(inTurn(...answers), lanes)
        await tell(story, { waitMs })
        for (const { at, job, timeoutMs } of story.asked) {
          expect(job.budgetMs).toBe(waitMs - at - 250)
          expect(at + timeoutMs).toBeLessThan(waitMs)
        }
        for (const pause of story.pauses) expect(pause).toBeGreaterThanOrEqual(75)
      }),
      RUNS,
    )
  })

  it('the verdict is never undeliverable unless a report says so, and a report’s no is never made up from two', async () => {
    await fc.assert(
      fc.asyncProperty(evening, async ({ answers, lanes, waitMs }) => {
        const story = storyWith(inTurn(...answers), lanes)
        const { facts } = await tell(story, { waitMs })
        const judge = (some: typeof facts) =>
          decide({ facts: [routeTo(), ...some], domain: DOMAIN, now: START + story.elapsedMs() })
        if (judge(facts).status !== 'undeliverable') return
        const reports = heard(story, answers).flatMap((one) => (one.kind === 'report' ? [one.report.facts] : []))
        expect(reports.some((one) => judge(one).status === 'undeliverable')).toBe(true)
      }),
      RUNS,
    )
  })

  it('every fact about a server comes from a report', async () => {
    await fc.assert(
      fc.asyncProperty(evening, async ({ answers, lanes, waitMs }) => {
        const story = storyWith(inTurn(...answers), lanes)
        const { facts } = await tell(story, { waitMs })
        const reports = heard(story, answers).flatMap((one) => (one.kind === 'report' ? one.report.facts : []))
        const foreign = facts.filter(({ source }) => source !== 'edge')
        for (const one of foreign) expect(reports).toContainEqual(one)
      }),
      RUNS,
    )
  })

  it('lanes are left only in their order, only where nothing can have begun', async () => {
    await fc.assert(
      fc.asyncProperty(evening, async ({ answers, lanes, waitMs }) => {
        const story = storyWith(inTurn(...answers), lanes)
        await tell(story, { waitMs })
        const order = rank(lanes, DOMAIN).map(({ id }) => id)
        const replies = heard(story, answers)
        let place = 0
        for (const [index, { lane }] of story.asked.entries()) {
          expect(lane).toBe(order[place])
          const begun = replies.slice(0, index + 1).some(({ kind }) => kind === 'report' || kind === 'uncertain')
          if (replies[index]!.kind === 'not_started' && !begun) place += 1
        }
      }),
      RUNS,
    )
  })
})
