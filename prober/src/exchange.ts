// One exchange of one job: resolve, guard, permit, converse, and the facts that came of it.
import { domainToUnicode } from 'node:url'
import { type ProbeJob, wireAddress } from '@postern/shared/contract/probe.ts'
import type { Answer } from '@postern/shared/dns/answer.ts'
import { type ProviderRow, providerOf } from '@postern/shared/dns/provider.ts'
import { inOrderFor } from '@postern/shared/lanes/choose.ts'
import { redact } from '@postern/shared/smtp/reply.ts'
import { CONTROL_MS } from '@postern/shared/verdict/lifetimes.ts'
import type { Fault, FaultFact, HoldFact, ProbeFact, Recipient, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import type { Told } from './smtp/dialogue.ts'
import type { Conversation } from './net/converse.ts'
import type { Plan } from './smtp/plan.ts'
import type { Permits } from './store/permits.ts'

export interface LaneIdentity {
  readonly id: string
  readonly ehloName: string
  readonly mailFrom: string
}

/** Instants in milliseconds since the epoch. A host that has not greeted by `greetingBy` is left for the next one. */
export interface Limits {
  readonly deadlineAt: number
  readonly greetingBy: number
}

/** Never rejects: a connection that fails is a fault, a conversation that ends badly says how. */
export type Dial = (address: string, plan: Plan, limits: Limits) => Promise<Conversation | { readonly fault: Fault }>

export interface ExchangePorts {
  readonly lane: LaneIdentity
  readonly now: () => number
  readonly resolveAddresses: (exchange: string, deadlineAt: number) => Promise<Answer<string>>
  /** The guard, asked before a permit is spent; the driver asks it again about what it connects to. */
  readonly mayDial: (address: string) => boolean
  readonly strangerOf: (domain: string) => string
  readonly permits: Permits
  readonly dial: Dial
  /** An exchange that stalled after a pipelined group is spoken to without PIPELINING from then on. */
  readonly stalls: { has(exchange: string): boolean; add(exchange: string): void }
}

export interface Question extends Limits {
  readonly job: ProbeJob
  readonly exchange: string
  /** Strangers' answers and acceptances that are on record. */
  readonly domainFacts: readonly ReplyFact[]
}

/** `settled`: the next exchange must not, or need not, be asked. */
export interface Asked {
  readonly facts: readonly ProbeFact[]
  readonly recipients: number
  readonly settled: boolean
}

const GIVE_BACK_GRACE_MS = 500

/** Addresses of one exchange that are tried (RFC 5321 §5.1 asks for at least two, where there are). */
const MAX_ADDRESSES = 2

/** On to the exchange's next address only where the one before could not be reached. */
export async function askExchange(question: Question, ports: ExchangePorts): Promise<Asked> {
  const found = await addressesOf(question, ports)
  if (found.fault !== undefined) return { facts: [faultFact(question, ports, found)], recipients: 0, settled: false }
  const row = providerOf(question.exchange, question.job.domain)
  if (row.probe !== 'yes') return { facts: [barred(row, ports)], recipients: 0, settled: true }
  const unreached: ProbeFact[] = []
  for (const address of found.addresses.slice(0, MAX_ADDRESSES)) {
    const asked = await askAddress(question, { row, address }, ports)
    if (!isUnreached(asked)) return asked
    unreached.push(...asked.facts)
    if (ports.now() >= question.greetingBy) break
  }
  return { facts: unreached, recipients: 0, settled: false }
}

function isUnreached({ facts, settled }: Asked): boolean {
  const hopeless = (fact: ProbeFact) =>
    (fact.kind === 'fault' && UNREACHED.includes(fact.fault)) || (fact.kind === 'hold' && fact.hold === 'breaker_open')
  return !settled && facts.length > 0 && facts.every(hopeless)
}

interface Destination {
  readonly row: ProviderRow
  readonly address: string
}

async function askAddress(question: Question, { row, address }: Destination, ports: ExchangePorts): Promise<Asked> {
  const destination = row.id === 'default' ? address : row.id
  const plan = planFor(question, ports, row)
  const wanted = {
    owner: question.job.jobId,
    recipients: mostRecipients(plan),
    until: question.deadlineAt + GIVE_BACK_GRACE_MS,
  }
  const permit = await ports.permits.take(destination, wanted, row.limits)
  if (permit.kind === 'permit' || permit.kind === 'breaker_open') {
    const fact = holdFact(permit.kind, permit.retryAt, ports)
    return { facts: [fact], recipients: 0, settled: permit.kind === 'permit' }
  }
  const asked = await converseOnce({ question, plan, address }, ports)
  await ports.permits.giveBack(destination, wanted.owner, reached(asked.facts))
  return asked
}

/** The edge sends no such job; a route that changed on the way may still lead here. */
function barred({ probe }: ProviderRow, ports: ExchangePorts): HoldFact {
  return holdFact(probe === 'no' ? 'never_asked' : 'batch_only', null, ports)
}

async function addressesOf({ exchange, deadlineAt, job }: Question, ports: ExchangePorts) {
  const answer = await ports.resolveAddresses(exchange, deadlineAt)
  if (answer.kind !== 'records') return { fault: 'name_not_resolved' } as const
  const allowed = answer.data.filter(ports.mayDial)
  if (allowed.length === 0) return { fault: 'not_reachable_address' } as const
  return { addresses: inOrderFor(wireAddress(job), allowed) }
}

function planFor({ job, exchange, domainFacts }: Question, ports: ExchangePorts, row: ProviderRow): Plan {
  const since = ports.now() - CONTROL_MS
  const here = domainFacts.filter((fact) => fact.exchange === exchange && fact.observedAt > since)
  const controlKnown = row.control === 'none' || here.some(({ to }) => to === 'stranger')
  const somebodyAccepted = here.some(({ reply }) => reply.code < 300)
  return {
    ehloName: ports.lane.ehloName,
    mailFrom: ports.lane.mailFrom,
    mailbox: wireAddress(job),
    stranger: controlKnown ? null : `${ports.strangerOf(job.domain)}@${job.domain}`,
    controlTiming: row.controlTiming === 'pipelined' ? 'pipelined' : 'after_250',
    postmaster: somebodyAccepted ? null : `postmaster@${job.domain}`,
    smtpUtf8: job.smtpUtf8,
    pipelining: !ports.stalls.has(exchange),
    exchange,
  }
}

/** The RCPTs of the longest conversation that a plan allows: a stranger may be asked twice, or postmaster after it. */
function mostRecipients({ stranger, postmaster }: Plan): number {
  if (stranger !== null) return 3
  return postmaster === null ? 1 : 2
}

interface Attempt {
  readonly question: Question
  readonly plan: Plan
  readonly address: string
}

/** Advertised PIPELINING that stalls is answered by asking once more without. */
async function converseOnce({ question, plan, address }: Attempt, ports: ExchangePorts): Promise<Asked> {
  const conversation = await ports.dial(address, plan, question)
  if ('fault' in conversation) {
    return { facts: [faultFact(question, ports, conversation)], recipients: 0, settled: false }
  }
  if (conversation.ending === 'stalled' && plan.pipelining && ports.now() < question.deadlineAt) {
    ports.stalls.add(question.exchange)
    // It greets, it has shown that: no other host's time is spent on waiting for it.
    const again = { ...question, greetingBy: question.deadlineAt }
    const asked = await converseOnce({ question: again, plan: { ...plan, pipelining: false }, address }, ports)
    return { ...asked, recipients: asked.recipients + conversation.state.awaiting.filter(isRecipient).length }
  }
  return askedOf(conversation, question, ports)
}

function askedOf(conversation: Conversation, question: Question, ports: ExchangePorts): Asked {
  const { told, awaiting } = conversation.state
  const replies = told.map((one) => replyFact(one, question, ports))
  const fault = faultOf(conversation)
  const facts = fault === null ? replies : [...replies, faultFact(question, ports, fault)]
  return {
    facts,
    // Those of a group that broke off were named as well, though it was MAIL that got no answer.
    recipients: told.filter(({ phase }) => phase === 'rcpt').length + awaiting.filter(isRecipient).length,
    settled: told.some(settlesInquiry),
  }
}

/** After an answer to RCPT, and after a final refusal of us, another exchange would only be asked the same again. */
function settlesInquiry({ phase, reply }: Told): boolean {
  return phase === 'rcpt' || reply.code >= 500
}

const RECIPIENTS: readonly string[] = ['mailbox', 'stranger', 'postmaster']
const isRecipient = (expected: string): boolean => RECIPIENTS.includes(expected)

function faultOf({ ending, state }: Conversation): { fault: Fault; to: Recipient } | null {
  const [awaited] = state.awaiting
  const to = (isRecipient(awaited ?? '') ? awaited : 'nobody') as Recipient
  switch (ending) {
    case 'done':
      return null
    case 'timed_out':
    case 'stalled':
      return { fault: awaited === 'greeting' ? 'greeting_timeout' : 'reply_timeout', to }
    case 'closed':
    case 'tls_error':
    case 'protocol_error':
    case 'smtputf8_not_offered':
      return { fault: ending, to }
  }
}

function replyFact({ phase, to, reply, at }: Told, { exchange, job }: Question, ports: ExchangePorts): ReplyFact {
  const { localPart, domain } = job
  const unicodeDomain = domainToUnicode(domain)
  const shown = redact(reply, { localPart, domain, unicodeDomain, stranger: ports.strangerOf(domain) })
  return { kind: 'reply', phase, to, exchange, reply: shown, observedAt: at, source: ports.lane.id }
}

interface Ended {
  readonly fault: Fault
  readonly to?: Recipient
}

function faultFact({ exchange }: Question, ports: ExchangePorts, { fault, to = 'nobody' }: Ended): FaultFact {
  return { kind: 'fault', fault, to, exchange, observedAt: ports.now(), source: ports.lane.id }
}

/** Why this lane asks nobody, as of now; `retryAt` as an instant, or null where time changes nothing. */
export function holdFact(hold: HoldFact['hold'], retryAt: number | null, ports: ExchangePorts): HoldFact {
  return { kind: 'hold', hold, retryAt, observedAt: ports.now(), source: ports.lane.id }
}

const UNREACHED: readonly Fault[] = ['connect_refused', 'connect_timeout']

/** What the breaker hears: any reply closes it; only a connection that never came about brings it nearer. */
function reached(facts: readonly ProbeFact[]): boolean | null {
  if (facts.some(({ kind }) => kind === 'reply')) return true
  return facts.some((fact) => fact.kind === 'fault' && UNREACHED.includes(fact.fault)) ? false : null
}
