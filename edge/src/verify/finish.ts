// THE STORY of one verification that nobody waits for: asked of its lane until it has its answer or its day is over, then told.
import { MAX_AGE_S } from '@postern/shared/contract/verification.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import type { ListJob, ProbeReport } from '@postern/shared/contract/probe.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { cost, free } from '@postern/shared/verdict/cost.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import { type Fact, factOf } from '@postern/shared/verdict/evidence.ts'
import { nextVisit } from '@postern/shared/verdict/ladder.ts'
import { dialable } from '@postern/shared/verdict/route.ts'
import { partitionOf } from '../accounts/places.ts'
import { pseudonyms } from '../accounts/pseudonym.ts'
import type { AskList, ListReply } from '../probe/ask-list.ts'
import type { Services } from '../routes/context.ts'
import { requestOf } from './answer.ts'
import { hold, laneKey } from './ask-mail-server.ts'
import { recordOf, settlementOf } from './counted.ts'
import { BUSY_MS, isGivenUp, isUnfit, pauseAfter, UNCERTAIN_MS, untried } from './lost-lane.ts'
import type { Inquiry, InquiryMessage } from './pending.ts'
import { render } from './render.ts'
import { sandboxed } from './sandbox.ts'
import { surveyed } from './survey.ts'
import type { Verified, VerifyRequest } from './verified.ts'

export interface FinishPorts {
  readonly services: Services
  readonly askList: AskList
  readonly roll: () => number
}

const BUDGET_MS = 45_000
const WAY_MS = 5_000
const LOOK_UP_MS = 5_000

/** @throws where an object does not answer: the message is delivered again. */
export async function finish({ account, id }: InquiryMessage, ports: FinishPorts): Promise<void> {
  const { services } = ports
  const pending = services.pending(account, id)
  const inquiry = await pending.take(id)
  if (inquiry === null) return
  const startedAt = services.now()
  const request = { ...requestOf(inquiry.wanted, 'full', { id, startedAt }), deadlineAt: startedAt + LOOK_UP_MS }
  const seen = await visit({ inquiry, request }, ports)
  const now = services.now()
  const { verdict, facts } = seen.verified
  const visits = inquiry.visits + (seen.wasAsked ? 1 : 0)
  const progress = { verdict, facts, visits, since: inquiry.since, now, roll: ports.roll() }
  // Whoever tries it out is told the same every time, and need not wait for it.
  const dueAt = inquiry.scope === 'test' ? null : nextVisit(progress)
  if (dueAt !== null) {
    const course = courseOf(inquiry, seen, { now, lanes: services.verify.lanesOf(partitionOf(account)) })
    return pending.again({ ...inquiry, ...course, visits, dueAt: course.dueAt ?? dueAt })
  }
  await end(inquiry, { request, verified: seen.verified, startedAt }, services)
  await pending.done(id)
}

interface Turn {
  readonly inquiry: Inquiry
  readonly request: VerifyRequest
}

interface Seen {
  readonly verified: Verified
  readonly lane: string | null
  /** Somebody was asked, be it for names. */
  readonly wasAsked: boolean
  /** There was somebody to be asked, and the lane was of no use. */
  readonly isLost: boolean
}

async function visit({ inquiry, request }: Turn, { services, askList }: FinishPorts): Promise<Seen> {
  const now = services.now()
  const nobody = { lane: null, wasAsked: false, isLost: false }
  if (inquiry.scope === 'test') return { ...nobody, verified: sandboxed(request, now) }
  const verified = await surveyed(request, services)
  const lane = laneOf(inquiry, verified, services)
  const job = jobOf(inquiry, verified, services.verify.epoch)
  if (isNeverAsked(verified)) return { ...nobody, verified: withFacts(verified, [hold('never_asked', null, now)], now) }
  if (job === null || verified.smtpState !== 'not_asked') return { ...nobody, verified, wasAsked: true }
  if (lane === null)
    return { ...nobody, verified: withFacts(verified, [hold('no_lane', null, now)], now), isLost: true }
  const startedAt = services.now()
  const reply = await askList(lane, job, BUDGET_MS + WAY_MS)
  const report = reply.kind === 'report' ? reply.report.groups[0]?.[0] : undefined
  const facts = report === undefined ? [withoutReport(reply, services.now())] : report.facts
  const after = withFacts(verified, facts, services.now())
  const smtpMs = services.now() - startedAt
  return {
    verified: { ...after, lane: lane.id, smtpState: stateOf(report), smtpMs, transcript: report?.transcript },
    lane: lane.id,
    // What a lane remembers of a fruitless visit is one: the next one is to find out for itself.
    wasAsked: report !== undefined && report.state !== 'held',
    isLost: report === undefined ? reply.kind !== 'busy' : isUnfit(report.facts),
  }
}

function stateOf(report: ProbeReport | undefined): Verified['smtpState'] {
  return report === undefined
    ? 'deferred'
    : ({ asked: 'asked', known: 'cached', held: 'deferred' } as const)[report.state]
}

