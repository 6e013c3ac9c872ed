// What the mailbox's own server said, and whether it may be believed: a no needs somebody treated differently, a yes a refused stranger.
import { type ProviderRow, providerOf } from '../dns/provider.ts'
import type { Meaning } from '../smtp/codes.ts'
import { meaning } from '../smtp/meaning.ts'
import { type Fact, type FaultFact, factOf, isProbeFact, type ProbeFact, type ReplyFact } from './evidence.ts'
import type { Case, Finding } from './finding.ts'
import { CONTROL_MS, DAY_MS, latest, mailboxReply } from './lifetimes.ts'
import type { Level, Reason } from './reasons.ts'
import { dialable } from './route.ts'

export function mailboxAnswer(judged: Case): Finding | null {
  const facts = judged.facts.filter(isProbeFact)
  const reply = mailboxReply(facts)
  if (reply === null) return smtpUtf8(facts, hostsOf(judged))
  const said = meaning(reply.reply, reply)
  if (contradicted(facts, reply, said)) return null
  const row = providerOf(reply.exchange, judged.domain)
  const canary = facts.find(
    (fact) => fact.kind === 'canary' && fact.operator === row.id && isWithin(fact, reply, CANARY_MS),
  )
  const heard: Heard = {
    reply,
    said,
    row,
    others: recipientsAt(facts, reply),
    unheard: unheardAt(facts, reply),
    canary: canary ?? null,
  }
  if (said.says === 'no' && said.about === 'mailbox' && reply.reply.code >= 500) return refused(heard)
  if (said.class === 'mailbox_full') return finding('mailbox_full', 'confirmed', heard)
  if (said.says === 'yes' && said.about === 'mailbox') return accepted(heard)
  return null
}

function hostsOf({ facts }: Case): readonly string[] {
  const route = factOf(facts, 'route')
  return route === undefined ? [] : dialable(route.route).map(({ exchange }) => exchange)
}

interface Heard {
  readonly reply: ReplyFact
  readonly said: Meaning
  readonly row: ProviderRow
  /** RCPT replies to others at the same exchange, within the span in which answers may be compared. */
  readonly others: readonly ReplyFact[]
  /** Postmaster had no answer at that exchange. */
  readonly unheard: readonly FaultFact[]
  /** The operator has refused the lane somebody within a day: it does not say yes to everybody. */
  readonly canary: Fact | null
}

/** An operator that needs no control is believed for as long as it has refused a dead mailbox, in milliseconds. */
const CANARY_MS = DAY_MS

function isWithin(one: Fact, other: Fact, spanMs: number): boolean {
  return distance(one, other) <= spanMs
}

/** Two answers that exclude one another prove neither: losing one of them must never yield its opposite (law 2). */
function contradicted(facts: readonly ProbeFact[], last: ReplyFact, said: Meaning): boolean {
  if (said.says !== 'yes' && said.says !== 'no') return false
  const opposite = said.says === 'yes' ? 'no' : 'yes'
  return facts.some((fact) => {
    if (fact.kind !== 'reply' || fact.to !== 'mailbox' || fact === last) return false
    const other = meaning(fact.reply, fact)
    return other.about === 'mailbox' && other.says === opposite
  })
}

interface Supported extends Heard {
  readonly support?: readonly Fact[]
}

function recipientsAt(facts: readonly ProbeFact[], reply: ReplyFact): ReplyFact[] {
  return facts.filter(
    (fact): fact is ReplyFact =>
      fact.kind === 'reply' &&
      fact.phase === 'rcpt' &&
      fact.to !== 'mailbox' &&
      fact.exchange === reply.exchange &&
      isWithin(fact, reply, CONTROL_MS),
  )
}

function unheardAt(facts: readonly ProbeFact[], { exchange }: ReplyFact): FaultFact[] {
  return facts.filter(
    (fact): fact is FaultFact => fact.kind === 'fault' && fact.to === 'postmaster' && fact.exchange === exchange,
  )
}

function finding(reason: Reason, level: Level, { reply, said, support = [] }: Supported): Finding {
  return { reason, level, rule: said.rule, cites: [reply, ...support], retryAt: null }
}

const REFUSED_REASON: Partial<Record<Meaning['class'], Reason>> = { mailbox_disabled: 'mailbox_disabled' }

function refused(heard: Heard): Finding {
  const { reply, said, row, others } = heard
  const reason = REFUSED_REASON[said.class] ?? 'mailbox_not_found'
  const accepted = nearest(
    reply,
    others.filter((other) => other.reply.code < 300),
  )
  if (accepted !== null && !isSinceRefused(heard, accepted))
    return finding(reason, 'confirmed', { ...heard, support: [accepted] })
  if (rowNames(row, reply)) return finding(reason, 'confirmed', heard)
  // Everybody refused alike: the words still say what they say, but they may be said to us alone.
  return said.strong ? finding(reason, 'estimated', heard) : finding('blocked', 'estimated', heard)
}

/** Of those, the one that was observed next to `reply` in time; null where there is none. */
function nearest<T extends Fact>(reply: ReplyFact, those: readonly T[]): T | null {
  return those.reduce<T | null>(
    (best, one) => (best === null || distance(one, reply) < distance(best, reply) ? one : best),
    null,
  )
}

function distance(one: Fact, other: Fact): number {
  return Math.abs(one.observedAt - other.observedAt)
}

