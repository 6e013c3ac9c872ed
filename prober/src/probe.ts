// THE STORY of one domain's addresses: what is known already, may we ask, ask the exchanges in order, remember, say what was said.
import type { Fitness } from '@postern/shared/contract/audit.ts'
import type { ListJob, ListReport, ProbeJob, ProbeReport } from '@postern/shared/contract/probe.ts'
import { inOrderFor } from '@postern/shared/lanes/choose.ts'
import type { ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { type Asked, askExchange, type ExchangePorts, holdFact } from './exchange.ts'
import { type Heard, type Inquiry, NOTHING_HEARD, type Subject, together } from './inquiry.ts'
import { barredBy, type Case, caseOf, holdOn, isFirst, isOpen } from './cases.ts'
import { knownFacts } from './known.ts'
import type { ClaimedRoute, Route } from './net/route.ts'
import { remember } from './remember.ts'
import { MOST_REFUSED } from './smtp/recipients.ts'
import type { Evidence, Recalled } from './store/evidence.ts'
import type { Settlement } from './store/permits.ts'

export interface ProbePorts extends ExchangePorts {
  readonly evidence: Evidence
  readonly routeOf: (claimed: ClaimedRoute, deadlineAt: number) => Promise<Route>
  /** What the lane has measured of itself. Never rejects. */
  readonly fitness: () => Promise<Fitness>
}

export interface Group {
  readonly jobId: string
  readonly domain: string
  readonly implicitMx: boolean
  readonly exchanges: ProbeJob['exchanges']
  readonly recipients: readonly { readonly localPart: string; readonly smtpUtf8: boolean }[]
  readonly account: string | null
  readonly maxAgeMs: number
  readonly deadlineAt: number
  /** False: only what is remembered is wanted. */
  readonly dial: boolean
  readonly patient: boolean
}

/** Hosts tried in one job (RFC 5321 §5.1 asks for at least two). */
const MAX_EXCHANGES = 3
/** Where a session ended before everybody was named, the next one is this far away at least, in milliseconds. */
const NEXT_SESSION_MS = 1_000

/**
 * Answers one job within its budget, counted from `receivedAt` (milliseconds since the epoch), when the job reached the lane.
 * Facts only; the edge says what they mean.
 */
export async function probe(job: ProbeJob, ports: ProbePorts, receivedAt: number): Promise<ProbeReport> {
  const { localPart, smtpUtf8, dial = true } = job
  const group = groupOf({ ...job, recipients: [{ localPart, smtpUtf8 }] }, job, receivedAt)
  const [report] = await inquire({ ...group, dial, patient: false }, ports)
  if (report === undefined) throw new Error('a group of one came back empty')
  return report
}

/** Answers for many addresses, domain by domain, side by side. */
export async function probeList(job: ListJob, ports: ProbePorts, receivedAt: number): Promise<ListReport> {
  const groups = await Promise.all(
    job.groups.map((group) => inquire(groupOf({ ...group, jobId: group.id }, job, receivedAt), ports)),
  )
  return { jobId: job.jobId, lane: ports.lane.id, groups: groups.map((reports) => [...reports]) }
}

function groupOf(
  group: Pick<Group, 'jobId' | 'domain' | 'implicitMx' | 'exchanges' | 'recipients'>,
  { maxAgeS, budgetMs, account }: Pick<ListJob, 'maxAgeS' | 'budgetMs' | 'account'>,
  receivedAt: number,
): Group {
  const { jobId, domain, implicitMx, exchanges, recipients } = group
  return {
    jobId,
    domain,
    implicitMx,
    exchanges,
    recipients,
    account: account ?? null,
    maxAgeMs: maxAgeS * 1_000,
    deadlineAt: receivedAt + budgetMs,
    dial: true,
    patient: true,
  }
}

/** One report a recipient, in their order. */
async function inquire(group: Group, ports: ProbePorts): Promise<readonly ProbeReport[]> {
  const startedAt = ports.now()
  const wires = group.recipients.map(({ localPart }) => `${localPart}@${group.domain}`)
  const [recalled, route, fitness] = await Promise.all([
    ports.evidence.recall({ domain: group.domain, wires, account: group.account }, startedAt),
    group.dial ? ports.routeOf(group, group.deadlineAt) : { agrees: true, optedOut: false },
    ports.fitness(),
  ])
  const cases = wires.map((wire, n) => caseOf(group, recalled, { wire, n, startedAt }))
  const barred = barredBy(group, { recalled, route, fitness }, ports)
  const open = barred === null ? cases.filter((one, n) => isFirst(one, n, cases) && isOpen(one, ports)) : []
  const subjects = open.map(({ subject }) => subject)
  const { heard, settlements, nextAt } = await askInOrder(inquiryOf(group, recalled, fitness), subjects, ports)
  const remembered = await remember({ group, recalled, open, heard, settlements, startedAt }, ports)
  const smtpMs = ports.now() - startedAt
  return cases.map((one) => {
    // Who has opted out is not spoken of from memory either.
    const held = one.isKnown && barred?.hold !== 'opted_out' ? null : (barred ?? holdOn(one, ports))
    if (held !== null) return report(group, ports, { state: 'held', facts: [held], recalled })
    if (one.isKnown) return report(group, ports, { state: 'known', facts: knownFacts(one.known, startedAt), recalled })
    const told = asked(group, ports, { one, heard, recalled: { available: remembered } })
    return nextAt === null ? { ...told, smtpMs } : { ...told, smtpMs, nextAt }
  })
}

function inquiryOf(group: Group, recalled: Recalled, fitness: Fitness): Inquiry {
  const { jobId, exchanges, domain, recipients, deadlineAt, patient } = group
  const preferenceOf = new Map(exchanges.map(({ exchange, preference }) => [exchange, preference]))
  // Equals in an order of the address's own: a retry meets the host that put it off.
  const inOrder = inOrderFor(`${recipients[0]?.localPart}@${domain}`, [...preferenceOf.keys()]).sort(
    (one, other) => (preferenceOf.get(one) ?? 0) - (preferenceOf.get(other) ?? 0),
  )
  return { jobId, domain, exchanges: inOrder, deadlineAt, patient, domainFacts: recalled.domain.facts, fitness }
}

interface Round {
  readonly heard: Heard
  /** What the destinations are still to be told. */
  readonly settlements: readonly Settlement[]
  readonly nextAt: number | null
}

/** On to the next exchange after a connection failure, a 4xx greeting or silence; never after anybody was refused. */
async function askInOrder(inquiry: Inquiry, subjects: readonly Subject[], ports: ProbePorts): Promise<Round> {
  let heard = NOTHING_HEARD
  const settlements: Settlement[] = []
  let nextAt: number | null = null
  const exchanges = inquiry.exchanges.slice(0, MAX_EXCHANGES)
  for (const [index, exchange] of exchanges.entries()) {
    const now = ports.now()
    // A silent host may not eat the time of the one behind it.
    const { deadlineAt } = inquiry
    const greetingBy = index === exchanges.length - 1 ? deadlineAt : now + (deadlineAt - now) / 2
    // Who needs an extension comes last: that it is missing ends the visit, and is nothing to the others.
    let left = subjects
      .filter(({ wire }) => !hasReply(heard, wire))
      .toSorted((one, other) => Number(one.smtpUtf8) - Number(other.smtpUtf8))
    let settled = false
    while (left.length > 0) {
      // What the last visit has shown is told before the next one asks for its permit.
      await Promise.all(settlements.splice(0).map((settlement) => settlement.write()))
      const asked = await askExchange({ inquiry, exchange, subjects: left, deadlineAt, greetingBy }, ports)
      heard = together(heard, asked.heard)
      settlements.push(...asked.settlements)
      settled = asked.settled
      nextAt = asked.nextAt ?? nextAt
      left = left.filter(({ wire }) => !asked.heard.named.has(wire))
      const goesOn =
        settled &&
        asked.heard.named.size > 0 &&
        ![...asked.heard.shared, ...[...asked.heard.own.values()].flat()].some(endsRound) &&
        !isStopped(asked)
      if (!goesOn || ports.now() >= deadlineAt) break
    }
    if (settled || ports.now() >= deadlineAt) break
  }
  return { heard, settlements, nextAt }
}

const hasReply = ({ own }: Heard, wire: string): boolean => (own.get(wire) ?? []).some(({ kind }) => kind === 'reply')

/** A server that has refused as many as it may is not visited again at once. */
const isStopped = ({ heard: { refused } }: Asked): boolean => refused >= MOST_REFUSED - 1

/** 421, and whatever broke off, is no invitation to come again at once. */
const endsRound = (fact: ProbeFact): boolean =>
  fact.kind === 'hold' || fact.kind === 'fault' || (fact.kind === 'reply' && fact.reply.code === 421)

interface Outcome {
  readonly state: ProbeReport['state']
  readonly facts: ProbeReport['facts']
  readonly recalled: { readonly available: boolean }
}

/** The report on one address that was, or was to be, asked about. */
function asked(
  group: Group,
  ports: ProbePorts,
  { one, heard, recalled }: { one: Case; heard: Heard; recalled: { available: boolean } },
): ProbeReport {
  const { wire } = one.subject
  const own = heard.own.get(wire) ?? []
  if (heard.named.size > 0 && !heard.named.has(wire) && own.length === 0) {
    const hold = heard.shared.find((fact) => fact.kind === 'hold')
    const later = hold ?? holdFact('permit', ports.now() + NEXT_SESSION_MS, ports)
    return report(group, ports, { state: 'held', facts: [later], recalled })
  }
  const said = [...own, ...heard.shared].toSorted((a, b) => a.observedAt - b.observedAt)
  const told = one.known.own.filter(({ kind }) => kind === 'feedback')
  const facts = [...one.known.domainFacts, ...othersTold(heard, wire), ...told, ...said]
  // A greeting that refuses us is an answer to having asked, though nobody was named.
  const state = [...heard.shared, ...own].some(({ kind }) => kind !== 'hold') ? 'asked' : 'held'
  const transcript = group.recipients.length === 1 ? heard.transcript.slice(0, MAX_TRANSCRIPT) : []
  return { ...report(group, ports, { state, facts: facts.slice(-MAX_FACTS), recalled }), transcript }
}

/**
 * Whoever else of a list was accepted shows that a refusal was meant for this one, once for each exchange; that postmaster was
 * refused, who was asked about like anybody, shows that it may have been meant for us.
 */
function othersTold({ own }: Heard, wire: string): ProbeFact[] {
  if (!(own.get(wire) ?? []).some((fact) => fact.kind === 'reply' && fact.reply.code >= 500)) return []
  const others = [...own].filter(([other]) => other !== wire)
  const accepted = others
    .flatMap(([, facts]) => facts)
    .filter((fact) => fact.kind === 'reply' && fact.phase === 'rcpt' && fact.reply.code < 300)
    .map((fact) => ({ ...fact, to: 'other' as const }))
  const postmaster = others
    .filter(([other]) => other.toLowerCase().startsWith('postmaster@'))
    .flatMap(([, facts]) => facts.filter((fact) => fact.kind === 'reply' && fact.reply.code >= 500))
    .map((fact) => ({ ...fact, to: 'postmaster' as const }))
  const once = accepted.filter((fact, at) => accepted.findIndex((one) => exchangeOf(one) === exchangeOf(fact)) === at)
  return [...once, ...postmaster]
}

const exchangeOf = (fact: ProbeFact): string | null => ('exchange' in fact ? fact.exchange : null)

const MAX_TRANSCRIPT = 80
const MAX_FACTS = 60

function report({ jobId }: Group, ports: ProbePorts, { state, facts, recalled }: Outcome): ProbeReport {
  return {
    jobId,
    lane: ports.lane.id,
    state,
    facts: [...facts],
    withoutMemory: !recalled.available,
    smtpMs: null,
  }
}
