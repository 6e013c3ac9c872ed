// Test keys: the local part, or its tag, names the outcome, on any domain, the same every time; nobody is asked.
import { type Address, parse } from '@postern/shared/address/parse.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'
import { type Reason, REASONS, type Status, worthOf } from '@postern/shared/verdict/reasons.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import type { Verified, VerifyRequest } from './verified.ts'

const RETRY_MS = 60_000

/** `mailbox_not_found@…` and `anything+greylisted@…` have that reason, `risky@…` one of that status; all else is accepted. */
export function sandboxed(request: VerifyRequest, now: number): Verified {
  const parsed = parse(request.email, request.allow)
  const observed = { observedAt: now, source: 'sandbox' }
  // A verdict cites something, or its advice would be that of a verdict which cannot say how old it is.
  const fact: Fact = parsed.ok
    ? { kind: 'hold', hold: 'not_asked', retryAt: null, ...observed }
    : { kind: 'syntax', ...parsed.refusal, ...observed }
  const reason = parsed.ok ? reasonNamed(parsed.address) : 'syntax_invalid'
  const facts = [fact, ...shownWith(reason, observed)]
  const smtpState = request.mode === 'fast' ? 'not_asked' : 'asked'
  return {
    address: parsed.ok ? parsed.address : null,
    facts,
    verdict: verdictOf(reason, [fact], now),
    smtpState: parsed.ok ? smtpState : 'not_needed',
    lane: null,
    dnsMs: null,
    smtpMs: null,
    checkedAt: now,
    saidAt: null,
  }
}

/** What is answered at once, where the rest comes later. */
export function firstSandboxed(request: VerifyRequest, now: number): Verified {
  const verified = sandboxed(request, now)
  if (verified.address === null) return verified
  const isPutOff = verified.address.localPart.toLowerCase().split('+').includes('greylisted_then_accepted')
  const reason = isPutOff ? 'greylisted' : 'in_progress'
  return { ...verified, smtpState: 'deferred', verdict: verdictOf(reason, verified.verdict.cites, now) }
}

/** The flags and the suggestion that come with a reason, so that a form can be tried with them. */
function shownWith(reason: Reason, observed: { observedAt: number; source: string }): Fact[] {
  if (reason === 'suspected_typo') return [{ ...SUGGESTED, ...observed }]
  const flag = FLAGS.find((one) => one === reason)
  return flag === undefined ? [] : [{ kind: 'signal', signal: flag, value: true, ...observed }]
}

const FLAGS = ['disposable', 'suspected_trap', 'role'] as const

const SUGGESTED = {
  kind: 'suggestion',
  email: 'jane.roe@gmail.com',
  probability: 0.9,
  rule: 'typo.provider',
  target: 'known',
} as const

/** What a name can ask for besides a reason. */
const PROBLEMS = ['rate_limit', 'insufficient_credits', 'slow'] as const

/** How long `slow@…` takes, where the request has the time. */
export const SLOW_MS = 3_000

export function sandboxProblem({ email, allow }: VerifyRequest): (typeof PROBLEMS)[number] | null {
  const parsed = parse(email, allow)
  const names = parsed.ok ? parsed.address.localPart.toLowerCase().split('+') : []
  return PROBLEMS.find((problem) => names.includes(problem)) ?? null
}

/** What the name of a status asks for. */
const USUAL = {
  deliverable: 'mailbox_accepted',
  undeliverable: 'mailbox_not_found',
  risky: 'accepts_all',
  unknown: 'inconclusive',
} as const satisfies Record<Status, Reason>

function reasonNamed({ localPart }: Address): Reason {
  const name = localPart.toLowerCase().split('+').findLast(isOutcome) ?? 'deliverable'
  return isReason(name) ? name : USUAL[name]
}

function isOutcome(name: string): name is Reason | Status {
  return isReason(name) || Object.hasOwn(USUAL, name)
}

function isReason(name: string): name is Reason {
  return Object.hasOwn(REASONS, name)
}

function verdictOf(reason: Reason, cites: readonly Fact[], now: number): Verdict {
  const { status, retryable } = worthOf(reason)
  const sure = status === 'deliverable' || status === 'undeliverable' || reason === 'accepts_all'
  const retryAt = retryable === true ? now + RETRY_MS : null
  return { status, reason, level: sure ? 'confirmed' : 'estimated', rule: 'sandbox', cites, retryAt }
}
