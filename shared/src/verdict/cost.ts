// What one answer costs: an answer that is sure, or a fast one that took work; never a failure of ours.
import type { Verdict } from './finding.ts'

export interface Cost {
  /** Units; 1 is the price of one confirmed answer. */
  readonly units: number
  readonly charged: boolean
  readonly why: 'confirmed' | 'fast' | 'sandbox' | 'not_confirmed' | 'syntax' | 'dns_unlearned'
}

const FULL_UNITS = 1
const FAST_UNITS = 0.1

export function cost(verdict: Verdict, mode: 'fast' | 'full'): Cost {
  if (mode === 'full') {
    const sure = verdict.level === 'confirmed' && verdict.status !== 'unknown'
    return sure ? charged(FULL_UNITS, 'confirmed') : free('not_confirmed')
  }
  if (verdict.reason === 'syntax_invalid') return free('syntax')
  if (verdict.reason === 'dns_timeout' || verdict.reason === 'dns_failure') return free('dns_unlearned')
  return charged(FAST_UNITS, 'fast')
}

export function free(why: Cost['why']): Cost {
  return { units: 0, charged: false, why }
}

function charged(units: number, why: Cost['why']): Cost {
  return { units, charged: true, why }
}
