// One turn of a batch at a lane: its due groups as one job, and of each row whether it has its answer or when it is asked again.
import { type Address, parse } from '@postern/shared/address/parse.ts'
import type { ListJob, ProbeReport } from '@postern/shared/contract/probe.ts'
import { rank } from '@postern/shared/lanes/choose.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { nextVisit } from '@postern/shared/verdict/ladder.ts'
import type { Turn } from '../probe/turns.ts'
import type { ListReply } from '../probe/ask-list.ts'
import { hold } from '../verify/ask-mail-server.ts'
import { recognised, revealed } from '../verify/recognised.ts'
import { placeAt } from './agenda.ts'
import type { Asked } from './batch.ts'
import type { Later } from './group-book.ts'
import type { Group, Member } from './groups.ts'
import { packed, priceOf, type Taste } from './judge.ts'
import type { RepeatedAnswer, Repeats } from './repeats.ts'
import type { Given } from './turn.ts'

export interface AskPorts {
  readonly lanes: readonly Lane[]
  readonly epoch: number
  readonly askList: (lane: Lane, job: ListJob, timeoutMs: number) => Promise<ListReply>
  readonly tasteOf: (account: string) => Promise<Taste>
  readonly repeats: Repeats
  readonly allowSpecialUse: readonly string[]
  readonly now: () => number
  readonly roll: () => number
}

/** What of the objects a turn needs. */
export interface TurnObjects {
  take(lane: string, ticket: string): Promise<Given | null>
  finish(turn: { lane: string; ticket: string }, parcels: readonly number[], asked: Asked): Promise<boolean>
  done(lane: string, ticket: string, more: boolean): Promise<void>
}

const WAY_MS = 5_000
/** A lane that has no hand free, or of which nothing is heard, is asked again after this. */
const BUSY_MS = 1_000
const UNCERTAIN_MS = 10_000
/** A lane that cannot be reached is waited for this long before its work moves: it is the one that greylists know. */
const PATIENCE_MS = 30 * 60_000
const MAX_AGE_S = 31_536_000

/** @throws where an object does not answer: the message is delivered again. */
export async function askTurn(turn: Turn, objects: TurnObjects, ports: AskPorts): Promise<void> {
  const given = await objects.take(turn.lane, turn.ticket)
  if (given === null) return objects.done(turn.lane, turn.ticket, false)
  const lane = ports.lanes.find(({ id }) => id === turn.lane)
  const job = jobOf(turn, given, ports.epoch)
  const reply: ListReply =
    lane === undefined ? { kind: 'not_started' } : await ports.askList(lane, job, given.budgetMs + WAY_MS)
  const asked = await outcomeOf({ turn, given, reply }, ports)
  const more = await objects.finish(turn, given.parcels, asked)
  await objects.done(turn.lane, turn.ticket, more)
}

function jobOf({ batch, ticket }: Turn, { groups, state, budgetMs }: Given, epoch: number): ListJob {
  return {
    kind: 'list',
    jobId: `${batch}.${ticket}`,
    epoch,
    groups: groups.map(({ id, domain, implicitMx, exchanges, members }) => ({
      id,
      domain,
      implicitMx,
      exchanges,
      recipients: members.map(({ email }) => recipientOf(email)),
    })),
    budgetMs,
    maxAgeS: MAX_AGE_S,
    account: state.account,
  }
}

function recipientOf(email: string) {
  const address = addressOf(email)
  return { localPart: address?.localPart ?? 'invalid', smtpUtf8: address?.needsSmtpUtf8 ?? false }
}

const NO_EXTRAS = { quoted: false, ipLiteral: false, dotless: false }

/** What was stashed was parsed before, by the same rules. */
function addressOf(email: string): Address | null {
  const parsed = parse(email, NO_EXTRAS)
  return parsed.ok ? parsed.address : null
}

interface Heard {
  readonly turn: Turn
  readonly given: Given
  readonly reply: ListReply
}

