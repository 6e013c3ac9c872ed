// A number for ranking: the reason's worth, what speaks for the domain, less what speaks against the address.
import { type Fact, factOf } from './evidence.ts'
import { DAY_MS } from './lifetimes.ts'
import { type Level, type Reason, worthOf } from './reasons.ts'
import { recognised } from './signals.ts'
import { LIKELY, suggestionOf } from './suggestion.ts'

const PENALTY_GIBBERISH = 10
const PENALTY_NEW_DOMAIN = 10
const PENALTY_SUGGESTION = 15
const PENALTY_ROLE = 5
const FLOOR = 1

/** Domains younger than this are new. */
const NEW_MS = 30 * DAY_MS

/** Where the mailbox's own server could not tell, what its domain does otherwise ranks it. */
export const RANKED: readonly Reason[] = [
  'accepts_all',
  'accepts_all_unchecked',
  'provider_unverifiable',
  'inconclusive',
]
const BONUS_POLICY = 3
const RANKED_MOST = 70

/** 0–100. Confirmed and estimated undeliverable (0 and 5) take no penalties. */
export function score(
  { reason, level }: { reason: Reason; level: Level },
  facts: readonly Fact[],
  now: number,
): number {
  const worth = worthOf(reason)
  const base = level === 'estimated' ? (worth.estimated ?? worth.score) : worth.score
  if (worth.status === 'undeliverable') return base
  return Math.max(FLOOR, ranked(reason, base, facts) - penalty(reason, facts, now))
}

function ranked(reason: Reason, base: number, facts: readonly Fact[]): number {
  if (!RANKED.includes(reason)) return base
  const policy = factOf(facts, 'sender_policy')
  const published = [policy?.spf, policy?.dmarc].filter((is) => is === true).length
  return Math.min(RANKED_MOST, base + published * BONUS_POLICY)
}

function penalty(reason: Reason, facts: readonly Fact[], now: number): number {
  const age = factOf(facts, 'domain_age')
  return (
    (recognised(facts, 'gibberish') ? PENALTY_GIBBERISH : 0) +
    (age !== undefined && now - age.registeredAt < NEW_MS ? PENALTY_NEW_DOMAIN : 0) +
    ((suggestionOf(facts)?.probability ?? 0) >= LIKELY ? PENALTY_SUGGESTION : 0) +
    (recognised(facts, 'role') && !recognised(facts, 'relay') && reason !== 'role' ? PENALTY_ROLE : 0)
  )
}
