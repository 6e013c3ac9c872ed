// What stored evidence is still worth, and which of new facts belong to the address and which to its domain.
import type { ProbeJob } from '@postern/shared/contract/probe.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { HoldFact, ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import { answered, goodUntil, mailboxReply, REST_MS } from '@postern/shared/verdict/lifetimes.ts'
import { settlesControl } from './smtp/plan.ts'
import { CLOCK_SKEW_MS, type Recalled } from './store/evidence.ts'

/** A report holds sixty facts: what is left beside these is more than one inquiry finds. */
const MAX_DOMAIN_FACTS = 40

/** Without facts of exchanges that are no longer the domain's and did not answer for the mailbox either; the newest first. */
export function pertinent(recalled: Recalled, { exchanges }: ProbeJob): Recalled {
  const answering = recalled.mailbox.flatMap((fact) => (fact.kind === 'hold' ? [] : [fact.exchange]))
  const asked = new Set([...exchanges.map(({ exchange }) => exchange), ...answering])
  const domain = recalled.domain
    .filter(({ exchange }) => asked.has(exchange))
    .toSorted((one, other) => other.observedAt - one.observedAt)
  return { ...recalled, domain: domain.slice(0, MAX_DOMAIN_FACTS) }
}

/** The mailbox's own answer, while it is so young that nobody may ask again; else null. */
function restingReply(mailbox: readonly ProbeFact[], now: number): ReplyFact | null {
  const reply = mailboxReply(mailbox)
  return reply !== null && answered(reply) && now - reply.observedAt < REST_MS ? reply : null
}

/** True where nobody needs to be, or may be, asked: the evidence is young enough, or the mailbox answered within a day. */
export function isKnown(mailbox: readonly ProbeFact[], { now, maxAgeMs }: { now: number; maxAgeMs: number }): boolean {
  // Evidence from the future was dated by a clock that ran ahead, and would never grow old.
  if (mailbox.some(({ observedAt }) => observedAt > now + CLOCK_SKEW_MS)) return false
  if (restingReply(mailbox, now) !== null) return true
  const youngest = Math.max(0, ...mailbox.map(({ observedAt }) => observedAt))
  return now < goodUntil(mailbox) && now - youngest < maxAgeMs
}

/** True for a 250 that was taken while the domain may have accepted everybody: it is asked again before it counts (law 5). */
export function isUncountedYes(recalled: Recalled, domain: string, now: number): boolean {
  const reply = mailboxReply(recalled.mailbox)
  if (reply === null || reply.reply.code >= 300 || now - reply.observedAt < REST_MS) return false
  const facts = [...recalled.domain, ...recalled.mailbox]
  return decide({ facts, domain, now }).reason === 'accepts_all_unchecked'
}

/** True where an answer about the mailbox itself is on record and good at `now`. */
export function outlives(mailbox: readonly ProbeFact[], now: number): boolean {
  const reply = mailboxReply(mailbox)
  return reply !== null && answered(reply) && now < goodUntil(mailbox)
}

/** The facts of a report from memory; within a mailbox's day of rest they say when it may be asked again. */
export function knownFacts(recalled: Recalled, now: number): readonly ProbeFact[] {
  const facts = [...recalled.domain, ...recalled.mailbox]
  const reply = restingReply(recalled.mailbox, now)
  if (reply === null) return facts
  const resting: HoldFact = {
    kind: 'hold',
    hold: 'recently_answered',
    retryAt: reply.observedAt + REST_MS,
    observedAt: now,
    source: reply.source,
  }
  return [...facts, resting]
}

export interface SplitFacts {
  /** The address's own inquiry: its replies, and how the conversations for it ended. */
  readonly mailboxFacts: readonly ProbeFact[]
  /** Strangers' answers, and that somebody was accepted, without a name. */
  readonly domainFacts: readonly ReplyFact[]
  readonly answered: boolean
}

export function splitFacts(facts: readonly ProbeFact[]): SplitFacts {
  const reply = mailboxReply(facts)
  const domainFacts = facts.filter(isReply).flatMap(domainFact)
  return {
    mailboxFacts: facts.filter((fact) => fact.kind !== 'hold' && !(isReply(fact) && isControl(fact))),
    domainFacts,
    answered: reply !== null && answered(reply),
  }
}

function isReply(fact: ProbeFact): fact is ReplyFact {
  return fact.kind === 'reply'
}

/** A stranger's answer counts for the domain only where it settles the control; a 452 says nothing for a week. */
function isControl(fact: ReplyFact): boolean {
  return fact.to === 'stranger' && settlesControl(fact.reply, fact.exchange)
}

function domainFact(fact: ReplyFact): ReplyFact[] {
  if (fact.to === 'stranger') return isControl(fact) ? [fact] : []
  if (fact.to === 'nobody' || fact.reply.code >= 300) return []
  return [{ ...fact, to: 'other', reply: { ...fact.reply, lines: [] } }]
}
