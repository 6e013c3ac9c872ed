// How long evidence answers for its mailbox before somebody has to be asked again.
import type { ReplyClass } from '../smtp/codes.ts'
import { meaning } from '../smtp/meaning.ts'
import { againAt } from './again.ts'
import type { FaultFact, ProbeFact, ReplyFact } from './evidence.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** A stranger's answer and an acceptance are compared within this span (law 5), in milliseconds. */
export const CONTROL_MS = 7 * DAY_MS

/** What an account has told us of a message of its own holds this long, in milliseconds. */
export const FEEDBACK_MS = 30 * DAY_MS

/** A mailbox that answered is left alone this long, whatever a request says. */
export const REST_MS = DAY_MS

const LIFETIME_MS: Partial<Record<ReplyClass, number>> = {
  accepted: 7 * DAY_MS,
  accepted_cannot_verify: 7 * DAY_MS,
  mailbox_not_found: 7 * DAY_MS,
  mailbox_moved: 7 * DAY_MS,
  mailbox_disabled: 7 * DAY_MS,
  mailbox_busy: DAY_MS,
  mailbox_full: DAY_MS,
  blocked_ip: HOUR_MS,
  blocked_sender: HOUR_MS,
  policy: HOUR_MS,
}

/** Everything else, time-outs and silence included. */
const UNCLEAR_MS = 15 * MINUTE_MS

/** The reply that was observed last, the later in the list among equals, or null. */
export function latest(facts: readonly ReplyFact[]): ReplyFact | null {
  return facts.reduce<ReplyFact | null>(
    (last, fact) => (last === null || fact.observedAt >= last.observedAt ? fact : last),
    null,
  )
}

/** The reply to the mailbox's own RCPT that was observed last, or null. */
export function mailboxReply(facts: readonly ProbeFact[]): ReplyFact | null {
  return latest(facts.filter((fact): fact is ReplyFact => fact.kind === 'reply' && fact.to === 'mailbox'))
}

/** True where the mailbox was answered for: 2xx, or a 5xx about itself. */
export function answered(fact: ReplyFact): boolean {
  if (fact.reply.code < 300) return true
  return fact.reply.code >= 500 && meaning(fact.reply, fact).about === 'mailbox'
}

/** The last reply or fault that the address's own inquiry ended with, or null where nobody was asked. */
export function lastWord(facts: readonly ProbeFact[]): ReplyFact | FaultFact | null {
  const reply = mailboxReply(facts)
  if (reply !== null) return reply
  const words = facts.filter(
    (fact): fact is ReplyFact | FaultFact =>
      (fact.kind === 'reply' || fact.kind === 'fault') && (fact.to === 'mailbox' || fact.to === 'nobody'),
  )
  // Words that a server found for us tell more than another one's silence.
  return words.findLast(({ kind }) => kind === 'reply') ?? words.at(-1) ?? null
}

/** Instant until which this evidence answers a repeat, in milliseconds since the epoch; 0 where there is none. */
export function goodUntil(facts: readonly ProbeFact[]): number {
  const word = lastWord(facts)
  if (word === null) return 0
  const again = againAt(word)
  if (again !== null) return again
  if (word.kind === 'fault') return word.observedAt + UNCLEAR_MS
  return word.observedAt + (LIFETIME_MS[meaning(word.reply, word).class] ?? UNCLEAR_MS)
}
