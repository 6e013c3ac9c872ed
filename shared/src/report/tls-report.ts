// Reports of TLS failures as senders push them (RFC 8460 §4): read, added up by type, and set against a line of one's own.
import { z } from 'zod'
import { firstOfEach } from './cases.ts'
import { type Finding, finding } from './finding.ts'
import { rounded } from './rounded.ts'

/** RFC 8460 §4.3, and what each is about. */
const RESULT_TYPES = {
  'starttls-not-supported': 'negotiation',
  'certificate-host-mismatch': 'negotiation',
  'certificate-expired': 'negotiation',
  'certificate-not-trusted': 'negotiation',
  'validation-failure': 'negotiation',
  'tlsa-invalid': 'dane',
  'dnssec-invalid': 'dane',
  'dane-required': 'dane',
  'sts-policy-fetch-error': 'sts',
  'sts-policy-invalid': 'sts',
  'sts-webpki-invalid': 'sts',
} as const

const text = z.string().max(2_000)
const MOST_SESSIONS = 1e12
/** Numbers (RFC 8460 §4.4). In quotes a count means the same: a day's report is not turned away for them. */
const sessions = z.custom<number | string>(isCount, { error: `is no count: a whole number from 0 to ${MOST_SESSIONS}` })
type Sessions = z.infer<typeof sessions>
const many = <T extends z.ZodType>(of: T) => z.array(of).max(10_000)

const failureDetails = z.object({
  'result-type': text,
  'sending-mta-ip': text.nullish(),
  'receiving-mx-hostname': text.nullish(),
  'receiving-ip': text.nullish(),
  'failed-session-count': sessions,
  'failure-reason-code': text.nullish(),
})

function isCount(value: unknown): boolean {
  const count = typeof value === 'string' && /^\d{1,13}$/.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MOST_SESSIONS
}

type FailureDetails = z.infer<typeof failureDetails>

/** Unknown members are passed over: the format is made to be extended. Senders write null for what they do not say. */
export const tlsReport = z.object({
  'organization-name': text.nullish(),
  'date-range': z.object({ 'start-datetime': text, 'end-datetime': text }).nullish(),
  'report-id': text.nullish(),
  policies: many(
    z.object({
      policy: z.object({ 'policy-type': text, 'policy-domain': text.nullish() }),
      summary: z.object({ 'total-successful-session-count': sessions, 'total-failure-session-count': sessions }),
      'failure-details': many(failureDetails).nullish(),
    }),
  ),
})
type TlsReport = z.infer<typeof tlsReport>

/** One policy of the report; of its details the most frequent. */
interface PolicyTold {
  readonly type: string
  readonly domain: string | null
  readonly successes: number
  readonly failures: number
  readonly details: readonly {
    readonly type: string
    readonly sessions: number
    readonly host: string | null
    readonly receivingIp: string | null
    readonly sendingIp: string | null
    readonly reason: string | null
  }[]
}

interface DomainTold {
  readonly domain: string | null
  readonly successes: number
  readonly failures: number
  readonly rate: number | null
}

const MOST_DETAILS = 50

export interface TlsAnalysis {
  readonly organization: string | null
  readonly reportId: string | null
  readonly from: string | null
  readonly to: string | null
  readonly successes: number
  readonly failures: number
  /** Failures among all sessions, 0–1; null where there were none. */
  readonly rate: number | null
  readonly domains: readonly string[]
  /** What is not as RFC 8460 has it, and was read as it was meant; each completes a sentence about the report. */
  readonly notices: readonly string[]
  /** As the report has them: what to do depends on the policy that a session failed under. */
  readonly policies: readonly PolicyTold[]
  /** Each with the rate of all of its policies, the most failures first; `domain` is null where the report does not say. */
  readonly byDomain: readonly DomainTold[]
  /** By type, the most frequent first; `known` where the standard has it. */
  readonly byType: readonly { readonly type: string; readonly sessions: number; readonly known: boolean }[]
  /** By exchange, the most frequent first; empty where senders do not say. */
  readonly byExchange: readonly { readonly host: string; readonly sessions: number }[]
  readonly findings: readonly Finding[]
}

/** No standard gives a line: this one is ours. */
export const RATE_LINE = 0.05

