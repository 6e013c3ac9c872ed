// Which lane is asked, when it is asked again, and what is answered when none of that helped.
import { rank } from '@postern/shared/lanes/choose.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import { describe, expect, it } from 'vitest'
import type { AskedServer } from '../../edge/src/verify/ask-mail-server.ts'
import { faultOf, holdFor, replyTo, routeTo, START } from './facts.ts'
import { type Asked, inTurn, LANES, laneNamed, reported, storyWith, tell } from './lanes-that-answer.ts'

const DOMAIN = 'strict.test'
const inOrder = rank(LANES, DOMAIN).map(({ id }) => id)
const lanesOf = (asked: readonly Asked[]) => asked.map(({ lane }) => lane)
const verdictOn = ({ facts }: AskedServer, now: number) =>
  decide({ facts: [routeTo(), ...facts], domain: DOMAIN, now: START + now })

const yes = reported('asked', [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')])
const held = (retryAtMs: number | null) =>
  reported('held', [holdFor('permit', retryAtMs === null ? null : START + retryAtMs)])

describe('which lane', () => {
  it('that provably did not start hands over to the next in the order of the domain', async () => {
    const story = storyWith(inTurn({ kind: 'not_started' }, { kind: 'not_started' }, yes))
    const asked = await tell(story)
    expect(lanesOf(story.asked)).toEqual(inOrder.slice(0, 3))
    expect(story.pauses).toEqual([])
    expect(verdictOn(asked, 100)).toMatchObject({ status: 'deliverable', level: 'confirmed' })
  })

  it('all of which did not start leaves no_lane, each asked once', async () => {
    const story = storyWith(inTurn({ kind: 'not_started' }))
    const asked = await tell(story)
    expect(lanesOf(story.asked)).toEqual(inOrder)
    expect(asked).toMatchObject({ smtpState: 'not_asked', lane: null, smtpMs: null })
    expect(verdictOn(asked, 100)).toMatchObject({ status: 'unknown', reason: 'no_lane' })
  })

  it('where there is none: no_lane, and nobody is asked', async () => {
    const story = storyWith(inTurn(yes), [])
    const asked = await tell(story)
    expect(story.asked).toEqual([])
    expect(asked).toMatchObject({ smtpState: 'not_asked', facts: [{ kind: 'hold', hold: 'no_lane' }] })
  })

  it.each(['jane@strict.test', 'karl@strict.test', 'lena@strict.test', 'mona@strict.test'])(
    'is the domain’s for %s',
    async (email) => {
      const story = storyWith(inTurn(yes))
      await tell(story, { email })
      expect(lanesOf(story.asked)).toEqual([inOrder[0]])
    },
  )

  it('is the address’s own where the provider’s row spreads', async () => {
    const known = [routeTo('gmail-smtp-in.l.google.com')]
    const emails = Array.from({ length: 12 }, (_, at) => `jane.doe${at}@gmail.com`)
    const chosen = await Promise.all(
      emails.map(async (email) => {
        const story = storyWith(inTurn(yes))
        await tell(story, { email, known })
        return story.asked[0]?.lane
      }),
    )
    expect(chosen).toEqual(emails.map((email) => rank(LANES, email)[0]?.id))
    expect(new Set(chosen).size).toBeGreaterThan(1)
  })
})

describe('a lane that may have begun', () => {
  it('is asked again by the same job until the time is up, and the answer is in_progress', async () => {
    const story = storyWith(inTurn({ kind: 'uncertain' }))
    const asked = await tell(story)
    expect(new Set(lanesOf(story.asked))).toEqual(new Set([inOrder[0]]))
    expect(new Set(story.asked.map(({ job }) => job.jobId))).toEqual(new Set(['ver_number_1']))
    expect(story.asked.length).toBeGreaterThan(10)
    expect(story.elapsedMs()).toBeGreaterThan(3_500)
    expect(story.elapsedMs()).toBeLessThanOrEqual(4_000)
    expect(asked.smtpState).toBe('deferred')
    expect(verdictOn(asked, 4_000)).toMatchObject({ status: 'unknown', reason: 'in_progress' })
  })

  it('and is heard the second time answers for the mailbox', async () => {
    const story = storyWith(inTurn({ kind: 'uncertain' }, yes))
    expect(verdictOn(await tell(story), 500)).toMatchObject({ reason: 'mailbox_accepted' })
    expect(lanesOf(story.asked)).toEqual([inOrder[0], inOrder[0]])
  })

  it('is not replaced when it refuses the second ask: another lane would ask the mailbox twice', async () => {
    const story = storyWith(inTurn({ kind: 'uncertain' }, { kind: 'not_started' }, yes))
    const asked = await tell(story)
    expect(lanesOf(story.asked)).toEqual([inOrder[0], inOrder[0]])
    expect(verdictOn(asked, 500)).toMatchObject({ status: 'unknown', reason: 'in_progress' })
  })

  it('is silent to the end: the last ask ends before the request does', async () => {
    const story = storyWith(inTurn({ kind: 'uncertain', afterMs: 60_000 }))
    await tell(story)
    expect(story.asked).toHaveLength(1)
    expect(story.elapsedMs()).toBeLessThan(4_000)
  })
})

describe('a busy lane', () => {
  it('is asked again after a pause, and never left for another', async () => {
    const story = storyWith(inTurn({ kind: 'busy' }, { kind: 'busy' }, { kind: 'busy' }, yes))
    expect(verdictOn(await tell(story), 1_000)).toMatchObject({ reason: 'mailbox_accepted' })
    expect(lanesOf(story.asked)).toEqual(Array.from({ length: 4 }, () => inOrder[0]))
    expect(story.pauses).toEqual([150, 150, 150])
  })

  it('that stays busy is rate_limited, not ill', async () => {
    const story = storyWith(inTurn({ kind: 'busy' }))
    expect(verdictOn(await tell(story), 4_000)).toMatchObject({ status: 'unknown', reason: 'rate_limited' })
    expect(new Set(lanesOf(story.asked)).size).toBe(1)
  })

  it('has begun nothing: lost afterwards, it hands over', async () => {
    const story = storyWith(inTurn({ kind: 'busy' }, { kind: 'not_started' }, yes))
    expect(verdictOn(await tell(story), 1_000)).toMatchObject({ reason: 'mailbox_accepted' })
    expect(lanesOf(story.asked)).toEqual([inOrder[0], inOrder[0], inOrder[1]])
  })
})

describe('a report that says not yet', () => {
  it('is waited for where that falls within the request, and the lane is asked again then', async () => {
    const story = storyWith(inTurn(held(1_200), yes))
    expect(verdictOn(await tell(story), 1_300)).toMatchObject({ reason: 'mailbox_accepted' })
    expect(story.asked.map(({ at }) => at)).toEqual([0, 1_200])
    expect(lanesOf(story.asked)).toEqual([inOrder[0], inOrder[0]])
  })

  it.each([3_760, 3_990, 4_000, 60_000])('is answered at once where it is due after %i ms of 4000', async (dueMs) => {
    const story = storyWith(inTurn(held(dueMs), yes))
    const asked = await tell(story)
    expect(story.elapsedMs()).toBe(20)
    expect(asked.smtpState).toBe('deferred')
    expect(verdictOn(asked, 20)).toMatchObject({ reason: 'rate_limited', retryAt: START + dueMs })
  })

  it('without naming a time is answered at once', async () => {
    const story = storyWith(inTurn(held(null), yes))
    expect(verdictOn(await tell(story), 20)).toMatchObject({ reason: 'rate_limited', retryAt: null })
    expect(story.asked).toHaveLength(1)
  })

  it('and is due already is asked again after a short pause, not at once', async () => {
    const story = storyWith(inTurn(held(-5_000), yes))
    await tell(story)
    expect(story.pauses).toEqual([75])
  })

  it('and comes at the last moment leaves no time for a pause', async () => {
    const story = storyWith(inTurn({ ...held(-5_000), afterMs: 3_960 }, yes))
    await tell(story)
    expect({ elapsedMs: story.elapsedMs(), pauses: story.pauses }).toEqual({ elapsedMs: 3_960, pauses: [] })
  })

  it('greylisting whose delay fits is waited for, and ends deliverable', async () => {
    const story = storyWith(inTurn(reported('asked', [replyTo('mailbox', 'greylisted')]), yes))
    const asked = await tell(story)
    expect(story.asked.map(({ at }) => at)).toEqual([0, 2_500])
    expect(verdictOn(asked, story.elapsedMs())).toMatchObject({ status: 'deliverable', level: 'confirmed' })
  })

  it('greylisting whose delay does not fit is answered at once, with the time to come back', async () => {
    const story = storyWith(inTurn(reported('asked', [replyTo('mailbox', 'greylisted')]), yes))
    const asked = await tell(story, { waitMs: 2_700 })
    expect(story.asked).toHaveLength(1)
    expect(verdictOn(asked, 20)).toMatchObject({ reason: 'greylisted', retryAt: START + 2_500 })
  })

  it.each([
    ['a no', reported('asked', [replyTo('mailbox', 'unknown')])],
    ['a block', reported('asked', [replyTo('nobody', 'listed')])],
    ['a dead host', reported('asked', [faultOf('connect_refused')])],
  ])('is not what %s is: that is the answer', async (_what, said) => {
    const story = storyWith(inTurn(said, yes))
    await tell(story)
    expect(story.asked).toHaveLength(1)
  })
})

describe('what was said', () => {
  const greylisted = reported('asked', [replyTo('mailbox', 'greylisted'), replyTo('stranger', 'unknown')])

  it.each([
    ['refuses', { kind: 'not_started' } as const],
    ['falls silent', { kind: 'uncertain' } as const],
    ['is busy', { kind: 'busy' } as const],
    ['is held', held(60_000)],
  ])('stays said when the lane %s afterwards', async (_what, then) => {
    const story = storyWith(inTurn(greylisted, then))
    const asked = await tell(story)
    const replies = asked.facts.filter(({ kind }) => kind === 'reply')
    expect(replies).toHaveLength(2)
    expect(verdictOn(asked, story.elapsedMs())).toMatchObject({ reason: 'greylisted' })
    expect(new Set(lanesOf(story.asked))).toEqual(new Set([inOrder[0]]))
  })
})

describe('the job', () => {
  it('carries what is left of the request each time, and the call may take no longer than that', async () => {
    const story = storyWith(inTurn(held(1_200), { kind: 'uncertain', afterMs: 700 }, yes))
    await tell(story)
    expect(story.asked.map(({ at }) => at)).toEqual([0, 1_200, 2_050])
    for (const { at, job, timeoutMs } of story.asked) {
      expect(job.budgetMs).toBe(4_000 - at - 250)
      expect(timeoutMs).toBe(4_000 - at - 25)
    }
  })

  it('names the exchanges that may be dialled, best first, and what the address needs', async () => {
    const exchanges = [
      { exchange: 'mx1.strict.test', preference: 5, target: 'dangling' },
      { exchange: 'mx2.strict.test', preference: 10, target: 'unlearned' },
      { exchange: 'mx3.strict.test', preference: 20, target: 'not_looked_up' },
    ] as const
    const story = storyWith(inTurn(yes))
    await tell(story, { email: 'jöhn@strict.test', known: [{ ...routeTo(), route: { kind: 'mx', exchanges } }] })
    expect(story.asked[0]?.job).toEqual({
      kind: 'probe',
      jobId: 'ver_number_1',
      epoch: 7,
      localPart: 'jöhn',
      domain: DOMAIN,
      implicitMx: false,
      exchanges: [
        { exchange: 'mx2.strict.test', preference: 10 },
        { exchange: 'mx3.strict.test', preference: 20 },
      ],
      smtpUtf8: true,
      budgetMs: 3_750,
      maxAgeS: 600,
    })
  })

  it('goes to nobody when the time is up before the first ask', async () => {
    const story = storyWith(inTurn(yes), [laneNamed('eu-1')])
    const asked = await tell(story, { waitMs: 250 })
    expect(story.asked).toEqual([])
    expect(verdictOn(asked, 0)).toMatchObject({ reason: 'in_progress' })
  })
})

describe('a domain whose servers kept people waiting', () => {
  const until = START + 300_000

  it('is not dialled: the lane tells what it remembers, and when it may be asked again', async () => {
    const story = storyWith(inTurn(reported('held', [holdFor('breaker_open')])), LANES, until)
    const asked = await tell(story)
    expect(story.asked).toMatchObject([{ job: { dial: false } }])
    expect(story.pauses).toEqual([])
    expect(verdictOn(asked, 100)).toMatchObject({ status: 'unknown', reason: 'breaker_open', retryAt: until })
    expect(story.noted).toEqual([])
  })

  it('is known where the lane remembers the mailbox', async () => {
    const known = reported('known', [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')])
    const asked = await tell(storyWith(inTurn(known), LANES, until))
    expect(verdictOn(asked, 100)).toMatchObject({ status: 'deliverable', level: 'confirmed' })
  })

  it('is found out by what lanes report of others', async () => {
    const story = storyWith(inTurn(yes))
    const { facts } = await tell(story)
    expect(story.asked[0]?.job).not.toHaveProperty('dial')
    expect(story.noted).toEqual([facts])
  })
})
