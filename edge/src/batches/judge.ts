// A verified address as a row of a list: what it came to in nine fields, and what it costs.
import { advice } from '@postern/shared/verdict/advice.ts'
import { cost } from '@postern/shared/verdict/cost.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'
import { score } from '@postern/shared/verdict/score.ts'
import { flagsIn, refusesOne } from '@postern/shared/verdict/signals.ts'
import { suggestionOf } from '@postern/shared/verdict/suggestion.ts'
import { UNIT } from '../accounts/schema.ts'
import { pack, type RowResult } from './result.ts'

/** How an account wants its answers told. */
export interface Taste {
  readonly refuseFlags: readonly string[]
  readonly flagOnly: readonly string[]
}

export interface Case {
  readonly facts: readonly Fact[]
  /** A-form, or empty where the address has no domain name. */
  readonly domain: string
  readonly now: number
}

export function resultOf({ facts, domain, now }: Case, verdict: Verdict, taste: Taste): RowResult {
  const told = taste.flagOnly.length === 0 || domain === '' ? verdict : decide({ facts, domain, now, ...taste })
  return {
    status: told.status,
    reason: told.reason,
    level: told.level,
    score: score(told, facts, now),
    advice: refusesOne(facts, taste.refuseFlags) ? 'reject' : advice(told, facts, now),
    suggestion: suggestionOf(facts)?.email ?? null,
    flags: flagsIn(facts),
    checkedAt: now,
    duplicateOf: null,
  }
}

export function packed(judged: Case, verdict: Verdict, taste: Taste): string {
  return pack(resultOf(judged, verdict, taste))
}

/** Thousandths. */
export function priceOf(verdict: Verdict, mode: 'fast' | 'full'): number {
  return Math.round(cost(verdict, mode).units * UNIT)
}
