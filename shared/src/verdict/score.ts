// A number for ranking: the reason's worth less what speaks against the address.
import type { Fact } from './evidence.ts'
import { type Level, type Reason, worthOf } from './reasons.ts'
import { recognised } from './signals.ts'

const PENALTY_GIBBERISH = 10
const PENALTY_ROLE = 5
const FLOOR = 1

/** 0–100. Confirmed and estimated undeliverable (0 and 5) take no penalties. */
export function score({ reason, level }: { reason: Reason; level: Level }, facts: readonly Fact[]): number {
  const worth = worthOf(reason)
  const base = level === 'estimated' ? (worth.estimated ?? worth.score) : worth.score
  if (worth.status === 'undeliverable') return base
  const penalty =
    (recognised(facts, 'gibberish') ? PENALTY_GIBBERISH : 0) +
    (recognised(facts, 'role') && reason !== 'role' ? PENALTY_ROLE : 0)
  return Math.max(FLOOR, base - penalty)
}
