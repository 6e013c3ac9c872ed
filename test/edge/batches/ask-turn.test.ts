// One turn of a list at a lane, by itself: what the lane is asked, and what its object is told of each row.
import { listJob, type ListJob, type ProbeReport } from '@postern/shared/contract/probe.ts'
import type { ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { describe, expect, it } from 'vitest'
import { type AskPorts, askTurn, type TurnObjects } from '../../../edge/src/batches/ask-turn.ts'
import type { Asked } from '../../../edge/src/batches/batch.ts'
import type { Group, Member } from '../../../edge/src/batches/groups.ts'
import { unpack } from '../../../edge/src/batches/result.ts'
import { begun, type Wanted } from '../../../edge/src/batches/state.ts'
import type { ListReply } from '../../../edge/src/probe/ask-list.ts'
import { holdFor, replyTo, routeTo, START } from '../facts.ts'
import { laneNamed, LANES } from '../lanes-that-answer.ts'
import { layoutOf } from './uploads.ts'

const MINUTE = 60_000
const [LANE = laneNamed('')] = LANES
const turn = { kind: 'ask', account: 'acc_1', batch: 'bat_number_1', lane: LANE.id, ticket: '7' } as const

const wanted: Wanted = {
  id: 'bat_number_1',
  account: 'acc_default_1',
  keyId: 'key_1',
  scope: 'live',
  mode: 'full',
  dedupe: 'exact',
  maxCost: null,
  webhookUrl: null,
  retentionDays: 30,
  upload: { key: 'k', octets: 9, digest: 'd' },
  layout: layoutOf('email\njane@d.test\n'),
  createdAt: START,
  start: true,
}

function group(domain: string, emails: readonly string[], wish: Partial<Group & Member> = {}): Group {
  const { visits = 0, last, lostAt, ...own } = wish
  const known = {
    visits,
    dueAt: START,
    ...(last === undefined ? {} : { last }),
    ...(lostAt === undefined ? {} : { lostAt }),
  }
  const members = emails.map((local, n) => ({ row: rowOf(domain, n), email: `${local}@${domain}`, ...known }))
  const exchanges = [{ exchange: `mx.${domain}`, preference: 10 }]
  const place = { domain, place: domain, implicitMx: false, exchanges, route: routeTo(`mx.${domain}`) }
  return { id: `bat_number_1.0.${domain}`, since: START, tried: [], ...place, members, ...own }
}

const rowOf = (domain: string, n: number): number => domain.charCodeAt(0) * 100 + n

const report = (state: ProbeReport['state'], ...facts: readonly ProbeFact[]): ProbeReport => ({
  jobId: 'j',
  lane: LANE.id,
  state,
  facts,
  withoutMemory: false,
  smtpMs: 1,
})
const yes = report('asked', replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown'))
const no = report('asked', replyTo('mailbox', 'unknown'), replyTo('postmaster', 'accepted'))
const later = report('asked', replyTo('mailbox', 'greylisted'))
const reported = (...groups: ProbeReport[][]): ListReply => ({
  kind: 'report',
  report: { jobId: 'j', lane: 'l', groups },
})

interface Played {
  readonly jobs: ListJob[]
  readonly timeouts: number[]
  readonly asked: Asked | null
  readonly calls: string[]
}

interface Wish extends Partial<AskPorts> {
  readonly more?: boolean
  readonly untold?: readonly number[]
}

async function played(groups: readonly Group[] | null, reply: ListReply, wish: Wish = {}): Promise<Played> {
  const calls: string[] = []
  const jobs: ListJob[] = []
  const timeouts: number[] = []
  let asked: Asked | null = null
  const given =
    groups === null ? null : { state: begun(wanted), budgetMs: 12_000, maxAgeS: 3_600, parcels: [3], groups }
  const objects: TurnObjects = {
    take: async (lane, ticket) => (calls.push(`take ${lane} ${ticket}`), given),
    leave: async (lane, ticket) => void calls.push(`leave ${lane} ${ticket}`),
    finish: async (of, parcels, what) => {
      calls.push(`finish ${of.lane} ${of.ticket} ${parcels.join()}`)
      asked = what
      return { more: wish.more ?? false, untold: wish.untold ?? [] }
    },
    done: async (lane, ticket, more) => void calls.push(`done ${lane} ${ticket} ${more}`),
  }
  const ports: AskPorts = {
    lanes: LANES,
    survey: () => Promise.reject(new Error('the edge is not asked')),
    epoch: 3,
    askList: async (_lane, job, timeoutMs) => {
      jobs.push(listJob.parse(job))
      timeouts.push(timeoutMs)
      return reply
    },
    tasteOf: async () => ({ refuseFlags: [], flagOnly: [] }),
    repeats: {
      price: async (_state, answers) => answers.map(({ judged }) => judged),
      untold: async (_state, _answers, rows) => void calls.push(`untold ${rows.join()}`),
    },
    allowSpecialUse: ['test'],
    now: () => START,
    roll: () => 0,
    ...wish,
  }
  await askTurn(turn, objects, ports)
  return { jobs, timeouts, asked, calls }
}

/** Of each row that has its answer: reason and price. */
function answersIn({ asked }: Played): Record<number, [string, number]> {
  return Object.fromEntries(asked!.judged.map(({ row, result, price }) => [row, [unpack(result).reason, price]]))
}

const [A0, A1, B0] = [rowOf('a.test', 0), rowOf('a.test', 1), rowOf('b.test', 0)]

describe('a turn', () => {
  it('that has nothing to ask is given back', async () => {
    expect((await played(null, reported())).calls).toEqual([`take ${turn.lane} 7`, `done ${turn.lane} 7 false`])
  })

  it('asks for each row as RCPT says it, and a little longer than the lane may take', async () => {
    const international = group('b.test', ['jörg'])
    const { jobs, timeouts } = await played([group('a.test', ['Jane', 'o']), international], reported())
    expect(jobs).toMatchObject([
      {
        kind: 'list',
        jobId: 'bat_number_1.7',
        epoch: 3,
        budgetMs: 12_000,
        account: 'acc_default_1',
        groups: [
          {
            id: 'bat_number_1.0.a.test.7',
            domain: 'a.test',
            recipients: [{ localPart: 'Jane', smtpUtf8: false }, { localPart: 'o' }],
          },
          { domain: 'b.test', recipients: [{ localPart: 'jörg', smtpUtf8: true }] },
        ],
      },
    ])
    expect(timeouts[0]).toBeGreaterThan(12_000)
  })

  it('tells of each row what its own report came to, and at what price', async () => {
    const groups = [group('a.test', ['jane', 'nobody']), group('b.test', ['joe'])]
    const told = await played(groups, reported([yes, no], [later]), { more: true })
    expect(answersIn(told)).toEqual({ [A0]: ['mailbox_accepted', 1_000], [A1]: ['mailbox_not_found', 1_000] })
    const { member } = told.asked!.later.get(B0)!
    expect(member).toMatchObject({ row: B0, visits: 1, dueAt: START + 2_500 })
    expect(unpack(member.last!).reason).toBe('greylisted')
    expect(told.calls.slice(1)).toEqual([`finish ${turn.lane} 7 3`, 'untold ', `done ${turn.lane} 7 true`])
  })

  it('counts as a visit what was said, now or before, and not that something was in the way', async () => {
    const groups = [group('a.test', ['jane', 'joe'], { visits: 2 })]
    const held = report('held', holdFor('permit', START + 5 * MINUTE))
    const { asked } = await played(groups, reported([held, report('known', replyTo('mailbox', 'greylisted'))]))
    expect([...asked!.later.values()].map(({ member }) => member.visits)).toEqual([2, 3])
    expect(asked!.rests).toEqual([[`${turn.lane} a.test`, START + 5 * MINUTE]])
  })

  it('whose account is away asks nobody, and is given back', async () => {
    const asked: unknown[] = []
    const away = {
      tasteOf: () => Promise.reject(new Error('is away')),
      askList: async (...call: unknown[]) => (asked.push(call), reported([later])),
    }
    await expect(played([group('a.test', ['jane'], { visits: 1 })], reported([later]), away)).rejects.toThrow('away')
    expect(asked).toEqual([])
  })

  it('brings rows that were put off together back together', async () => {
    let rolled = 0
    const reply = reported([later, later, later], [later])
    const groups = [group('a.test', ['x', 'y', 'z']), group('b.test', ['x'])]
    const { asked } = await played(groups, reply, { roll: () => (rolled += 0.3) })
    const due = [...asked!.later.values()].map(({ member }) => member.dueAt)
    expect(new Set(due.slice(0, 3)).size).toBe(1)
    expect(due[3]).not.toBe(due[0])
  })

  it('leaves rows of which the lane says nothing as they were, and the others have their answers', async () => {
    const groups = [group('a.test', ['jane', 'joe'], { visits: 1, last: 'known before' }), group('b.test', ['ann'])]
    const told = await played(groups, reported([yes]))
    expect(answersIn(told)).toEqual({ [A0]: ['mailbox_accepted', 1_000] })
    expect(told.asked!.later.get(A1)!.member).toMatchObject({ last: 'known before', visits: 1, lostAt: START })
    expect(unpack(told.asked!.later.get(B0)!.member.last!).reason).toBe('no_lane')
    expect(told.asked!.rests.map(([place]) => place).toSorted()).toEqual([`${turn.lane} a.test`, `${turn.lane} b.test`])
  })

  it.each([
    ['busy', 'rate_limited', 1_000],
    ['uncertain', 'no_lane', 10_000],
    ['not_started', 'no_lane', 10_000],
  ] as const)('to a lane that is %s teaches nothing, once', async (kind, reason, restMs) => {
    const first = await played([group('a.test', ['jane'])], { kind })
    expect(first.asked!.judged).toEqual([])
    const { member, lane } = first.asked!.later.get(A0)!
    expect([unpack(member.last!).reason, member.dueAt, member.visits, lane]).toEqual([reason, START, 0, undefined])
    expect(first.asked!.rests).toEqual([[`${turn.lane} a.test`, START + restMs]])
    const again = await played([{ ...group('a.test', []), members: [member] }], { kind }, { now: () => START + MINUTE })
    expect([again.asked!.judged, again.asked!.later.size]).toEqual([[], 0])
  })

  it.each([
    ['out of reach for half an hour', { kind: 'not_started' } as const, START - 31 * MINUTE],
    ['broken', reported([report('held', holdFor('lane_unfit'))]), undefined],
  ])(
    'to a lane that is %s has its rows go to the next one, and to none that was tried',
    async (_what, reply, lostAt) => {
      const since = START - 60 * MINUTE
      const gone = lostAt === undefined ? {} : { lostAt }
      const { asked } = await played([group('a.test', ['jane'], { since, visits: 3, ...gone })], reply)
      const { lane, member } = asked!.later.get(A0)!
      expect(LANES.map(({ id }) => id)).toContain(lane)
      expect(lane).not.toBe(turn.lane)
      expect(member).toMatchObject({ dueAt: START, visits: 3 })
      expect(member.lostAt ?? null).toBeNull()
      const tried = LANES.map(({ id }) => id).filter((id) => id !== turn.lane)
      const nowhere = await played([group('a.test', ['jane'], { since, tried, ...gone })], reply)
      expect(nowhere.asked!.later.get(A0)?.lane).toBeUndefined()
    },
  )

  it.each(['busy', 'uncertain', 'not_started'] as const)('after a day ends with what was known: %s', async (kind) => {
    const since = START - 24 * 60 * MINUTE
    const last = JSON.stringify(['greylisted', 'estimated', 65, 'accept', null, [], START, null])
    const told = await played([group('a.test', ['jane'], { since, last })], { kind })
    expect(answersIn(told)).toEqual({ [A0]: ['greylisted', 0] })
    expect(told.asked!.later.size).toBe(0)
  })

  it('forgets who paid for rows that were not told after all', async () => {
    const { calls } = await played([group('a.test', ['jane'])], reported([yes]), { untold: [A0] })
    expect(calls.at(-2)).toBe(`untold ${A0}`)
  })

  it('that cannot be priced is not told, and not given back: it comes again', async () => {
    const broken = { price: () => Promise.reject(new Error('is not there')), untold: async () => undefined }
    const playing = played([group('a.test', ['jane'])], reported([yes]), { repeats: broken })
    await expect(playing).rejects.toThrow('is not there')
  })
})
