// What `POST /v1/tlsrpt` answers: a report of TLS failures, summed up.
import { z } from '@hono/zod-openapi'
import { finding } from './domain-report.ts'

const count = z.number().int().min(0)

export const tlsAnalysis = z
  .strictObject({
    organization: z.string().nullable(),
    report_id: z.string().nullable(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    successes: count,
    failures: count,
    rate: z.number().min(0).max(1).nullable().openapi({ description: 'Null where there were no sessions' }),
    domains: z.array(z.string()),
    notices: z.array(z.string()).openapi({
      description:
        'What is not as RFC 8460 has it and was read as it was meant, each to complete a sentence about the report',
    }),
    policies: z.array(
      z.strictObject({
        type: z.string().openapi({ description: '`sts`, `tlsa` or `no-policy-found` (RFC 8460 §4.4)' }),
        domain: z.string().nullable(),
        successes: count,
        failures: count,
        details: z
          .array(
            z.strictObject({
              type: z.string(),
              sessions: count,
              host: z.string().nullable(),
              receiving_ip: z.string().nullable(),
              sending_ip: z.string().nullable(),
              reason: z.string().nullable(),
            }),
          )
          .openapi({ description: 'The fifty most frequent' }),
      }),
    ),
    by_domain: z
      .array(
        z.strictObject({
          domain: z.string().nullable(),
          successes: count,
          failures: count,
          rate: z.number().min(0).max(1).nullable().openapi({ description: 'Null where there were no sessions' }),
        }),
      )
      .openapi({
        description:
          'Of each domain all its policies, the most failures first; null where the report names none. What is beyond the line is a finding of its domain',
      }),
    by_type: z.array(z.strictObject({ type: z.string(), sessions: count, known: z.boolean() })),
    by_exchange: z.array(z.strictObject({ host: z.string(), sessions: count })),
    findings: z.array(finding),
  })
  .openapi('TlsAnalysis')
