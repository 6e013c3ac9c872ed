// The exchanges of a domain in the words of a report, and what they give to think of.
import type { ExchangeShown } from '@postern/shared/contract/domain-exchanges.ts'
import type { ReportSections } from '@postern/shared/contract/domain-report.ts'
import type { Answer } from '@postern/shared/dns/answer.ts'
import { addressesIn, IPV4_TEXT } from '@postern/shared/dns/mail-route.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { exposureOf, ranksOf } from '@postern/shared/report/exposure.ts'
import { pinnedHosts } from '@postern/shared/report/dane-survey.ts'
import type { Finding } from '@postern/shared/report/finding.ts'
import { names, type StsPolicy } from '@postern/shared/report/mta-sts.ts'
import { mxFindings } from '@postern/shared/report/mx-findings.ts'
import { reverseFindings } from '@postern/shared/report/reverse-findings.ts'
import { rounded } from '@postern/shared/report/rounded.ts'
import { smtpFindings } from '@postern/shared/report/smtp-findings.ts'
import type { ExchangeLearned } from './exchanges.ts'
import { exchangesNamed, MOST_EXCHANGES, type RouteLearned, routeKind } from './learned.ts'
import { inspectionOf, isEffective, seenOf } from './render-seen.ts'
import { daneGivenOf, stsOf } from './render-records.ts'
import type { With } from './sight.ts'

export function mxOf(sight: With<'route'>): { value: ReportSections['mx']; findings: readonly Finding[] } {
  const { domain, route } = sight
  const status = routeKind(domain.ascii, route)
  const named = exchangesNamed(domain.ascii, route).map(({ exchange, preference }) => ({ host: exchange, preference }))
  const [ranks, exposure] = [ranksOf(named), exposureOf(named)]
  const policy = policyKnown(sight)
  const records = named
    .map((one, at) => ({ ...one, rank: ranks[at] ?? 0, exposure: rounded(exposure[at] ?? 0, 'share') }))
    .slice(0, MOST_EXCHANGES)
    .map((one) => exchangeOf(one, sight, policy?.mx ?? []))
  return {
    value: {
      status,
      why: status === 'error' ? whyUnknown(route) : null,
      ttl_s: route.mx.kind === 'failure' ? null : route.mx.ttlS,
      original_ttl_s: route.originalTtlS,
      dnssec: route.dnssec,
      resolvers_agree: route.agree,
      found: status === 'error' ? null : named.length,
      records,
    },
    findings: findingsOf(sight, status, policy),
  }
}

function whyUnknown({ unheard, dnssec }: RouteLearned): NonNullable<ReportSections['mx']['why']> {
  if (unheard) return 'no_answer'
  return dnssec === 'bogus' ? 'bogus' : 'unconfirmed'
}

type Ranked = Pick<ExchangeShown, 'host' | 'preference' | 'rank' | 'exposure'>

function exchangeOf(ranked: Ranked, sight: With<'route'>, patterns: readonly string[]): ExchangeShown {
  const { domain, exchanges, looked } = sight
  const { host } = ranked
  const learned = exchanges?.find((one) => one.host === host)
  const inspection = inspectionOf(looked, host)
  const provider = providerOf(host, domain.ascii).id
  return {
    ...ranked,
    provider: provider === 'default' ? null : provider,
    is_ip: IPV4_TEXT.test(host),
    alias_of: learned?.canonical ?? null,
    dnssec: learned?.dnssec ?? null,
    addresses: learned === undefined ? null : addressesOf(learned, sight),
    smtp: seenOf(inspection),
    effective: isEffective(inspection),
    policy_pattern: patterns.find((pattern) => names(pattern, host)) ?? null,
  }
}

/** More than these are shown of nobody. */
const MOST_SHOWN = 20

/** Null where they could not be learned. */
function addressesOf(one: ExchangeLearned, { loopback }: With<'route'>) {
  const { a, aaaa, reverse } = one
  const isLearned = a.kind === 'records' || aaaa.kind === 'records' || (a.kind !== 'failure' && aaaa.kind !== 'failure')
  if (!isLearned) return null
  return addressesIn(one)
    .slice(0, MOST_SHOWN)
    .map((address) => {
      const back = reverse.find((row) => row.address === address)
      return {
        address,
        family: address.includes(':') ? (6 as const) : (4 as const),
        reachable: globallyReachable(address, loopback),
        reverse_names: back === undefined || back.names === null ? null : [...back.names],
        confirmed: back?.confirmed ?? null,
      }
    })
}

function policyKnown(sight: With<'route'>): StsPolicy | null {
  const { sts } = sight
  return sts === undefined ? null : stsOf({ ...sight, sts }).policy
}

function findingsOf(sight: With<'route'>, status: ReportSections['mx']['status'], policy: StsPolicy | null): Finding[] {
  const { domain, route, exchanges = [], loopback } = sight
  const about = mxFindings({
    domain: domain.ascii,
    mx: status === 'error' ? unknownOf(route.mx) : route.mx,
    ttlS: route.originalTtlS,
    disagrees: route.disagrees,
    a: route.own.a,
    aaaa: route.own.aaaa,
    exchanges: exchanges.map(({ host, canonical, a, aaaa }) => ({ host, cname: canonical, a, aaaa })),
    loopback,
  })
  const rows = exchanges.flatMap(({ host, reverse }) => reverse.map((one) => ({ host, ...one })))
  return [...about, ...reverseFindings(domain.ascii, rows), ...seenFindings(sight, policy)]
}

/** An answer that contradicts itself is none. */
function unknownOf(answer: Answer<never> | RouteLearned['mx']): RouteLearned['mx'] {
  return answer.kind === 'failure' ? answer : { kind: 'failure', why: 'servfail' }
}

function seenFindings(sight: With<'route'>, policy: StsPolicy | null): Finding[] {
  const { domain, exchanges = [], looked } = sight
  if (looked?.kind !== 'report') return []
  const enforced = policy?.mode === 'enforce' ? policy.mx : []
  const hosts = looked.report.hosts
  return smtpFindings({
    domain: domain.ascii,
    hosts,
    enforced: new Set(hosts.map(({ exchange }) => exchange).filter((host) => enforced.some((one) => names(one, host)))),
    pinned: new Set(pinnedHosts(daneGivenOf({ ...sight, exchanges }))),
    reverse: new Map(
      exchanges.flatMap(({ reverse }) =>
        reverse.flatMap(({ address, names: back }): [string, readonly string[]][] =>
          back === null ? [] : [[address, back]],
        ),
      ),
    ),
  })
}
