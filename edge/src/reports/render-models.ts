// Models of a domain in the words of a report: routing, look-ups, availability, each with what it assumes.
import type { ReportSections } from '@postern/shared/contract/domain-report.ts'
import { networkOf } from '@postern/shared/dns/ip.ts'
import { addressesIn, leadsNowhere, targetOf } from '@postern/shared/dns/mail-route.ts'
import type { SmtpResult } from '@postern/shared/contract/inspection.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import * as availability from '@postern/shared/report/availability.ts'
import { type Finding, finding } from '@postern/shared/report/finding.ts'
import {
  coldMs,
  DEMAND_S,
  expectedMs,
  HOP_MS,
  isOverServiceLine,
  type Kinship,
} from '@postern/shared/report/resolution.ts'
import {
  ASSUMED_FAILURE,
  bandOf,
  type Exchange,
  PROFILES,
  routingTree,
  TIMEOUT_S,
} from '@postern/shared/report/routing.ts'
import { parse } from 'tldts'
import type { ExchangeLearned } from './exchanges.ts'
import { greetedAfterMs, inspectionOf, isAbsent } from './render-seen.ts'
import type { With } from './sections.ts'

type Sight = With<'route' | 'exchanges'>

interface Rendered<S extends 'routing' | 'resolution' | 'availability'> {
  readonly value: ReportSections[S]
  readonly findings: readonly Finding[]
}

/** What a connection and a conversation take where nobody has measured it, in seconds. */
const ASSUMED_OK_S = 0.055

/** Our line, and no standard's. */
const OVER_S = 300

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

export function routingOf(sight: Sight): Rendered<'routing'> {
  if (sight.exchanges.length === 0) return { value: null, findings: [] }
  const exchanges = sight.exchanges.map((one) => tried(one, sight))
  const dnsS = modelOf(sight).cold / 1_000
  const profileOf = (name: keyof typeof PROFILES) => {
    const { firstRound, roundS, expectedS, shares } = routingTree(exchanges, dnsS, PROFILES[name])
    return {
      first_round: rounded(firstRound),
      round_s: roundS === null ? null : rounded(roundS),
      expected_s: expectedS === null ? null : rounded(expectedS),
      band: expectedS === null ? null : bandOf(expectedS),
      paths: [...shares].map(([host, share]) => ({ host, share: rounded(share) })),
    }
  }
  const profiles = {
    rfc: profileOf('rfc'),
    postfix: profileOf('postfix'),
    queued_failover: profileOf('queued_failover'),
  }
  const slowest = Object.entries(profiles).toSorted(
    ([, one], [, other]) => (other.expected_s ?? 0) - (one.expected_s ?? 0),
  )[0]
  const longest = slowest?.[1].expected_s ?? 0
  const over = finding('ROUTE_OVER_300S', {
    domain: sight.domain.ascii,
    value: String(Math.round(longest)),
    evidence: { profile: slowest?.[0], expected_s: longest },
    confidence: 'model',
  })
  const assumptions = {
    failure_of_unmeasured: ASSUMED_FAILURE,
    timeout_s: TIMEOUT_S,
    conversation_s: ASSUMED_OK_S,
    dns_s: dnsS,
    not_modelled: 'filters and greylisting of the receiver, queues of the sender',
  }
  return {
    value: { confidence: 'model', assumptions, profiles },
    findings: longest >= OVER_S ? [over] : [],
  }
}

/** As a lane found it, or as it is assumed; a refusal of us is no measurement, an exchange without an address takes nothing. */
function tried(one: ExchangeLearned, { looked, loopback }: Sight): Exchange {
  const { host, preference } = one
  if (leadsNowhere(targetOf(one, loopback))) return { host, preference, failure: 1, failS: 0, okS: ASSUMED_OK_S }
  const inspection = inspectionOf(looked, host)
  const results = inspection?.kind === 'inspected' ? inspection.addresses.map(({ result }) => result) : []
  const okMs = results.flatMap((result) => greetedAfterMs(result) ?? [])
  const [ok] = okMs
  if (ok !== undefined) return { host, preference, failure: 0, failS: TIMEOUT_S, okS: ok / 1_000 }
  const lost = results.map(lostAfterS)
  const isMeasured = lost.length > 0 && !lost.includes(null)
  const failS = lost.reduce<number>((sum, each) => sum + (each ?? 0), 0)
  return isMeasured
    ? { host, preference, failure: 1, failS, okS: ASSUMED_OK_S }
    : { host, preference, failure: ASSUMED_FAILURE, failS: TIMEOUT_S, okS: ASSUMED_OK_S }
}

/** What a sender loses there, in seconds; null where that is not measured. */
function lostAfterS(result: SmtpResult): number | null {
  if (!isAbsent(result)) return null
  const isRefused = result.kind === 'not_connected' && result.fault === 'connect_refused'
  return isRefused ? result.tookMs / 1_000 : TIMEOUT_S
}

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
      cold_ms: rounded(cold),
      warm_ms: 2 * WARM_MS,
      expected_ms: rounded(expected),
      over_service_line: isOverServiceLine(cold),
      upper_bound_ms: THOUGHT_UP_BOUND_MS,
      measured_ms: sight.route.tookMs,
    },
    findings: isOverServiceLine(cold) ? [slow] : [],
  }
}

export function availabilityOf({ domain, exchanges: all, loopback }: Sight): Rendered<'availability'> {
  const exchanges = all.filter((one) => !leadsNowhere(targetOf(one, loopback)))
  if (exchanges.length === 0) return { value: null, findings: [] }
  const best = Math.min(...exchanges.map(({ preference }) => preference))
  const assumed = (hosts: readonly unknown[]): number[] => hosts.map(() => availability.ASSUMED)
  const groups = groupsOf(domain.ascii, exchanges)
  const each = assumed(exchanges)
  return {
    value: {
      confidence: 'model',
      assumptions: {
        each_host: availability.ASSUMED,
        each_group: GROUP_UP,
        hosts_fail: 'independently within a group',
      },
      first_pick: rounded(availability.firstPick(assumed(exchanges.filter(({ preference }) => preference === best)))),
      effective: rounded(availability.effective(each)),
      grouped: rounded(availability.grouped(groups.map((hosts) => ({ common: GROUP_UP, hosts: assumed(hosts) })))),
      groups: groups.map((hosts) => [...hosts]),
      another_is_material: availability.isMaterial(each, availability.ASSUMED),
    },
    findings: [],
  }
}

/** What hosts of one network or operator share is assumed to be up with this probability. */
const GROUP_UP = 0.9995

/** Hosts that fail together: of one operator, or with an address in the same /24 or /48. */
function groupsOf(domain: string, exchanges: readonly ExchangeLearned[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>()
  for (const one of exchanges) {
    const key = placeOf(domain, one)
    groups.set(key, [...(groups.get(key) ?? []), one.host])
  }
  return [...groups.values()]
}

function placeOf(domain: string, one: ExchangeLearned): string {
  const { host } = one
  const { id, countsAs } = providerOf(host, domain)
  if (id !== 'default') return countsAs
  const [address = ''] = addressesIn(one)
  return address === '' ? host : networkOf(address)
}
