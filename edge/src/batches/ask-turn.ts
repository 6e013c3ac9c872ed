// One turn of a batch at a lane: its due groups as one job, and of each row whether it has its answer or when it is asked again.
import { type Address, NO_EXTRAS, parse } from '@postern/shared/address/parse.ts'
import type { ListJob, ProbeReport } from '@postern/shared/contract/probe.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { nextVisit } from '@postern/shared/verdict/ladder.ts'
import type { Turn } from '../probe/turns.ts'
import type { ListReply } from '../probe/ask-list.ts'
import { hold } from '../verify/ask-mail-server.ts'
import { recognised, revealed } from '../verify/recognised.ts'
import { placeAt } from './agenda.ts'
import type { Asked, Finished } from './batch.ts'
import type { Later } from './group-book.ts'
import { EDGE, type Group, type Member } from './groups.ts'
import { packed, priceOf, type Taste } from './judge.ts'
import { lookAgain } from './look-again.ts'
import type { RepeatedAnswer, Repeats } from './repeats.ts'
import { afterSilence, found, HOLD_OF, quietUntil, type Silence, silenceOf } from './silence.ts'
import type { SurveyPorts } from './survey-row.ts'
import type { Given } from './turn.ts'

export interface AskPorts extends SurveyPorts {
  readonly epoch: number
  readonly askList: (lane: Lane, job: ListJob, timeoutMs: number) => Promise<ListReply>
  readonly tasteOf: (account: string) => Promise<Taste>
  readonly repeats: Repeats
  readonly allowSpecialUse: readonly string[]
  readonly roll: () => number
}

/** What of the objects a turn needs. */
export interface TurnObjects {
  take(lane: string, ticket: string): Promise<Given | 'under_way' | null>
  leave(lane: string, ticket: string): Promise<void>
  finish(turn: { lane: string; ticket: string }, parcels: readonly number[], asked: Asked): Promise<Finished>
  done(lane: string, ticket: string, more: boolean): Promise<void>
}

const WAY_MS = 5_000

/** @throws where an object does not answer: the message is delivered again. */
export async function askTurn(turn: Turn, objects: TurnObjects, ports: AskPorts): Promise<void> {
  const given = await objects.take(turn.lane, turn.ticket)
  // Somebody was brought the same message and is at it.
  if (given === 'under_way') return
  if (given === null) return objects.done(turn.lane, turn.ticket, false)
  const [asked] = await Promise.allSettled([askFor(turn, given, { objects, ports })])
  if (asked.status === 'fulfilled') return
  // Delivered again, it is to find its work.
  await Promise.allSettled([objects.leave(turn.lane, turn.ticket)])
  throw asked.reason
}

interface Parts {
  readonly objects: TurnObjects
  readonly ports: AskPorts
}

async function askFor(turn: Turn, given: Given, { objects, ports }: Parts): Promise<void> {
  const { answers, ...outcome } = await (turn.lane === EDGE ? atEdge(given, ports) : atLane(turn, given, ports))
  const asked = { ...outcome, judged: await ports.repeats.price(given.state, answers) }
  const { more, untold } = await objects.finish(turn, given.parcels, asked)
  await ports.repeats.untold(given.state, answers, untold)
  await objects.done(turn.lane, turn.ticket, more)
}

async function atLane(turn: Turn, given: Given, ports: AskPorts): Promise<Outcome> {
  // Before anybody is asked: an account that is away would have them asked again.
  const taste = await ports.tasteOf(given.state.account)
  const lane = ports.lanes.find(({ id }) => id === turn.lane)
  const job = jobOf(turn, given, ports.epoch)
  const reply: ListReply =
    lane === undefined ? { kind: 'not_started' } : await ports.askList(lane, job, given.budgetMs + WAY_MS)
  return outcomeOf({ turn, given, reply, taste }, ports)
}

async function atEdge(given: Given, ports: AskPorts): Promise<Outcome> {
  const taste = await ports.tasteOf(given.state.account)
  return lookAgain(given, { ports, taste, roll: ports.roll() })
}

function jobOf({ batch, ticket }: Turn, { groups, state, budgetMs, maxAgeS }: Given, epoch: number): ListJob {
  return {
    kind: 'list',
    jobId: `${batch}.${ticket}`,
    epoch,
    groups: groups.map(({ id, domain, implicitMx, exchanges, members }) => ({
      // Of this turn alone: what another one has begun for the same rows bars this one until it is over.
      id: `${id}.${ticket}`,
      domain,
      implicitMx,
      exchanges,
      recipients: members.map(({ email }) => recipientOf(email)),
    })),
    budgetMs,
    maxAgeS,
    account: state.account,
  }
}

function recipientOf(email: string) {
  const address = addressOf(email)
  return { localPart: address?.localPart ?? 'invalid', smtpUtf8: address?.needsSmtpUtf8 ?? false }
}

