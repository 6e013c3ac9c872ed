// `POST /v1/tlsrpt`: what a report of TLS failures (RFC 8460 §4) says, as its sender packed it or unpacked.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { tlsAnalysis } from '@postern/shared/contract/tls-analysis.ts'
import { rounded } from '@postern/shared/report/rounded.ts'
import { analyse, RATE_LINE, type TlsAnalysis, tlsReport } from '@postern/shared/report/tls-report.ts'
import type { Context } from 'hono'
import { refuse, wrongFields } from '../http/problem.ts'
import { shown } from '../reports/shown.ts'
import { unpacked } from '../reports/unpack.ts'
import type { AppEnv } from './context.ts'
import { bodyRefusals, refusals } from './problems.ts'

/** RFC 8460 §5.3, and what people's tools call the same. */
const TYPES = [
  'application/tlsrpt+gzip',
  'application/tlsrpt+json',
  'application/json',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
] as const

const route = createRoute({
  method: 'post',
  operationId: 'analyseTlsReport',
  path: '/v1/tlsrpt',
  summary: 'What a report of TLS failures says',
  description:
    'The attachment as it came. Whether it is packed is seen from its first octets, whatever its type says, and of several gzip members one report is made, whatever is behind them; nothing of it is kept.',
  security: [{ bearer: [] }],
  request: {
    query: z.strictObject({
      line: z
        .string()
        .min(1)
        .transform(Number)
        .pipe(z.number().min(0).max(1))
        .optional()
        .openapi({
          type: 'number',
          minimum: 0,
          maximum: 1,
          description: `Share of failures that is worth a finding; ours is ${RATE_LINE}, and no standard's.`,
        }),
    }),
    body: {
      required: true,
      description: 'As RFC 8460 §5.3 and §5.4 have it sent, at most 128 KiB, and 4 MiB unpacked',
      content: Object.fromEntries(TYPES.map((type) => [type, { schema: z.unknown() }])),
    },
  },
  responses: {
    200: { description: 'Sums, types, exchanges, findings', content: { 'application/json': { schema: tlsAnalysis } } },
    ...refusals,
    ...bodyRefusals,
  },
})

export function tlsRptRoute(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerPath(route)
  app.post(route.path, async (context) => {
    const query = route.request.query.safeParse(context.req.query())
    if (!query.success) return wrongFields(context, query.error.issues, 'query')
    const type = (context.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    if (!TYPES.some((one) => one === type))
      return refuse(context, 'unsupported-media-type', {
        detail: `Send one of ${TYPES.join(', ')}; of a mail the attachment alone.`,
      })
    const unpackedBody = unpacked(new Uint8Array(await context.req.arrayBuffer()))
    if (unpackedBody.kind !== 'value') return unread(context, unpackedBody.kind)
    const report = tlsReport.safeParse(unpackedBody.value)
    if (!report.success) return wrongFields(context, report.error.issues, 'body')
    const analysis = analyse(report.data, query.data.line)
    const notices = [...passedOver(unpackedBody.behind), ...analysis.notices]
    return context.json(rendered({ ...analysis, notices }), 200, { 'cache-control': 'no-store' })
  })
}

/** RFC 1952 §2.2 knows members, and nothing behind them. */
function passedOver(behind: number): string[] {
  return behind === 0 ? [] : [`has ${behind} octets behind its gzip, which were passed over`]
}

const TOO_LARGE = { detail: 'Unpacked it is larger than 4 MiB.' }
const NO_GZIP = { detail: 'The body begins as gzip (RFC 1952) does, and could not be unpacked.' }
const NO_JSON = { detail: 'The body is no JSON in UTF-8. Of a mail send the attachment alone.' }

function unread(context: Context, kind: 'too_large' | 'no_gzip' | 'no_json') {
  if (kind === 'too_large') return refuse(context, 'body-too-large', TOO_LARGE)
  return refuse(context, 'invalid-json', kind === 'no_gzip' ? NO_GZIP : NO_JSON)
}

const share = (rate: number | null): number | null => (rate === null ? null : rounded(rate, 'share'))

function rendered({ reportId, byDomain, byType, byExchange, findings, domains, policies, ...rest }: TlsAnalysis) {
  return {
    ...rest,
    report_id: reportId,
    rate: share(rest.rate),
    policies: policies.map(({ details, ...policy }) => ({
      ...policy,
      details: details.map(({ receivingIp, sendingIp, ...one }) => ({
        ...one,
        receiving_ip: receivingIp,
        sending_ip: sendingIp,
      })),
    })),
    domains: [...domains],
    notices: [...rest.notices],
    by_domain: byDomain.map((one) => ({ ...one, rate: share(one.rate) })),
    by_type: byType.map((one) => ({ ...one })),
    by_exchange: byExchange.map((one) => ({ ...one })),
    findings: findings.map(shown),
  }
}
