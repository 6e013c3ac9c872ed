// Until when a verdict may be relied on: as long as the evidence that decided it lives.
import type { Verdict } from './finding.ts'
import { DAY_MS, FEEDBACK_MS, goodUntil } from './lifetimes.ts'

const QUARTER_HOUR_MS = 15 * 60_000

/** Instant in milliseconds since the epoch, or null for "for ever" (syntax does not change). */
export function validUntil(verdict: Verdict, now: number): number | null {
  if (verdict.reason === 'syntax_invalid') return null
  const told = verdict.cites.find((fact) => fact.kind === 'feedback')
  if (told !== undefined) return Math.max(now, told.observedAt + FEEDBACK_MS)
  const probed = verdict.cites.filter((fact) => fact.kind === 'reply' || fact.kind === 'fault')
  if (probed.length > 0) return Math.max(now, goodUntil(probed))
  if (verdict.status !== 'undeliverable') return now + QUARTER_HOUR_MS
  // What the DNS said may have been remembered for a while.
  return (verdict.cites[0]?.observedAt ?? now) + DAY_MS
}
