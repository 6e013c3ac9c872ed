// How long mail takes to an exchange that takes it, as a model, in the words of a report: three profiles of senders.
import type { SmtpResult } from '@postern/shared/contract/inspection.ts'
import { leadsNowhere, targetOf } from '@postern/shared/dns/mail-route.ts'
import { finding } from '@postern/shared/report/finding.ts'
import { rounded } from '@postern/shared/report/rounded.ts'
import {
  ASSUMED_FAILURE,
  bandOf,
  type Exchange,
  PROFILES,
  routingTree,
  TIMEOUT_S,
} from '@postern/shared/report/routing.ts'
import type { ExchangeLearned } from './exchanges.ts'
import { coldMsOf } from './render-resolution.ts'
import { greetedAfterMs, inspectionOf, isAbsent } from './render-seen.ts'
import type { Rendered, With } from './sight.ts'

type Sight = With<'route' | 'exchanges'>

/** What a connection and a conversation take where nobody has measured it, in seconds. */
const ASSUMED_OK_S = 0.055

/** Our line, and no standard's. */
const OVER_S = 300

export function routingOf(sight: Sight): Rendered<'routing'> {
  if (sight.exchanges.length === 0) return { value: null, findings: [] }
  const exchanges = sight.exchanges.map((one) => tried(one, sight))
  const dnsS = coldMsOf(sight) / 1_000
  const profileOf = (name: keyof typeof PROFILES) => {
    const { firstRound, roundS, expectedS, shares } = routingTree(exchanges, dnsS, PROFILES[name])
    return {
      first_round: rounded(firstRound, 'share'),
      round_s: roundS === null ? null : rounded(roundS, 'model'),
      expected_s: expectedS === null ? null : rounded(expectedS, 'model'),
      band: expectedS === null ? null : bandOf(expectedS),
      paths: [...shares].map(([host, share]) => ({ host, share: rounded(share, 'share') })),
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
