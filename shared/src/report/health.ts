// Policy Health Score: how well a published MTA-STS policy holds, from the certificate of its host, its age and what it names.
import { rounded } from './rounded.ts'

export interface PolicyHealth {
  /** Null where no prober has read the certificate of the policy host: the score is then of the rest, and says so. */
  readonly certificate: Certificate | null
  /** Seconds (RFC 8461 §3.2); null where there is no policy that can be read. */
  readonly maxAgeS: number | null
  /** Exchanges that the policy names, those of them that senders can use as far as that was measured, and all there are. */
  readonly named: number
  readonly matched: number
  readonly exchanges: number
  /** False where no exchange of the best preference is named. */
  readonly bestMatched: boolean
  /** What keeps senders from the policy. */
  readonly trouble: 'none' | 'unobtainable' | 'unparseable'
}

export interface Certificate {
  /** Chain, name and time are as RFC 8461 §3.3 wants them. */
  readonly valid: boolean
  readonly daysLeft: number
  readonly lifetimeDays: number
}

export const HEALTH_BANDS = ['failing', 'fragile', 'fair', 'healthy'] as const

export interface Health {
  /** 0–100, a whole number. */
  readonly score: number
  readonly band: (typeof HEALTH_BANDS)[number]
  /** Each 0–1; null where it was not measured. */
  readonly components: {
    readonly certificate: number | null
    readonly maxAge: number
    readonly match: number
  }
  /** Share of the exchanges that the policy names, whether senders can use them or not. */
  readonly named: number
  /** What held the score down, whatever the components say. */
  readonly caps: readonly Cap[]
  readonly partial: boolean
}

export type Cap =
  | 'unobtainable'
  | 'unparseable'
  | 'certificate_invalid'
  | 'no_exchange_matched'
  | 'no_best_exchange_matched'

/** Weights and lines are a product's choice: `scoring:1`. */
const WEIGHTS = { certificate: 0.35, maxAge: 0.2, match: 0.45 } as const
const CAP_AT: Readonly<Record<Cap, number>> = {
  unparseable: 0,
  unobtainable: 39,
  certificate_invalid: 39,
  no_exchange_matched: 39,
  no_best_exchange_matched: 59,
}
const DAY_S = 86_400
const AGE_POINTS: readonly (readonly [seconds: number, worth: number])[] = [
  [0, 0],
  [DAY_S, 0.5],
  [7 * DAY_S, 0.8],
  [14 * DAY_S, 1],
]

export function healthOf(policy: PolicyHealth): Health {
  const certificate = policy.certificate === null ? null : certificateWorth(policy.certificate)
  const maxAge = ageWorth(policy.maxAgeS ?? 0)
  const match = policy.exchanges === 0 ? 0 : policy.matched / policy.exchanges
  const caps = capsOf(policy)
  const cap = Math.min(100, ...caps.map((name) => CAP_AT[name]))
  const score = Math.round(Math.min(cap, rawScore({ certificate, maxAge, match })))
  const named = policy.exchanges === 0 ? 0 : policy.named / policy.exchanges
  const components = { certificate, maxAge, match }
  return { score, band: bandOf(score), components, named, caps, partial: certificate === null }
}

function rawScore({ certificate, maxAge, match }: Health['components']): number {
  const { certificate: weight } = WEIGHTS
  const rest = WEIGHTS.maxAge * maxAge + WEIGHTS.match * match
  // Steps of binary fractions would make a half of what is less.
  return rounded(100 * (certificate === null ? rest / (1 - weight) : weight * certificate + rest), 'model')
}

/** A certificate that lives for days only is as good with days left as a long one with weeks. */
function certificateWorth({ valid, daysLeft, lifetimeDays }: Certificate): number {
  const enough = Math.min(30, lifetimeDays / 3)
  if (!valid) return 0
  return enough <= 0 ? 0 : Math.min(1, Math.max(0, daysLeft / enough))
}

/** Linear between the points, flat behind the last one. */
function ageWorth(seconds: number): number {
  const after = AGE_POINTS.findIndex(([at]) => seconds <= at)
  const [x1 = 0, y1 = 0] = AGE_POINTS[after === -1 ? AGE_POINTS.length - 1 : after] ?? []
  if (after <= 0) return y1
  const [x0 = 0, y0 = 0] = AGE_POINTS[after - 1] ?? []
  return y0 + ((y1 - y0) * (seconds - x0)) / (x1 - x0)
}

function capsOf({ certificate, trouble, named, exchanges, bestMatched }: PolicyHealth): Cap[] {
  const caps: Cap[] = trouble === 'none' ? [] : [trouble]
  if (certificate?.valid === false) caps.push('certificate_invalid')
  if (exchanges > 0 && named === 0) caps.push('no_exchange_matched')
  else if (exchanges > 0 && !bestMatched) caps.push('no_best_exchange_matched')
  return caps
}

function bandOf(score: number): Health['band'] {
  if (score >= 80) return 'healthy'
  if (score >= 60) return 'fair'
  return score >= 40 ? 'fragile' : 'failing'
}
