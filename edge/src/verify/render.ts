// A verified address as the public answer: what was decided, and by which evidence.
import { type RuleSets, ruleSets, ruleSetsOf } from '@postern/shared/address/parse.ts'
import { canonical } from '@postern/shared/address/canonical.ts'
import type { Verification, VerificationRequest } from '@postern/shared/contract/verification.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import { advice } from '@postern/shared/verdict/advice.ts'
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { decide, providerFor } from '@postern/shared/verdict/decide.ts'
import {
  type Fact,
  factOf,
  isProbeFact,
  type ReplyFact,
  type RouteFact,
  type SignalFact,
  type SyntaxFact,
} from '@postern/shared/verdict/evidence.ts'
import { DAY_MS, latest, mailboxReply } from '@postern/shared/verdict/lifetimes.ts'
import { worthOf } from '@postern/shared/verdict/reasons.ts'
import { score } from '@postern/shared/verdict/score.ts'
import { flagsIn, refusesOne } from '@postern/shared/verdict/signals.ts'
import { suggestionOf } from '@postern/shared/verdict/suggestion.ts'
import { validUntil } from '@postern/shared/verdict/valid-until.ts'
import { evidenceRows } from './evidence-rows.ts'
import type { Verified, VerifyRequest } from './verified.ts'

export interface Rendering {
  readonly request: VerifyRequest
  readonly wanted: Pick<VerificationRequest, 'evidence' | 'metadata'>
  readonly verified: Verified
  readonly cost: Cost
  readonly startedAt: number
  /** Flags that the account refuses. */
  readonly refuseFlags?: readonly string[]
  /** Flags that the account wants shown only. */
  readonly flagOnly?: readonly string[]
}

export function render(rendering: Rendering): Verification {
  const { request, wanted, cost, startedAt, refuseFlags = [] } = rendering
  const verified = rejudged(rendering)
  const { verdict, facts, address, checkedAt } = verified
  const retryAt = verdict.retryAt ?? restingUntil(facts)
  const suggested = suggestionOf(facts)
  return {
    id: request.id,
    email: request.email,
    normalized: address === null ? null : canonical(address),
    mode: request.mode,
    status: verdict.status,
    reason: verdict.reason,
    level: verdict.level,
    score: score(verdict, facts, checkedAt),
    advice: refusesOne(facts, refuseFlags) ? 'reject' : advice(verdict, facts, checkedAt),
    flags: flagsOf(address === null ? null : facts),
    suggestion: suggested === null ? null : { email: suggested.email, probability: suggested.probability },
    checks: checksOf(verified, request.email, wanted.evidence === 'full'),
    evidence: evidenceRows(verified, wanted.evidence ?? 'summary'),
    retryable: isRetryable(verified),
    retry_at: isoOrNull(retryAt),
    valid_until: isoOrNull(validUntil(verdict, checkedAt)),
    final: !isRetryable(verified),
    poll_url: null,
    checked_at: iso(verified.saidAt ?? checkedAt),
    cost: { ...cost },
    timing: {
      total_ms: Math.round(checkedAt - startedAt),
      dns_ms: rounded(verified.dnsMs),
      smtp_ms: rounded(verified.smtpMs),
    },
    lane: verified.lane,
    metadata: wanted.metadata ?? null,
  }
}

/** Evidence is judged for everybody alike; what an account wants to overlook is left out when it is told. */
function rejudged({ verified, flagOnly = [] }: Rendering): Verified {
  const { address, facts, checkedAt: now } = verified
  if (flagOnly.length === 0 || address?.domain.kind !== 'name') return verified
  return { ...verified, verdict: decide({ facts, domain: address.domain.ascii, now, flagOnly }) }
}

function isRetryable({ verdict }: Verified): boolean {
  return verdict.status === 'unknown' && (worthOf(verdict.reason).retryable === true || verdict.retryAt !== null)
}

/** When a mailbox that answered lately may be asked again. */
function restingUntil(facts: readonly Fact[]): number | null {
  const resting = facts.find((fact) => fact.kind === 'hold' && fact.hold === 'recently_answered')
  return resting?.kind === 'hold' ? resting.retryAt : null
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at)
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}

