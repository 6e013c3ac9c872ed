// What a sign-up form should do with a verdict: the only field it ought to branch on.
import type { Fact } from './evidence.ts'
import type { Verdict } from './finding.ts'
import { DAY_MS } from './lifetimes.ts'
import type { Advice, Reason } from './reasons.ts'
import { recognised } from './signals.ts'
import { LIKELY, suggestionOf } from './suggestion.ts'

const CONFIRM_REASONS: readonly Reason[] = ['disposable', 'suspected_trap', 'suspected_typo']

/** First match wins; whatever is not known to be wrong is accepted, every unknown included. */
export function advice(verdict: Verdict, facts: readonly Fact[], now: number): Advice {
  const isSure = verdict.status === 'deliverable' && verdict.level === 'confirmed'
  if (!isSure && (suggestionOf(facts)?.probability ?? 0) >= LIKELY) return 'confirm'
  if (verdict.status === 'undeliverable') return isFreshAndSure(verdict, now) ? 'reject' : 'confirm'
  if (CONFIRM_REASONS.includes(verdict.reason) || isDoubtful(facts)) return 'confirm'
  return recognised(facts, 'gibberish') && !isSure ? 'confirm' : 'accept'
}

/** Whatever became of the mailbox: somebody may read it, or wait for it, besides the person who signs up. */
function isDoubtful(facts: readonly Fact[]): boolean {
  return [recognised(facts, 'disposable'), recognised(facts, 'suspected_trap')].some((fact) => fact !== undefined)
}

function isFreshAndSure({ level, cites }: Verdict, now: number): boolean {
  const [decisive] = cites
  return level === 'confirmed' && decisive !== undefined && now - decisive.observedAt <= DAY_MS
}
