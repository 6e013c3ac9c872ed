// The part of the story that leaves the edge: which lane, one job, and asking again while the request's time lasts.
import type { Address } from '@postern/shared/address/parse.ts'
import type { ProbeJob, ProbeReport } from '@postern/shared/contract/probe.ts'
import { rank } from '@postern/shared/lanes/choose.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { decide, providerFor } from '@postern/shared/verdict/decide.ts'
import { type Fact, factOf, type Hold, type HoldFact } from '@postern/shared/verdict/evidence.ts'
import { dialable } from '@postern/shared/verdict/route.ts'
import type { Ask, Reply } from '../probe/ask.ts'
import type { SlowDomains } from '../probe/slow-domains.ts'
import { isUnfit } from './lost-lane.ts'
import type { Verified, VerifyRequest } from './verified.ts'

export interface AskPorts {
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly lanes: readonly Lane[]
  readonly epoch: number
  readonly ask: Ask
  readonly slow: SlowDomains
  /** Whose feedback counts beside what the server says; null where nobody's does. */
  readonly account: string | null
}

export interface Subject {
  readonly request: VerifyRequest
  readonly address: Address
  readonly domain: string
  readonly known: readonly Fact[]
}

export interface AskedServer {
  readonly facts: readonly Fact[]
  readonly smtpState: Verified['smtpState']
  readonly lane: string | null
  readonly smtpMs: number | null
  /** What was said on all visits, in order. */
  readonly transcript?: readonly string[] | undefined
}

/** Kept back from the lane's budget for its last write and the way home, in milliseconds. */
const WAY_HOME_MS = 250
/** Kept back for the answer itself, in milliseconds. */
const RENDER_MS = 25
/** A pause before the same lane is asked again, in milliseconds. */
const PAUSE_MS = 150
/** Subrequests are counted by the platform; the pauses alone stay far below this. */
const MAX_ASKS = 40

export async function askMailServer(subject: Subject, ports: AskPorts): Promise<AskedServer> {
  const restingUntil = await ports.slow.restingUntil(subject.domain)
  const asked = await askLanes({ ...subject, dial: restingUntil === null }, ports)
  if (restingUntil === null) ports.slow.note(subject.domain, asked.facts)
  return restingUntil === null ? asked : { ...asked, facts: asked.facts.map((fact) => resting(fact, restingUntil)) }
}

/** A lane that was not to dial cannot know for how long. */
function resting(fact: Fact, retryAt: number): Fact {
  return fact.kind === 'hold' && fact.hold === 'breaker_open' ? { ...fact, retryAt } : fact
}

interface Inquiry extends Subject {
  readonly dial: boolean
}

async function askLanes(subject: Inquiry, ports: AskPorts): Promise<AskedServer> {
  const { deadlineAt } = subject.request
  let lanes = rank(ports.lanes, laneKey({ ...subject, facts: subject.known }))
  let last = without(ports.lanes.length === 0 ? 'no_lane' : 'in_progress', [], ports)
  let begun = false
  for (let asks = 0; asks < MAX_ASKS; asks += 1) {
    const [lane] = lanes
    const budgetMs = deadlineAt - ports.now() - WAY_HOME_MS
    if (lane === undefined || budgetMs <= 0) return last
    const reply = await ports.ask(lane, jobFor(subject, ports, budgetMs), budgetMs + WAY_HOME_MS - RENDER_MS)
    if (reply.kind === 'not_started' || saysUnfit(reply)) {
      // What this lane has begun, or may have, is its own to finish: another one would ask the mailbox a second time.
      if (begun) return last
      lanes = lanes.slice(1)
      last = afterRefusal(reply, { last, isLast: lanes.length === 0 }, ports)
      continue
    }
    begun ||= reply.kind !== 'busy'
    // What was said stays said: a lane that is lost afterwards takes nothing of it back.
    last = reply.kind === 'report' ? reported(reply.report, last) : without(HOLD_OF[reply.kind], last.facts, ports)
    const againAt = reply.kind === 'report' ? retryAtOf(subject, last, ports) : ports.now() + PAUSE_MS
    const pauseMs = pauseBefore(againAt, deadlineAt, ports)
    if (pauseMs === null) return last
    await ports.sleep(pauseMs)
  }
  return last
}

