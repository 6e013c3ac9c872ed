// What stored evidence is still worth, and which of new facts belong to an address and which to its domain.
import { decide } from '@postern/shared/verdict/decide.ts'
import type { FeedbackFact, HoldFact, ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import { answered, DAY_MS, goodUntil, mailboxReply, REST_MS } from '@postern/shared/verdict/lifetimes.ts'
import { settlesControl } from './smtp/recipients.ts'
import { CLOCK_SKEW_MS } from './store/items.ts'

/** A report holds sixty facts: what is left beside these is more than one inquiry finds. */
const MAX_DOMAIN_FACTS = 40

/** What is on record of one address and of its domain. */
export interface Known {
  readonly own: readonly ProbeFact[]
  readonly domainFacts: readonly ReplyFact[]
}

/** Without facts of exchanges that are no longer the domain's and did not answer for the mailbox either; the newest first. */
export function pertinent({ own, domainFacts }: Known, exchanges: readonly string[]): Known {
  const answering = own.flatMap((fact) => (fact.kind === 'reply' || fact.kind === 'fault' ? [fact.exchange] : []))
  const asked = new Set([...exchanges, ...answering])
  const domain = domainFacts
    .filter(({ exchange }) => asked.has(exchange))
    .toSorted((one, other) => other.observedAt - one.observedAt)
  return { own, domainFacts: domain.slice(0, MAX_DOMAIN_FACTS) }
}

/** The mailbox's own answer, while it is so young that nobody may ask again; else null. */
function restingReply(own: readonly ProbeFact[], now: number): ReplyFact | null {
  const reply = mailboxReply(own)
  return reply !== null && answered(reply) && now - reply.observedAt < REST_MS ? reply : null
}

/** True where nobody needs to be, or may be, asked: the evidence is young enough, or the mailbox answered within a day. */
export function isKnown(
  known: Known,
  { domain, now, maxAgeMs }: { domain: string; now: number; maxAgeMs: number },
): boolean {
  const { own } = known
  // Evidence from the future was dated by a clock that ran ahead, and would never grow old.
  if (own.some(({ observedAt }) => observedAt > now + CLOCK_SKEW_MS)) return false
  if (restingReply(own, now) !== null) return true
  if (own.some((fact) => isDelivery(fact) && now - fact.observedAt < maxAgeMs)) return true
  const said = own.filter(({ kind }) => kind === 'reply' || kind === 'fault')
  const youngest = Math.max(0, ...said.map(({ observedAt }) => observedAt))
  return now < goodUntil(said) && now - youngest < maxAgeMs && !isUncountedYes(known, domain, now)
}

function isDelivery(fact: ProbeFact): fact is FeedbackFact {
  return fact.kind === 'feedback' && fact.outcome === 'delivered'
}

/** True for a 250 that was taken while the domain may have accepted everybody: it is asked again before it counts (law 5). */
function isUncountedYes({ own, domainFacts }: Known, domain: string, now: number): boolean {
  const reply = mailboxReply(own)
  if (reply === null || reply.reply.code >= 300) return false
  return decide({ facts: [...domainFacts, ...own], domain, now }).reason === 'accepts_all_unchecked'
}

/** True where an answer about the mailbox itself is on record and good at `now`. */
export function outlives(own: readonly ProbeFact[], now: number): boolean {
  return isAnswered(own) && now < goodUntil(own)
}

/** The facts of a report from memory; within a mailbox's day of rest they say when it may be asked again. */
export function knownFacts({ own, domainFacts }: Known, now: number): readonly ProbeFact[] {
  const facts = [...domainFacts, ...own]
  const reply = restingReply(own, now)
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

/** What of a conversation is kept under an address: all but holds and a control that is settled. */
export function keptOfAddress(facts: readonly ProbeFact[]): readonly ProbeFact[] {
  return facts.filter((fact) => fact.kind !== 'hold' && fact.kind !== 'feedback' && !(isReply(fact) && isControl(fact)))
}

/** Strangers' answers, and that somebody was accepted, without a name, unless that is on record of the last day. */
export function keptOfDomain(facts: readonly ProbeFact[], recorded: readonly ReplyFact[]): readonly ReplyFact[] {
  const found = facts.filter(isReply).flatMap(domainFact)
  return found.filter(
    (fact) =>
      fact.to === 'stranger' ||
      !recorded.some(
        ({ to, exchange, observedAt }) =>
          to === 'other' && exchange === fact.exchange && fact.observedAt - observedAt < DAY_MS,
      ),
  )
}

/** True where the mailbox was answered for. */
export function isAnswered(facts: readonly ProbeFact[]): boolean {
  const reply = mailboxReply(facts)
  return reply !== null && answered(reply)
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
