// What `GET /v1/domains/{domain}` answers: the sections of a domain's report, what was found, and what changed.
import { z } from '@hono/zod-openapi'
import { recordDnssec } from './dnssec-state.ts'
import { SECTIONS, SEVERITIES, type Severity } from '../report/finding.ts'
import { PROFILE_NAMES } from '../report/profiles.ts'
import { PUBLISHED_AS } from '../report/publish.ts'
import { unmeasuredWhy } from './closed-lists.ts'
import { mxSection } from './domain-exchanges.ts'
import { availability, resolution, routing } from './domain-models.ts'
import { mtaSts } from './domain-policy.ts'

const instant = z.iso.datetime()
const milliseconds = z.number().min(0)
const names = z.array(z.string())

const verdict = z.strictObject({
  accepts_mail: z.enum(['yes', 'no', 'implicit', 'unknown']).openapi({
    description: 'Whether the DNS leads mail anywhere. Reachable is not delivered, and nothing here says what is spam.',
  }),
  reason: z.enum([
    'mx_found',
    'null_mx',
    'implicit_mx',
    'no_mail_host',
    'domain_not_found',
    'exchanges_without_address',
    'exchanges_unreachable',
    'dns_failure',
  ]),
  caveat: z.string(),
})

const spf = z.strictObject({
  status: z.enum(['one', 'none', 'several', 'error', 'unlearned']),
  record: z.string().nullable(),
  dnssec: recordDnssec,
  lookups: z.number().int().nullable().openapi({
    description: 'In the worst case; receivers stop at ten (RFC 7208 §4.6.4). Null where there is no record to count',
  }),
  voids: z
    .number()
    .int()
    .nullable()
    .openapi({ description: 'Look-ups that find nothing, whoever sends; two are allowed' }),
  partial: z.boolean().openapi({ description: 'Something that it includes was not learned: the counts are the least' }),
  all: z.enum(['+', '-', '~', '?']).nullable(),
  included: z.array(z.strictObject({ domain: z.string(), depth: z.number().int() })),
})

const dkim = z.strictObject({
  zone: z.enum(['exists', 'absent', 'unknown']),
  selectors: z.array(
    z.strictObject({
      selector: z.string(),
      status: z.enum(['found', 'none', 'invalid', 'several', 'unlearned']),
      type: z.enum(['rsa', 'ed25519']).nullable(),
      bits: z.number().int().nullable(),
      revoked: z.boolean().nullable(),
      testing: z.boolean().nullable(),
    }),
  ),
})

const policyWord = z.enum(['none', 'quarantine', 'reject'])
const dmarc = z.strictObject({
  status: z.enum(['found', 'none', 'several', 'invalid', 'unlearned']),
  record: z.string().nullable(),
  dnssec: recordDnssec,
  found_at: z.string().nullable(),
  organisational_domain: z.string().nullable(),
  walk: names,
  policy: z
    .enum(['none', 'quarantine', 'reject'])
    .nullable()
    .openapi({ description: 'As it is applied to this domain' }),
  testing: z.boolean().nullable(),
  tags: z
    .strictObject({
      p: policyWord.nullable(),
      sp: policyWord.nullable(),
      np: policyWord.nullable(),
      adkim: z.enum(['r', 's']),
      aspf: z.enum(['r', 's']),
      psd: z.enum(['y', 'n', 'u']),
    })
    .nullable()
    .openapi({ description: 'Of the record that counts' }),
  rua: names,
  ruf: names,
})

const tlsRpt = z.strictObject({
  status: z.enum(['none', 'several', 'invalid', 'published', 'unlearned']),
  record: z.string().nullable(),
  dnssec: recordDnssec,
  rua: names,
})

const dane = z.strictObject({
  active: z.boolean().nullable().openapi({
    description:
      'Both resolvers vouch for it, where there are two to ask; null where what was not learned could make it so',
  }),
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      status: z.enum(['none', 'usable', 'unusable', 'insecure', 'bogus', 'unlearned']),
      base: z.string().openapi({ description: 'Name whose records count: where the host is an alias, its target' }),
      records: z.array(
        z.strictObject({
          usage: z.number().int(),
          selector: z.number().int(),
          matching: z.number().int(),
          data: z.string(),
          matches: z.boolean().nullable(),
        }),
      ),
      matches: z.boolean().nullable(),
    }),
  ),
})

const dns = z.strictObject({ bogus: names.openapi({ description: 'Names whose signatures do not hold' }) })

const toPublish = z
  .strictObject({
    name: z.string().openapi({ example: '_dmarc.example.com' }),
    type: z.enum(PUBLISHED_AS).openapi({
      description: '`file` is served as text/plain at the URL that is its name; the others are records of the DNS',
    }),
    value: z.string().openapi({ description: 'Of TXT without quotes', example: 'v=DMARC1; p=none' }),
  })
  .openapi('ToPublish')
