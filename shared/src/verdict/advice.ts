// What a sign-up form should do with a verdict: the only field it ought to branch on.
import type { Fact } from './evidence.ts'
import type { Verdict } from './finding.ts'
import { DAY_MS } from './lifetimes.ts'
import type { Advice, Reason } from './reasons.ts'
import { recognised } from './signals.ts'

const CONFIRM_REASONS: readonly Reason[] = ['disposable', 'suspected_trap', 'suspected_typo']

/** First match wins; whatever is not known to be wrong is accepted, every unknown included. */
export function advice(verdict: Verdict, facts: readonly Fact[], now: number): Advice {
  if (verdict.status === 'undeliverable') return isFreshAndSure(verdict, now) ? 'reject' : 'confirm'
  if (CONFIRM_REASONS.includes(verdict.reason)) return 'confirm'
  return recognised(facts, 'gibberish') && !(verdict.status === 'deliverable' && verdict.level === 'confirmed')
    ? 'confirm'
    : 'accept'
}

function isFreshAndSure({ level, cites }: Verdict, now: number): boolean {
  const [decisive] = cites
  return level === 'confirmed' && decisive !== undefined && now - decisive.observedAt <= DAY_MS
}
