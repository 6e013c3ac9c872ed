// What one answer costs: an answer that is sure, or a fast one that took work; never a failure of ours.
import type { Verdict } from './finding.ts'

export interface Cost {
  /** Units; 1 is the price of one confirmed answer. */
  readonly units: number
  readonly charged: boolean
  readonly why:
    | 'confirmed'
    | 'fast'
    | 'sandbox'
    | 'not_confirmed'
    | 'syntax'
    | 'dns_unlearned'
    /** The account paid for this answer already, and it still holds. */
    | 'repeat'
    /** Nothing was left, and the account chose to go on free of charge. */
    | 'out_of_credits'
    /** Asked by a page of ours. */
    | 'page'
    /** Part of a list's running total. */
    | 'list'
    /** Is finished later, and charged then. */
    | 'pending'
}

/** The most that one answer can cost, in units. */
export const PRICE = { full: 1, fast: 0.1 } as const

export function cost(verdict: Verdict, mode: 'fast' | 'full'): Cost {
  if (mode === 'full') {
    const sure = verdict.level === 'confirmed' && verdict.status !== 'unknown'
    return sure ? charged(PRICE.full, 'confirmed') : free('not_confirmed')
  }
  if (verdict.reason === 'syntax_invalid') return free('syntax')
  if (verdict.reason === 'dns_timeout' || verdict.reason === 'dns_failure') return free('dns_unlearned')
  return charged(PRICE.fast, 'fast')
}

export function free(why: Cost['why']): Cost {
  return { units: 0, charged: false, why }
}

function charged(units: number, why: Cost['why']): Cost {
  return { units, charged: true, why }
}
