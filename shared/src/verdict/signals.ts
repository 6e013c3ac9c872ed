// What lists and heuristics may change about a verdict: they make it risky, and never turn it into a no.
import type { Case, Finding } from './finding.ts'
import type { Fact, RouteFact, SignalFact } from './evidence.ts'
import type { Reason } from './reasons.ts'
import { SUSPECTED, suggestionOf } from './suggestion.ts'

/** Reasons that a signal may replace; undeliverable and retryable unknowns stay what they are. */
const REPLACEABLE: readonly Reason[] = [
  'mailbox_accepted',
  'feedback_delivered',
  'accepts_all',
  'accepts_all_unchecked',
  'provider_unverifiable',
  'not_probed',
]

const SIGNALS = ['disposable', 'suspected_trap', 'role'] as const

/** The signal that a list or heuristic raised, or undefined where it was not raised or not checked. */
export function recognised(facts: readonly Fact[], signal: SignalFact['signal']): SignalFact | undefined {
  return facts.find((one): one is SignalFact => isRaised(one) && one.signal === signal)
}

/** Each signal that was raised, once. */
export function flagsIn(facts: readonly Fact[]): SignalFact['signal'][] {
  return [...new Set(facts.filter(isRaised).map(({ signal }) => signal))]
}

/** A list that is right in most cases only is a reason to ask, and none to turn anybody away. */
export function refusesOne(facts: readonly Fact[], flags: readonly string[]): boolean {
  return facts.filter(isRaised).some(({ signal, confidence }) => confidence === undefined && flags.includes(signal))
}

function isRaised(fact: Fact): fact is SignalFact {
  return fact.kind === 'signal' && fact.value
}

export function overlay({ facts, flagOnly = [] }: Case, finding: Finding): Finding {
  if (!REPLACEABLE.includes(finding.reason)) return finding
  const isSure = isConfirmedYes(finding)
  const slip = isSure ? undefined : slipOf(facts)
  // Before all else: lists of disposable domains hold many that are slips of a provider's name.
  if (slip !== undefined) return replaced(finding, 'suspected_typo', slip)
  for (const signal of SIGNALS) {
    const fact = flagOnly.includes(signal) ? undefined : recognised(facts, signal)
    if (fact !== undefined && !isOutweighed(fact, facts, isSure)) return replaced(finding, signal, fact)
  }
  const doubt = isSure ? null : doubtOf(facts)
  return doubt === null ? finding : replaced(finding, doubt.reason, doubt.fact)
}

function isOutweighed(fact: SignalFact, facts: readonly Fact[], isSure: boolean): boolean {
  // Whoever hides behind a relay names the alias after its use: `shop@` there is one person's.
  if (fact.signal === 'role') return recognised(facts, 'relay') !== undefined
  // A disposable service takes mail for everybody: where strangers are refused, a list that is often right is wrong.
  return isSure && fact.confidence === 'medium'
}

function slipOf(facts: readonly Fact[]): Fact | undefined {
  const suggested = suggestionOf(facts)
  return suggested !== null && suggested.probability >= SUSPECTED ? suggested.fact : undefined
}

/** What makes an address doubtful only until its own server has spoken for it. */
function doubtOf(facts: readonly Fact[]): { reason: Reason; fact: Fact } | null {
  const unlikely = recognised(facts, 'local_part_unlikely')
  if (unlikely !== undefined) return { reason: 'local_part_unlikely', fact: unlikely }
  const implicit = facts.find((one): one is RouteFact => one.kind === 'route' && one.route.kind === 'implicit')
  return implicit === undefined ? null : { reason: 'implicit_mx_only', fact: implicit }
}

const PROVEN: readonly Reason[] = ['mailbox_accepted', 'feedback_delivered', 'ownership_proven']

function isConfirmedYes({ reason, level }: Finding): boolean {
  return PROVEN.includes(reason) && level === 'confirmed'
}

function replaced(finding: Finding, reason: Reason, fact: Fact): Finding {
  return { ...finding, reason, rule: `signal.${reason}`, cites: [...finding.cites, fact] }
}
