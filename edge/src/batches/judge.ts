// A verified address as a row of a list: what it came to in nine fields, and what it costs.
import { advice } from '@postern/shared/verdict/advice.ts'
import { cost } from '@postern/shared/verdict/cost.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'
import { score } from '@postern/shared/verdict/score.ts'
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
  const flags = flagsIn(facts)
  return {
    status: told.status,
    reason: told.reason,
    level: told.level,
    score: score(told, facts, now),
    advice: refuses(facts, taste) ? 'reject' : advice(told, facts, now),
    suggestion: suggestionOf(facts)?.email ?? null,
    flags,
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

function flagsIn(facts: readonly Fact[]): string[] {
  return [...new Set(facts.flatMap((fact) => (fact.kind === 'signal' && fact.value ? [fact.signal] : [])))]
}

/** As in single answers: a list that is right in most cases only turns nobody away. */
function refuses(facts: readonly Fact[], { refuseFlags }: Taste): boolean {
  return facts.some(
    (fact) =>
      fact.kind === 'signal' && fact.value && fact.confidence === undefined && refuseFlags.includes(fact.signal),
  )
}