export function analyse(report: TlsReport, line = RATE_LINE): TlsAnalysis {
  const sum = (of: (one: TlsReport['policies'][number]) => Sessions): number =>
    report.policies.reduce((total, one) => total + Number(of(one)), 0)
  const successes = sum(({ summary }) => summary['total-successful-session-count'])
  const failures = sum(({ summary }) => summary['total-failure-session-count'])
  const details = report.policies.flatMap((one) => one['failure-details'] ?? [])
  const types = tally(details.map((one) => [one['result-type'].toLowerCase(), countOf(one)]))
  const hosts = tally(details.map((one) => [hostOf(one) ?? '', countOf(one)]))
  const domains = [...new Set(report.policies.flatMap((one) => domainOf(one) ?? []))]
  const byDomain = byDomainOf(report)
  return {
    organization: report['organization-name'] ?? null,
    reportId: report['report-id'] ?? null,
    from: report['date-range']?.['start-datetime'] ?? null,
    to: report['date-range']?.['end-datetime'] ?? null,
    successes,
    failures,
    rate: rateOf({ successes, failures }),
    domains,
    notices: noticesOf(report),
    policies: report.policies.map(policyTold),
    byDomain,
    byType: types.map(([type, count]) => ({ type, sessions: count, known: Object.hasOwn(RESULT_TYPES, type) })),
    byExchange: hosts.filter(([host]) => host !== '').map(([host, count]) => ({ host, sessions: count })),
    findings: firstOfEach(byDomain.flatMap((one) => tooMany(one, line))),
  }
}

function noticesOf({ policies }: TlsReport): string[] {
  const counts = policies.flatMap(({ summary, 'failure-details': details }) => [
    ...Object.values(summary),
    ...(details ?? []).map((one) => one['failed-session-count']),
  ])
  return counts.some((count) => typeof count === 'string')
    ? ['has counts in quotes, where RFC 8460 §4.4 has numbers']
    : []
}

const countOf = (detail: FailureDetails): number => Number(detail['failed-session-count'])

function hostOf(detail: FailureDetails): string | null {
  return detail['receiving-mx-hostname']?.toLowerCase().replace(/\.$/, '') ?? null
}

function policyTold({ policy, summary, 'failure-details': details }: TlsReport['policies'][number]): PolicyTold {
  const most = (details ?? []).toSorted((one, other) => countOf(other) - countOf(one))
  return {
    type: policy['policy-type'],
    domain: policy['policy-domain'] ?? null,
    successes: Number(summary['total-successful-session-count']),
    failures: Number(summary['total-failure-session-count']),
    details: most.slice(0, MOST_DETAILS).map((one) => ({
      type: one['result-type'],
      sessions: countOf(one),
      host: hostOf(one),
      receivingIp: one['receiving-ip'] ?? null,
      sendingIp: one['sending-mta-ip'] ?? null,
      reason: one['failure-reason-code'] ?? null,
    })),
  }
}

function tally(counts: readonly (readonly [string, number])[]): [string, number][] {
  const sums = new Map<string, number>()
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count)
  return [...sums].toSorted(([, one], [, other]) => other - one)
}

type Policy = TlsReport['policies'][number]

function domainOf({ policy }: Policy): string | null {
  return policy['policy-domain']?.toLowerCase().replace(/\.$/, '') ?? null
}

/** Many sessions of one domain hide the failures of another. */
function byDomainOf({ policies }: TlsReport): DomainTold[] {
  const sums = new Map<string | null, { successes: number; failures: number }>()
  for (const one of policies) {
    const { successes, failures } = sums.get(domainOf(one)) ?? { successes: 0, failures: 0 }
    sums.set(domainOf(one), {
      successes: successes + Number(one.summary['total-successful-session-count']),
      failures: failures + Number(one.summary['total-failure-session-count']),
    })
  }
  return [...sums]
    .map(([domain, sum]) => ({ domain, ...sum, rate: rateOf(sum) }))
    .toSorted((one, other) => other.failures - one.failures)
}

function rateOf({ successes, failures }: Pick<DomainTold, 'successes' | 'failures'>): number | null {
  return successes + failures === 0 ? null : failures / (successes + failures)
}

function tooMany({ domain, successes, failures, rate }: DomainTold, line: number): Finding[] {
  if (rate === null || rate <= line) return []
  const share = `${percentOf(rate)} of the sessions`
  const evidence = { successes, failures, rate, line }
  if (domain === null) return [finding('TLSRPT_RATE_HIGH', { domain: '', value: share, evidence })]
  return [finding('TLSRPT_RATE_HIGH', { domain, subject: domain, value: `${share} of ${domain}`, evidence })]
}

/** Failures are few, and never none. */
function percentOf(rate: number): string {
  const percent = rounded(100 * rate, 'percent')
  return percent === 0 ? 'Less than 0.01 %' : `${percent} %`
}