async function outcomeOf({ turn, given, reply }: Heard, ports: AskPorts): Promise<Asked> {
  const taste = await ports.tasteOf(given.state.account)
  const answers: RepeatedAnswer[] = []
  const later = new Map<number, Later>()
  const rests: (readonly [string, number])[] = []
  for (const [g, group] of given.groups.entries()) {
    const reports = reply.kind === 'report' ? reply.report.groups[g] : undefined
    const until = reply.kind === 'report' ? restOf(reports ?? []) : null
    if (until !== null) rests.push([placeAt(turn.lane, group), until])
    for (const [m, member] of group.members.entries()) {
      const report = reports?.[m]
      const facts = factsOf(group, member, { report, reply, ports })
      const next = nextOf({ group, member, report, facts }, { turn, taste, ports })
      if (next.later === null) answers.push(next.answer)
      else later.set(member.row, next.later)
    }
  }
  return { judged: await ports.repeats(given.state, answers), later, rests }
}

/** Where a permit was refused, the whole place rests: others of it would be told the same. */
function restOf(reports: readonly ProbeReport[]): number | null {
  const held = reports.flatMap(({ facts }) =>
    facts.flatMap((fact) =>
      fact.kind === 'hold' && HELD_AS_ONE.includes(fact.hold) && fact.retryAt !== null ? [fact.retryAt] : [],
    ),
  )
  return held.length === 0 ? null : Math.min(...held)
}

const HELD_AS_ONE: readonly string[] = ['permit', 'breaker_open', 'shunned']

interface Known {
  readonly report: ProbeReport | undefined
  readonly reply: ListReply
  readonly ports: AskPorts
}

function factsOf(group: Group, member: Member, { report, reply, ports }: Known): Fact[] {
  const address = addressOf(member.email)
  const now = ports.now()
  const listed = address === null ? [] : recognised(address, { now: ports.now, allowSpecialUse: ports.allowSpecialUse })
  const suggested = member.suggestion === undefined ? [] : [member.suggestion]
  const found = [...listed, ...suggested, group.route, ...revealed(group.domain, [group.route], now)]
  if (report !== undefined) return [...found, ...report.facts]
  const why = reply.kind === 'busy' ? 'permit' : reply.kind === 'not_started' ? 'no_lane' : 'in_progress'
  return [...found, hold(why, now + (reply.kind === 'busy' ? BUSY_MS : UNCERTAIN_MS), now)]
}

interface Row {
  readonly group: Group
  readonly member: Member
  readonly report: ProbeReport | undefined
  readonly facts: readonly Fact[]
}

interface Circumstances {
  readonly turn: Turn
  readonly taste: Taste
  readonly ports: AskPorts
}

type Next = { readonly later: null; readonly answer: RepeatedAnswer } | { readonly later: Later }

function nextOf({ group, member, report, facts }: Row, { turn, taste, ports }: Circumstances): Next {
  const now = ports.now()
  const judged = { facts, domain: group.domain, now }
  const verdict = decide(judged)
  const visits = member.visits + (report?.state === 'asked' ? 1 : 0)
  const dueAt = nextVisit({ verdict, facts, visits, since: group.since, now, roll: ports.roll() })
  const result = packed(judged, verdict, taste)
  if (dueAt !== null) {
    const lane = otherLane({ group, facts }, { turn, ports, now })
    const again = { ...member, dueAt: lane === null ? dueAt : now, visits, last: result }
    return { later: lane === null ? { member: again } : { member: again, lane } }
  }
  const answer = {
    judged: { row: member.row, result, price: priceOf(verdict, 'full') },
    email: member.email,
    verdict,
    asked: report?.state === 'asked',
    checkedAt: now,
  }
  return { later: null, answer }
}

/** Another lane where this one is broken, or is gone for longer than a greylist remembers; null where it stays. */
function otherLane(
  { group, facts }: Pick<Row, 'group' | 'facts'>,
  { turn, ports, now }: { turn: Turn; ports: AskPorts; now: number },
): string | null {
  const isUnfit = facts.some((fact) => fact.kind === 'hold' && fact.hold === 'lane_unfit')
  const isGone = facts.some((fact) => fact.kind === 'hold' && fact.hold === 'no_lane')
  const isLost = isGone && now - group.since > PATIENCE_MS
  const isOffTheMap = !ports.lanes.some(({ id }) => id === turn.lane)
  if (!isUnfit && !isLost && !isOffTheMap) return null
  const others = rank(ports.lanes, group.domain).filter(({ id }) => id !== turn.lane && !group.tried.includes(id))
  return others[0]?.id ?? null
}