function flagsOf(facts: readonly Fact[] | null): Verification['flags'] {
  const raised = flagsIn(facts ?? [])
  // Several checks may look for the same thing: one that found it outweighs those that did not.
  const flag = (name: SignalFact['signal']): boolean | null => {
    const isChecked = facts?.some((fact) => fact.kind === 'signal' && fact.signal === name) ?? false
    return isChecked ? raised.includes(name) : null
  }
  return {
    disposable: flag('disposable'),
    relay: flag('relay'),
    forwarding: flag('forwarding'),
    free: flag('free'),
    role: flag('role'),
    subaddress: flag('subaddress'),
    gibberish: flag('gibberish'),
    suspected_trap: flag('suspected_trap'),
    abuse: flag('abuse'),
  }
}

function checksOf(verified: Verified, email: string, isFull: boolean): Verification['checks'] {
  const { facts, address, checkedAt } = verified
  const domain = address?.domain.kind === 'name' ? address.domain.ascii : ''
  const route = factOf(facts, 'route')
  return {
    syntax: syntaxOf(facts, address === null ? ruleSets(email) : ruleSetsOf(address)),
    mail_route: {
      kind: route?.route.kind ?? 'not_looked_up',
      exchanges: route !== undefined && 'exchanges' in route.route ? [...route.route.exchanges] : [],
      provider: providerFor({ facts, domain, now: checkedAt })?.id ?? null,
      resolver: route?.source ?? null,
      dnssec: dnssecOf(route),
    },
    smtp: smtpOf(verified, isFull),
    domain_age: { days: ageOf(facts, checkedAt) },
  }
}

function smtpOf({ facts, smtpState, transcript = [] }: Verified, isFull: boolean): Verification['checks']['smtp'] {
  const smtp = { state: smtpState, accepts: accepts(facts), strangers: strangers(facts) }
  return isFull && transcript.length > 0 ? { ...smtp, transcript: [...transcript] } : smtp
}

/** Whole days since the domain was registered; null where nobody could tell. */
function ageOf(facts: readonly Fact[], now: number): number | null {
  const age = factOf(facts, 'domain_age')
  return age === undefined ? null : Math.max(0, Math.floor((now - age.registeredAt) / DAY_MS))
}

function dnssecOf(route: RouteFact | undefined): 'secure' | 'insecure' | null {
  if (route === undefined || route.route.kind === 'unlearned') return null
  return route.authentic ? 'secure' : 'insecure'
}

function syntaxOf(
  facts: readonly Fact[],
  { rfc5321, rfc6531, needsSmtpUtf8 }: RuleSets,
): Verification['checks']['syntax'] {
  const refusals = facts.filter((fact): fact is SyntaxFact => fact.kind === 'syntax')
  const rules = refusals.map(({ rule, offset, message, cites }) => ({ rule, offset, message, source: cites }))
  return { ok: refusals.length === 0, rfc5321, rfc6531, needs_smtputf8: needsSmtpUtf8, rules }
}

/** True and false only for an answer about the mailbox: null never means false. */
function accepts(facts: readonly Fact[]): boolean | null {
  const reply = mailboxReply(facts.filter(isProbeFact))
  if (reply === null) return null
  const { says, about } = meaning(reply.reply, reply)
  if (about !== 'mailbox' || says === 'unclear' || says === 'later') return null
  return says === 'yes'
}

function strangers(facts: readonly Fact[]): Verification['checks']['smtp']['strangers'] {
  const said = facts.filter(
    (fact): fact is ReplyFact => fact.kind === 'reply' && fact.to === 'stranger' && fact.phase === 'rcpt',
  )
  const last = latest(said)
  if (last === null) return 'not_checked'
  if (last.reply.code < 300) return 'accepts_all'
  const { says, about } = meaning(last.reply, last)
  return says === 'no' && about === 'mailbox' ? 'refuses_strangers' : 'unknown'
}
