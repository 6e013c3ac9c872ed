// What an account has told us of its own messages, weighed beside what the mailbox's server said.
import { meaning } from '../smtp/meaning.ts'
import type { FeedbackFact } from './evidence.ts'
import type { Case, Finding } from './finding.ts'
import { FEEDBACK_MS } from './lifetimes.ts'
import { mailboxAnswer } from './mailbox.ts'
import { worthOf } from './reasons.ts'

/** The mailbox's answer, or what a message of the account's own has shown in its stead. */
export function heardOf(judged: Case): Finding | null {
  const said = mailboxAnswer(judged)
  const told = feedbackOf(judged)
  if (told === null) return said
  const other = freshOf(judged).find((one) => one.outcome !== told.outcome)
  if (other !== undefined && (noOf(told) !== null || noOf(other) !== null))
    return contradicted(told, { cites: [other, ...(said?.cites ?? [])] })
  return told.outcome === 'delivered' ? delivered(told, said) : bounced(told, said)
}

function freshOf({ facts, now }: Case): readonly FeedbackFact[] {
  const told = facts.filter((fact): fact is FeedbackFact => fact.kind === 'feedback')
  return told.filter(({ observedAt }) => now - observedAt < FEEDBACK_MS)
}

function feedbackOf(judged: Case): FeedbackFact | null {
  return freshOf(judged).reduce<FeedbackFact | null>(
    (last, one) => (last && last.observedAt > one.observedAt ? last : one),
    null,
  )
}

function delivered(told: FeedbackFact, said: Finding | null): Finding {
  if (said?.reason === 'mailbox_accepted' && said.level === 'confirmed') return said
  if (said !== null && worthOf(said.reason).status === 'undeliverable') return contradicted(told, said)
  return { reason: 'feedback_delivered', level: 'confirmed', rule: 'feedback.delivered', cites: [told], retryAt: null }
}

/** What a message that came back says for good of the mailbox; null where it says nothing of it. */
function noOf({ outcome, reply }: FeedbackFact) {
  if (outcome === 'delivered' || reply === null) return null
  const said = meaning(reply, { phase: 'data', exchange: null })
  return said.says === 'no' && said.about === 'mailbox' ? said : null
}

/** A message comes back for many reasons; only one that is about the mailbox, and final, says anything of it. */
function bounced(told: FeedbackFact, said: Finding | null): Finding | null {
  const no = noOf(told)
  if (no === null) return said
  const status = said === null ? 'unknown' : worthOf(said.reason).status
  if (status === 'undeliverable') return said
  if (said !== null && status === 'deliverable') return contradicted(told, said)
  const reason = no.class === 'mailbox_disabled' ? 'mailbox_disabled' : 'mailbox_not_found'
  return { reason, level: 'estimated', rule: 'feedback.bounced', cites: [told], retryAt: null }
}

/** Two answers that exclude one another prove neither: losing one of them must never yield its opposite (law 2). */
function contradicted(told: FeedbackFact, said: Pick<Finding, 'cites'>): Finding {
  const cites = [told, ...said.cites]
  return { reason: 'inconclusive', level: 'estimated', rule: 'feedback.contradicted', cites, retryAt: null }
}
