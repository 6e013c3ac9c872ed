// Policy Gap Severity: how much of a domain's mail goes to exchanges that its MTA-STS policy does not name (RFC 8461 §5.1).
import { exposureOf, type Ranked, ranksOf } from './exposure.ts'

/** RFC 8461 §5. */
export type PolicyMode = 'enforce' | 'testing' | 'none'

interface MatchedExchange extends Ranked {
  /** The policy names it. */
  readonly matched: boolean
}

export const GAP_LEVELS = ['none', 'info', 'low', 'medium', 'high', 'critical'] as const
type GapLevel = (typeof GAP_LEVELS)[number]

export interface Gap {
  /** 0–100: the share of the mail that is left out, as far as the mode has senders heed it. */
  readonly score: number
  readonly level: GapLevel
}

/** In testing a sender delivers all the same, and reports. */
const WEIGHT: Readonly<Record<PolicyMode, number>> = { enforce: 1, testing: 0.3, none: 0 }

const IN_TESTING: Readonly<Record<GapLevel, GapLevel>> = {
  critical: 'medium',
  high: 'low',
  medium: 'low',
  low: 'info',
  info: 'info',
  none: 'none',
}

export function gapOf(exchanges: readonly MatchedExchange[], mode: PolicyMode): Gap {
  const exposure = exposureOf(exchanges)
  const left = exchanges.reduce((sum, { matched }, at) => sum + (matched ? 0 : (exposure[at] ?? 0)), 0)
  return { score: Math.min(100, 100 * WEIGHT[mode] * left), level: levelOf(exchanges, mode) }
}

function levelOf(exchanges: readonly MatchedExchange[], mode: PolicyMode): GapLevel {
  if (exchanges.every(({ matched }) => matched)) return 'none'
  if (mode === 'none') return 'info'
  const enforced = levelEnforced(exchanges)
  return mode === 'testing' ? IN_TESTING[enforced] : enforced
}

function levelEnforced(exchanges: readonly MatchedExchange[]): GapLevel {
  if (!exchanges.some(({ matched }) => matched)) return 'critical'
  const ranks = ranksOf(exchanges)
  const best = exchanges.filter((_, at) => ranks[at] === 0)
  if (!best.some(({ matched }) => matched)) return 'high'
  return best.every(({ matched }) => matched) ? 'low' : 'medium'
}
