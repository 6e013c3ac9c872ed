// A whole report to change something in: of a domain with one exchange, as a lane saw it.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'

const RECORD: DomainReport['mx']['records'][number] = {
  host: 'mx.a.test',
  preference: 10,
  rank: 0,
  exposure: 1,
  provider: null,
  is_ip: false,
  alias_of: null,
  dnssec: 'secure',
  addresses: [{ address: '8.8.8.8', family: 4, reachable: true, reverse_names: [], confirmed: null }],
  smtp: [
    {
      address: '8.8.8.8',
      measured: true,
      why: null,
      at: '2099-05-01T12:00:00.000Z',
      from_memory: false,
      connect: { ok: true, ms: 20, fault: null },
      greeting: null,
      ehlo: null,
      ehlo_inside_tls: null,
      starttls: 'unmeasured',
      tls: null,
    },
  ],
  effective: true,
  policy_pattern: null,
}

export const REPORT: DomainReport = {
  schema: 'domain-report/1',
  scoring: 1,
  id: 'rep_1',
  domain: 'a.test',
  ascii: 'a.test',
  generated_at: '2099-05-01T12:00:00.000Z',
  vantage: { resolvers: ['one'], lane: 'eu-1' },
  verdict: { accepts_mail: 'yes', reason: 'mx_found', caveat: '' },
  mx: { status: 'mx', ttl_s: 300, dnssec: 'secure', resolvers_agree: true, found: 1, records: [RECORD] },
  spf: { status: 'one', record: 'v=spf1 -all', lookups: 0, voids: 0, partial: false, all: '-', included: [] },
  dkim: { zone: 'exists', selectors: [] },
  dmarc: {
    status: 'found',
    record: 'v=DMARC1; p=reject',
    found_at: 'a.test',
    organisational_domain: 'a.test',
    walk: [],
    policy: 'reject',
    testing: false,
    tags: null,
    rua: [],
    ruf: [],
  },
  mta_sts: {
    status: 'none',
    records: [],
    id: null,
    policy: null,
    fetch: { kind: 'not_fetched', status: null, content_type: null, why: null },
    certificate: null,
    health: null,
    gap: null,
    unmatched_mx: [],
    unused_patterns: [],
  },
  tls_rpt: { status: 'none', record: null, rua: [] },
  dane: { active: false, hosts: [] },
  dns: { bogus: [] },
  routing: null,
  resolution: null,
  availability: null,
  commands: [],
  unmeasured: [],
  by_severity: { ok: 0, info: 0, low: 0, medium: 0, high: 0, critical: 0 },
  findings: [],
  since: null,
  timing: { total_ms: 1, dns_ms: 1, smtp_ms: null, queries: 1, remembered: 0 },
}

export function found(id: string, section: DomainReport['findings'][number]['section'], subject: string | null = null) {
  const words = {
    title: '',
    explanation: '',
    fix: '',
    publish: [],
    refs: [],
    evidence: {},
    confidence: 'measured',
  } as const
  return { id, section, severity: 'low', subject, ...words, publish: [], refs: [] } as DomainReport['findings'][number]
}
