// How long a report will do, for whoever does not want a new one and for whoever does.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import { isLearned } from './kept-report.ts'

/** From when on, in milliseconds since the epoch, and for how long. */
export interface Life {
  readonly from: number
  readonly forMs: number
}

/** What holds for a quarter of an hour, and what could not be learned for two minutes. */
const FRESH_MS = 900_000
const DOUBTFUL_MS = 120_000
/** Whoever wants a new one gets it, but not one a second. */
const LEAST_MS = 60_000

export function lifeOf(report: DomainReport): Life {
  const isPassing = report.unmeasured.some(({ why }) => PASSING.includes(why))
  const forMs = isLearned(report) && !isPassing ? FRESH_MS : DOUBTFUL_MS
  return { from: Date.parse(report.generated_at), forMs }
}

export function willDo({ from, forMs }: Life, { refresh, now }: { refresh: boolean; now: number }): boolean {
  const ageMs = now - from
  // A clock that went back makes nothing young.
  return ageMs >= 0 && ageMs < (refresh ? LEAST_MS : forMs)
}

/** What may be measured a little later. */
const PASSING: readonly string[] = [
  'lane_busy',
  'lane_unreachable',
  'in_progress',
  'permit',
  'deadline',
  'breaker_open',
]