/** What was stashed was parsed before, by the same rules. */
function addressOf(email: string): Address | null {
  const parsed = parse(email, NO_EXTRAS)
  return parsed.ok ? parsed.address : null
}

interface Heard {
  readonly turn: Turn
  readonly given: Given
  readonly reply: ListReply
  readonly taste: Taste
}

interface Outcome extends Omit<Asked, 'judged'> {
  readonly answers: readonly RepeatedAnswer[]
}

function outcomeOf({ turn, given, reply, taste }: Heard, ports: AskPorts): Outcome {
  const answers: RepeatedAnswer[] = []
  const later = new Map<number, Later>()
  const now = ports.now()
  const rests: (readonly [string, number])[] = []
  for (const [g, group] of given.groups.entries()) {
    const reports = reply.kind === 'report' ? reply.report.groups[g] : undefined
    const until = reply.kind === 'report' ? restOf(reports ?? []) : null
    if (until !== null) rests.push([placeAt(turn.lane, group), until])
    // Who was put off together comes back together: one conversation, not as many as there are rows.
    const roll = ports.roll()
    for (const [m, member] of group.members.entries()) {
      const report = reports?.[m]
      const silence = silenceOf(reply, report)
      if (silence !== null) rests.push([placeAt(turn.lane, group), quietUntil(silence, member, now)])
      const facts = factsOf(group, member, { report, silence, ports })
      const next = nextOf({ group, member, report, facts, silence }, { turn, taste, ports, now, roll })
      if (next.answer !== null) answers.push(next.answer)
      if (next.later !== null) later.set(member.row, next.later)
    }
  }
  return { answers, later, rests }
}

/** Where a permit was refused, or all of it used, the whole place rests: others of it would be told the same. */
function restOf(reports: readonly ProbeReport[]): number | null {
  const told = reports.flatMap(({ nextAt }) => (nextAt === undefined ? [] : [nextAt]))
  const held = reports.flatMap(({ facts }) =>
    facts.flatMap((fact) =>
      fact.kind === 'hold' && HELD_AS_ONE.includes(fact.hold) && fact.retryAt !== null ? [fact.retryAt] : [],
    ),
  )
  const all = [...told, ...held]
  return all.length === 0 ? null : Math.max(...all)
}

const HELD_AS_ONE: readonly string[] = ['permit', 'in_progress', 'breaker_open', 'shunned']

interface Known {
  readonly report: ProbeReport | undefined
  readonly silence: Silence | null
  readonly ports: AskPorts
}

function factsOf(group: Group, member: Member, { report, silence, ports }: Known): Fact[] {
  const address = addressOf(member.email)
  const now = ports.now()
  const listed = address === null ? [] : recognised(address, { now: ports.now, allowSpecialUse: ports.allowSpecialUse })
  const suggested = member.suggestion === undefined ? [] : [member.suggestion]
  const known = [...listed, ...suggested, group.route, ...revealed(group.domain, [group.route], now)]
  if (report !== undefined) return [...known, ...report.facts]
  return silence === null ? known : [...known, hold(HOLD_OF[silence], null, now)]
}

interface Row {
  readonly group: Group
  readonly member: Member
  readonly report: ProbeReport | undefined
  readonly facts: readonly Fact[]
  readonly silence: Silence | null
}

interface Circumstances {
  readonly turn: Turn
  readonly taste: Taste
  readonly ports: AskPorts
  readonly now: number
  readonly roll: number
}

/** Neither where the row stays as it is. */
interface Next {
  readonly answer: RepeatedAnswer | null
  readonly later: Later | null
}

function nextOf({ group, member, report, facts, silence }: Row, circumstances: Circumstances): Next {
  const { turn, taste, ports, now, roll } = circumstances
  const judged = { facts, domain: group.domain, now }
  const verdict = decide(judged)
  const result = packed(judged, verdict, taste)
  const known = { email: member.email, verdict, asked: report?.state === 'asked', checkedAt: now }
  if (silence !== null) {
    const after = afterSilence({ silence, group, member, lane: turn.lane, lanes: ports.lanes, now, result })
    if (after.kind === 'waits') return { answer: null, later: after.later }
    return { answer: { ...known, judged: { row: member.row, result: after.result, price: 0 } }, later: null }
  }
  // What a lane remembers of somebody's fruitless visit is one: the next one is to find out for itself.
  const visits = member.visits + (report?.state === 'held' ? 0 : 1)
  const dueAt = nextVisit({ verdict, facts, visits, since: group.since, now, roll })
  if (dueAt !== null) return { answer: null, later: { member: { ...found(member), dueAt, visits, last: result } } }
  return { answer: { ...known, judged: { row: member.row, result, price: priceOf(verdict, 'full') } }, later: null }
}