/**
 * Postmaster must exist (RFC 5321 §4.5.1): whoever refuses it, or hangs up on it, nearer to `reply` than somebody was accepted
 * may refuse us all. To be put off is no such word.
 */
function isSinceRefused({ reply, others, unheard }: Heard, accepted: ReplyFact): boolean {
  const refusals = others.filter(
    ({ to, reply: said }) => to === 'postmaster' && (said.code >= 500 || said.code === 421),
  )
  const word = nearest<ReplyFact | FaultFact>(reply, [...refusals, ...unheard])
  return word !== null && distance(word, reply) < distance(accepted, reply)
}

/** True where a named provider's row lists this very code or phrase as "no such mailbox"; the default row never does. */
function rowNames(row: ProviderRow, { reply }: ReplyFact): boolean {
  if (row.id === 'default') return false
  const { enhanced } = reply
  const status = enhanced === null ? null : `${enhanced.class}.${enhanced.subject}.${enhanced.detail}`
  const text = reply.lines.join(' ').toLowerCase()
  return row.noCodes.some(
    (code) =>
      (code.enhanced === undefined || code.enhanced === status) &&
      (code.phrase === undefined || text.includes(code.phrase.toLowerCase())),
  )
}

/** The row is a prior: what the domain's own strangers were told overrides it. */
function accepted(heard: Heard): Finding {
  const { row, said, others } = heard
  const strangers = others.filter(({ to }) => to === 'stranger')
  const tellsNothing = row.meaningOf250 === 'nothing' && !strangers.some(isRefusedStranger)
  if (said.class === 'accepted_cannot_verify' || tellsNothing)
    return finding('provider_unverifiable', 'estimated', heard)
  if (said.class === 'mailbox_busy') {
    const known = row.id === 'google-consumer' || row.id === 'google-workspace'
    return finding('mailbox_accepted', known ? 'confirmed' : 'estimated', heard)
  }
  return row.control === 'none' && strangers.length === 0 ? uncontrolled(heard) : byControl(heard)
}

/** Without a refused dead mailbox at hand, a provider that needs no control still only makes it likely. */
function uncontrolled(heard: Heard): Finding {
  const { row, canary } = heard
  if (canary === null || row.meaningOf250 !== 'exists') return finding('mailbox_accepted', 'estimated', heard)
  return finding('mailbox_accepted', 'confirmed', { ...heard, support: [canary] })
}

/** Observations this close together are of one session, or as good as. */
const SESSION_MS = 60_000

function byControl(heard: Heard): Finding {
  const { reply, others } = heard
  const strangers = others.filter(({ to }) => to === 'stranger')
  const acceptedOne = latest(strangers.filter((fact) => fact.reply.code < 300))
  const refusedOne = latest(strangers.filter(isRefusedStranger))
  if (refusedOne === null && acceptedOne === null) return finding('accepts_all_unchecked', 'estimated', heard)
  if (refusedOne === null || (acceptedOne !== null && acceptedOne.observedAt >= refusedOne.observedAt)) {
    const support = acceptedOne === null ? [] : [acceptedOne]
    return finding('accepts_all', 'confirmed', { ...heard, support })
  }
  return acceptedOne === null || countsAfter(acceptedOne, refusedOne, reply)
    ? finding('mailbox_accepted', 'confirmed', { ...heard, support: [refusedOne] })
    : finding('accepts_all_unchecked', 'estimated', { ...heard, support: [acceptedOne] })
}

/** Once a domain has accepted everybody, a 250 counts only if a stranger was refused before it, or in its own session. */
function countsAfter(acceptedOne: ReplyFact, refusedOne: ReplyFact, reply: ReplyFact): boolean {
  const sameSession = isWithin(refusedOne, reply, SESSION_MS)
  return acceptedOne.observedAt < reply.observedAt && (sameSession || refusedOne.observedAt <= reply.observedAt)
}

function isRefusedStranger(fact: ReplyFact): boolean {
  const { says, about } = meaning(fact.reply, fact)
  return says === 'no' && about === 'mailbox' && fact.reply.code >= 500
}

/**
 * RFC 6531 §3.2: a server without SMTPUTF8 cannot be handed an internationalized address at all. That is a no only where
 * every host that could be asked said so: one that could not be asked, or was not, might have taken it.
 */
function smtpUtf8(facts: readonly ProbeFact[], hosts: readonly string[]): Finding | null {
  const words = facts.filter((one) => one.kind === 'reply' || one.kind === 'fault')
  const lacking = words.filter((one): one is FaultFact => one.kind === 'fault' && one.fault === 'smtputf8_not_offered')
  const own = words.filter((one) => one.kind === 'fault' || one.to === 'nobody')
  const said = new Set(lacking.map(({ exchange }) => exchange))
  const isOpen = lacking.length < own.length || facts.some(isWaiting) || hosts.some((host) => !said.has(host))
  return lacking.length === 0 || isOpen
    ? null
    : { reason: 'smtputf8_unsupported', level: 'confirmed', rule: 'smtp.smtputf8', cites: lacking, retryAt: null }
}

/** Somebody else is still to be asked, or may be later. */
function isWaiting(fact: ProbeFact): boolean {
  return fact.kind === 'hold' && fact.hold !== 'recently_answered'
}