function withoutReport({ kind }: ListReply, now: number): Fact {
  if (kind === 'busy') return hold('permit', now + BUSY_MS, now)
  return hold('no_lane', now + UNCERTAIN_MS, now)
}

/** Nothing that was known is lost, but for the note that nobody was asked. */
function withFacts(verified: Verified, more: readonly Fact[], now: number): Verified {
  const facts = [...verified.facts.filter((fact) => fact.kind !== 'hold'), ...more]
  return { ...verified, facts, verdict: decide({ facts, domain: domainOf(verified), now }), checkedAt: now }
}

function domainOf({ address }: Verified): string {
  return address?.domain.kind === 'name' ? address.domain.ascii : ''
}

/** The one that has begun, as long as it is on the map. */
function laneOf({ lane, tried, account }: Inquiry, verified: Verified, { verify }: Services): Lane | null {
  const lanes = verify.lanesOf(partitionOf(account))
  const begun = lanes.find(({ id }) => id === lane)
  return begun ?? untried(lanes, laneKey({ ...verified, domain: domainOf(verified) }), tried)
}

/** A provider's row says that nobody of it is. */
function isNeverAsked(verified: Verified): boolean {
  const route = factOf(verified.facts, 'route')
  const [first] = route === undefined ? [] : dialable(route.route)
  if (first === undefined || verified.smtpState !== 'not_asked') return false
  return providerOf(first.exchange, domainOf(verified)).probe === 'no'
}

/** Null where nobody can be asked. */
function jobOf({ id, account, wanted, visits }: Inquiry, { address, facts }: Verified, epoch: number): ListJob | null {
  const route = factOf(facts, 'route')
  const exchanges = route === undefined ? [] : dialable(route.route).slice(0, 20)
  if (address?.domain.kind !== 'name' || route === undefined || exchanges.length === 0) return null
  const domain = address.domain.ascii
  const recipients = [{ localPart: address.localPart, smtpUtf8: address.needsSmtpUtf8 }]
  const group = { id, domain, implicitMx: route.route.kind === 'implicit', exchanges, recipients }
  const maxAgeS = visits === 0 ? (wanted.max_age ?? MAX_AGE_S) : 0
  return { kind: 'list', jobId: id, epoch, groups: [group], budgetMs: BUDGET_MS, maxAgeS, account }
}

interface Course extends Pick<Inquiry, 'lane' | 'tried' | 'lostAt'> {
  /** Where the lane was of no use: another one goes on at once, or this one is asked more and more seldom. */
  readonly dueAt?: number
}

function courseOf(
  { lane: before, tried, lostAt: lostBefore }: Inquiry,
  { lane: at, isLost, verified }: Seen,
  { now, lanes }: { now: number; lanes: readonly Lane[] },
): Course {
  // Where no name was found just now, it is still the lane that has begun.
  const lane = at ?? before
  if (!isLost) return { lane, tried, lostAt: null }
  const lostAt = lostBefore ?? now
  const left = [...tried, ...(lane === null ? [] : [lane])]
  const others = lanes.filter(({ id }) => !left.includes(id))
  if (lane !== null && others.length > 0 && (isUnfit(verified.facts) || isGivenUp(now - lostAt))) {
    return { lane: null, tried: left, lostAt: null, dueAt: now }
  }
  return { lane, tried, lostAt, dueAt: Math.round(now + pauseAfter(now - lostAt, UNCERTAIN_MS)) }
}

interface Ended {
  readonly request: VerifyRequest
  readonly verified: Verified
  readonly startedAt: number
}

/** Counted, kept and told; each of them once, however often this is done. */
async function end(inquiry: Inquiry, { request, verified, startedAt }: Ended, services: Services): Promise<void> {
  const { account, id, scope, keyId, wanted } = inquiry
  const names = await pseudonyms(services.secrets, wanted.email)
  const taste = (await services.objects.account(account).describe())?.profile.settings
  const price = scope === 'test' ? free('sandbox') : cost(verified.verdict, 'full')
  const settlement = settlementOf({ caller: { keyId }, request }, verified, { price, names })
  const [charged = price] = await services.objects.account(account).settleMany([settlement])
  const tastes = { refuseFlags: taste?.refuse_flags ?? [], flagOnly: taste?.flag_only ?? [] }
  const rendered = render({ request, wanted, verified, cost: charged, startedAt, ...tastes })
  // It has ended: who wants to know more asks anew.
  const verification = { ...rendered, final: true }
  const record = recordOf(verification, names)
  const isKept = await services.objects.recordsOf(account, scope, id).complete(record)
  // What was erased meanwhile is told to nobody.
  if (!isKept) return
  const [subject = ''] = names.mailbox
  const event = {
    id: `evt_${id}_completed`,
    type: 'verification.completed',
    at: services.now(),
    scope,
    subject,
  } as const
  await services.tell(account, [{ ...event, data: verification, url: wanted.webhook_url ?? null }])
}