const reference = z.strictObject({ rfc: z.number().int(), section: z.string().optional() })

export const finding = z
  .strictObject({
    id: z.string().openapi({ example: 'STS_MX_UNMATCHED' }),
    section: z.enum(SECTIONS),
    severity: z.enum(SEVERITIES),
    subject: z
      .string()
      .nullable()
      .openapi({ description: 'Host, name, address or term; null where it is about the domain' }),
    title: z.string(),
    explanation: z.string(),
    fix: z.string().openapi({ description: 'With what is in `publish`, as lines of a zone or a file' }),
    publish: z.array(toPublish).openapi({ description: 'To be copied as it is; mostly empty' }),
    refs: z.array(reference),
    evidence: z.record(z.string(), z.unknown()).openapi({ description: 'What it rests on; members differ by id' }),
    confidence: z.enum(['measured', 'inferred', 'model']),
  })
  .openapi('Finding')

const command = z.strictObject({ title: z.string(), command: z.string() })

const unmeasured = z.strictObject({
  what: z.enum(['smtp', 'policy', 'policy_certificate']),
  subject: z.string(),
  why: unmeasuredWhy,
  retry_at: instant.nullable(),
})

const named = z.strictObject({ id: z.string(), subject: z.string().nullable() })
const changes = z.strictObject({
  appeared: z
    .array(named)
    .openapi({ description: 'Findings that were not there; what was not learned has not changed' }),
  gone: z.array(named),
  changed: z.array(z.strictObject({ what: z.string(), from: z.string(), to: z.string() })),
})

const since = z
  .strictObject({ report: z.string(), generated_at: instant, ...changes.shape })
  .nullable()
  .openapi({
    description: 'What changed since the last report to which the DNS had answered; null where there is none',
  })
const bySeverity = z.strictObject(
  Object.fromEntries(SEVERITIES.map((severity) => [severity, z.number().int()])) as Record<Severity, z.ZodNumber>,
)

/** Each as it is told in a stream; null in no whole report. */
export const reportSections = {
  verdict,
  mx: mxSection,
  spf,
  dkim,
  dmarc,
  mta_sts: mtaSts,
  tls_rpt: tlsRpt,
  dane,
  dns,
  routing: routing.nullable(),
  resolution: resolution.nullable(),
  availability: availability.nullable(),
  commands: z.array(command),
  unmeasured: z.array(unmeasured),
} as const

export const domainReport = z
  .strictObject({
    schema: z.literal('domain-report/1'),
    scoring: z.literal(1),
    id: z.string().openapi({ example: 'rep_01JD0Q8Z3V9K6W2X4Y5Z7A8B9C' }),
    domain: z.string(),
    ascii: z.string(),
    generated_at: instant,
    stale: z
      .boolean()
      .openapi({ description: 'No resolver answers now: the newest report that had one, of a day at most' }),
    vantage: z.strictObject({ resolvers: names, lane: z.string().nullable() }),
    profile: z.enum(PROFILE_NAMES).openapi({ description: 'Who has weighed the findings' }),
    by_severity: bySeverity,
    findings: z.array(finding).openapi({ description: 'The worst first; 150 at most' }),
    ...reportSections,
    since,
    timing: z.strictObject({
      total_ms: milliseconds,
      dns_ms: milliseconds,
      smtp_ms: milliseconds.nullable(),
      queries: z.number().int().openapi({ description: 'Questions that resolvers were asked' }),
      remembered: z.number().int().openapi({ description: 'Those that memory answered, or one that was on its way' }),
    }),
  })
  .openapi('DomainReport')
export type DomainReport = z.infer<typeof domainReport>
export type ReportSections = { readonly [S in keyof typeof reportSections]: z.infer<(typeof reportSections)[S]> }
export type SectionName = keyof ReportSections

/** One line, or the data of one event, of a report that is told as it is made. */
export const reportPart = z
  .strictObject({
    section: z.enum(['begun', ...(Object.keys(reportSections) as (keyof typeof reportSections)[]), 'report']).openapi({
      description: 'A section that comes again replaces what came before; `report`, the last, has the whole',
    }),
    value: z.unknown().openapi({ description: 'As in the whole report; of `begun` its id and domain' }),
    findings: z.array(finding),
  })
  .openapi('DomainReportPart')
export type ReportPart = z.infer<typeof reportPart>

export const reportRow = z.strictObject({ id: z.string(), generated_at: instant, by_severity: bySeverity, since })

export const domainHistory = z
  .strictObject({
    domain: z.string(),
    reports: z.array(reportRow),
  })
  .openapi('DomainHistory')
export type DomainHistory = z.infer<typeof domainHistory>