function saysUnfit(reply: Reply): boolean {
  return reply.kind === 'report' && isUnfit(reply.report.facts)
}

function afterRefusal(
  reply: Reply,
  { last, isLast }: { last: AskedServer; isLast: boolean },
  ports: AskPorts,
): AskedServer {
  if (reply.kind === 'report') return reported(reply.report, last)
  return isLast ? without('no_lane', [], ports) : last
}

/** Only what falls due while somebody is still waiting is waited for; the rest is said as it stands. */
function pauseBefore(againAt: number | null, deadlineAt: number, ports: AskPorts): number | null {
  if (againAt === null) return null
  const pauseMs = Math.max(againAt - ports.now(), PAUSE_MS / 2)
  return ports.now() + pauseMs + WAY_HOME_MS >= deadlineAt ? null : pauseMs
}

const HOLD_OF = { busy: 'permit', uncertain: 'in_progress' } as const satisfies Record<string, Hold>

function retryAtOf({ known, domain }: Subject, asked: AskedServer, ports: AskPorts): number | null {
  const verdict = decide({ facts: [...known, ...asked.facts], domain, now: ports.now() })
  if (verdict.status !== 'unknown') return null
  const held = asked.facts.map((fact) => (fact.kind === 'hold' ? fact.retryAt : null)).filter((at) => at !== null)
  return verdict.retryAt === null && held.length === 0 ? null : Math.max(verdict.retryAt ?? 0, ...held)
}

function reported(report: ProbeReport, heard: AskedServer): AskedServer {
  const state = { asked: 'asked', known: 'cached', held: 'deferred' } as const
  const facts = report.state === 'held' ? [...said(heard.facts), ...report.facts] : report.facts
  const transcript = [...(heard.transcript ?? []), ...(report.transcript ?? [])]
  return { facts, smtpState: state[report.state], lane: report.lane, smtpMs: report.smtpMs, transcript }
}

function said(facts: readonly Fact[]): Fact[] {
  return facts.filter(({ kind }) => kind === 'reply' || kind === 'fault')
}

function without(why: Hold, heard: readonly Fact[], ports: AskPorts): AskedServer {
  return {
    facts: [...said(heard), hold(why, null, ports.now())],
    smtpState: why === 'no_lane' ? 'not_asked' : 'deferred',
    lane: null,
    smtpMs: null,
  }
}

export function hold(why: Hold, retryAt: number | null, observedAt: number): HoldFact {
  return { kind: 'hold', hold: why, retryAt, observedAt, source: 'edge' }
}

/** The same domain leaves by the same lane, so that greylisting, permits and breaker stay in one place. */
export function laneKey({ address, domain, facts }: LaneSubject): string {
  const row = providerFor({ facts, domain, now: 0 })
  return row?.spread === true && address !== null ? address.wire : domain
}

export interface LaneSubject {
  readonly address: Pick<Address, 'wire'> | null
  readonly domain: string
  readonly facts: readonly Fact[]
}

function jobFor({ request, address, domain, known, dial }: Inquiry, ports: AskPorts, budgetMs: number): ProbeJob {
  const fact = factOf(known, 'route')
  return {
    kind: 'probe',
    jobId: request.id,
    epoch: ports.epoch,
    localPart: address.localPart,
    domain,
    implicitMx: fact?.route.kind === 'implicit',
    exchanges: fact === undefined ? [] : dialable(fact.route).slice(0, 20),
    smtpUtf8: address.needsSmtpUtf8,
    budgetMs: Math.floor(budgetMs),
    maxAgeS: request.maxAgeS,
    ...(dial ? {} : { dial }),
    ...(ports.account === null ? {} : { account: ports.account }),
  }
}
