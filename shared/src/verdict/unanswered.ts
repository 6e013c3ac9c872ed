// Why there is no answer about the mailbox, in the words of the public reasons: never a no, and when to ask again.
import type { ReplyClass } from '../smtp/codes.ts'
import { meaning } from '../smtp/meaning.ts'
import { againAt } from './again.ts'
import type { Case, Finding } from './finding.ts'
import { type Fault, type FaultFact, type Hold, type HoldFact, isProbeFact, type ReplyFact } from './evidence.ts'
import { lastWord } from './lifetimes.ts'
import type { Reason } from './reasons.ts'

const OF_CLASS: Record<ReplyClass, Reason> = {
  accepted: 'inconclusive',
  accepted_cannot_verify: 'inconclusive',
  mailbox_not_found: 'inconclusive',
  mailbox_moved: 'inconclusive',
  mailbox_disabled: 'inconclusive',
  mailbox_full: 'inconclusive',
  mailbox_busy: 'rate_limited',
  greylisted: 'greylisted',
  verification_pending: 'greylisted',
  temporary: 'greylisted',
  rate_limited: 'rate_limited',
  blocked_ip: 'blocked',
  blocked_sender: 'blocked',
  policy: 'blocked',
  needs_rdns: 'blocked',
  needs_spf: 'blocked',
  needs_tls: 'tls_required',
  needs_auth: 'blocked',
  relay_denied: 'inconclusive',
  content: 'inconclusive',
  size: 'inconclusive',
  protocol_error: 'inconclusive',
  address_refused: 'inconclusive',
  other: 'inconclusive',
}

const OF_FAULT: Record<Fault, Reason> = {
  connect_refused: 'connect_failed',
  connect_timeout: 'connect_failed',
  connect_unroutable: 'no_lane',
  greeting_timeout: 'smtp_timeout',
  reply_timeout: 'smtp_timeout',
  closed: 'inconclusive',
  protocol_error: 'inconclusive',
  tls_error: 'tls_required',
  smtputf8_not_offered: 'inconclusive',
  not_reachable_address: 'inconclusive',
  name_not_resolved: 'dns_failure',
  name_timeout: 'dns_timeout',
}

const OF_HOLD: Record<Hold, Reason | null> = {
  not_asked: null,
  recently_answered: null,
  batch_only: 'not_probed',
  never_asked: 'provider_unverifiable',
  permit: 'rate_limited',
  attempts_spent: 'rate_limited',
  breaker_open: 'breaker_open',
  no_lane: 'no_lane',
  in_progress: 'in_progress',
  route_differs: 'inconclusive',
  opted_out: 'opted_out',
  // A refusal of us: the domain stays with its lane, and the lane with its name.
  shunned: 'blocked',
  lane_unfit: 'no_lane',
}

/** A reply outranks a hold, and a hold, which says when to come back, outranks silence. */
export function unanswered({ facts }: Case): Finding | null {
  const probed = facts.filter(isProbeFact)
  const word = lastWord(probed)
  if (word?.kind === 'reply') return fromReply(word)
  const held = probed.filter((fact): fact is HoldFact => fact.kind === 'hold').flatMap(fromHold)
  return held.at(-1) ?? (word === null ? null : fromFault(word))
}

function fromReply(fact: ReplyFact): Finding {
  const said = meaning(fact.reply, fact)
  return { reason: OF_CLASS[said.class], level: 'estimated', rule: said.rule, cites: [fact], retryAt: againAt(fact) }
}

function fromFault(fact: FaultFact): Finding {
  const retryAt = againAt(fact)
  return { reason: OF_FAULT[fact.fault], level: 'estimated', rule: `smtp.${fact.fault}`, cites: [fact], retryAt }
}

function fromHold(fact: HoldFact): Finding[] {
  const reason = OF_HOLD[fact.hold]
  if (reason === null) return []
  return [{ reason, level: 'estimated', rule: `hold.${fact.hold}`, cites: [fact], retryAt: fact.retryAt }]
}
