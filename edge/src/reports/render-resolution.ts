// How long a sender needs to find an exchange, as a model, in the words of a report: cold, warm, and behind a cache.
import { finding } from '@postern/shared/report/finding.ts'
import {
  coldMs,
  DEMAND_S,
  expectedMs,
  HOP_MS,
  isOverServiceLine,
  type Kinship,
} from '@postern/shared/report/resolution.ts'
import { rounded } from '@postern/shared/report/rounded.ts'
import { parse } from 'tldts'
import type { Rendered, With } from './sight.ts'

type Sight = With<'route' | 'exchanges'>

interface Model {
  readonly kinship: Kinship
  readonly cold: number
  readonly mxTtlS: number
  readonly addressTtlS: number
}

/** The way to the MX records, whatever comes behind it. */
const MX_WALK_MS = HOP_MS.root + HOP_MS.tld + HOP_MS.zone
/** One question to a resolver that knows the answer, as the model has it. */
const WARM_MS = 1
const THOUGHT_UP_BOUND_MS = 3 * MX_WALK_MS

function modelOf({ domain, route, exchanges }: Sight): Model {
  const [first] = exchanges.toSorted((one, other) => one.preference - other.preference)
  const kinship = first === undefined ? 'same_zone' : kinshipOf(domain.ascii, first.host)
  const walk = coldMs(kinship) - MX_WALK_MS
  const ttlOf = (answer: { readonly kind: string; readonly ttlS?: number | null } | undefined): number =>
    answer?.ttlS ?? 0
  return {
    kinship,
    cold: toMxMs(route) + walk,
    mxTtlS: route.originalTtlS ?? ttlOf(route.mx),
    addressTtlS: ttlOf(first?.a),
  }
}

/** A first question that took longer than the model, less what the resolver takes for any, is the better measure of the way. */
function toMxMs({ tookMs, resolverMs }: Sight['route']): number {
  return Math.max(MX_WALK_MS, (tookMs ?? 0) - (resolverMs ?? tookMs ?? 0))
}

function kinshipOf(domain: string, host: string): Kinship {
  const [own, theirs] = [domain, host].map((name) => parse(name, { validateHostname: false }))
  if (host === domain || host.endsWith(`.${domain}`) || (own?.domain ?? null) === (theirs?.domain ?? host))
    return 'same_zone'
  return domain.split('.').at(-1) === host.split('.').at(-1) ? 'same_tld' : 'other_tld'
}

/** From knowing nothing of the domain to an address of its first exchange, in milliseconds. */
export const coldMsOf = (sight: Sight): number => modelOf(sight).cold

export function resolutionOf(sight: Sight): Rendered<'resolution'> {
  if (sight.exchanges.length === 0) return { value: null, findings: [] }
  const { kinship, cold, mxTtlS, addressTtlS } = modelOf(sight)
  const toMx = toMxMs(sight.route)
  const expected = expectedMs([
    { coldMs: toMx, warmMs: WARM_MS, ttlS: mxTtlS },
    { coldMs: cold - toMx, warmMs: WARM_MS, ttlS: addressTtlS },
  ])
  const slow = finding('DNS_COLD_OVER_150MS', {
    domain: sight.domain.ascii,
    value: String(Math.round(cold)),
    evidence: { cold_ms: cold, measured_ms: sight.route.tookMs },
    confidence: 'model',
  })
  return {
    value: {
      confidence: 'model',
      assumptions: {
        hop_root_ms: HOP_MS.root,
        hop_tld_ms: HOP_MS.tld,
        hop_zone_ms: HOP_MS.zone,
        kinship,
        demand_s: DEMAND_S,
      },
      cold_ms: rounded(cold, 'model'),
      warm_ms: 2 * WARM_MS,
      expected_ms: rounded(expected, 'model'),
      over_service_line: isOverServiceLine(cold),
      upper_bound_ms: THOUGHT_UP_BOUND_MS,
      measured_ms: sight.route.tookMs,
    },
    findings: isOverServiceLine(cold) ? [slow] : [],
  }
}
