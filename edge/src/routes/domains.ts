// `/v1/domains/{domain}`: everything about a domain's mail, whole or section by section, and what it was before.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  type DomainHistory,
  domainHistory,
  domainReport,
  type ReportPart,
  reportPart,
} from '@postern/shared/contract/domain-report.ts'
import { isSelector } from '@postern/shared/report/dkim-survey.ts'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { stream, streamSSE } from 'hono/streaming'
import { COMMENT, withHeartbeat } from '../http/heartbeat.ts'
import { refuse } from '../http/problem.ts'
import { readKept } from '../reports/kept-report.ts'
import { type AnswerPorts, answerReport, type Wanted } from '../reports/answer.ts'
import type { AppEnv } from './context.ts'
import { domainNamed, portsOf, shelfOf } from './domain-asked.ts'
import { nothing, refusal, refusals } from './problems.ts'
import { toldAs, toldAsQuery } from './told-as.ts'

const security = [{ bearer: [] }]
const params = z.strictObject({
  domain: z
    .string()
    .max(300)
    .openapi({ description: 'In letters of any script, or in A-form', example: 'example.com' }),
})

/** As it stands in a DKIM-Signature (`s=main;`) or before the domain (`main._domainkey.example.com`). */
function selectorIn(typed: string): string {
  return typed
    .trim()
    .replace(/^s=/, '')
    .replace(/;$/, '')
    .replace(/\._domainkey(\..*)?$/, '')
    .trim()
}

const selectors = z
  .string()
  .max(400)
  .transform((text) => [...new Set(text.toLowerCase().split(',').map(selectorIn))])
  .pipe(z.array(z.string().refine(isSelector, 'is no selector')).min(1).max(5))
  .optional()
  .openapi({
    type: 'string',
    description:
      'Selectors of DKIM keys (the s= of a DKIM-Signature), up to five, separated by commas: the DNS does not list them.',
  })

const JSON_TYPE = 'application/json'
const EVENTS = 'text/event-stream'
const LINES = 'application/x-ndjson'

/** As `GET` of the resource is described. */
export const reportRoute = createRoute({
  method: 'get',
  operationId: 'getDomainReport',
  path: '/v1/domains/{domain}',
  summary: 'Everything about the mail of a domain: measured, scored, explained',
  description:
    'The report of the last quarter of an hour, or a new one. With `Accept: application/x-ndjson` or `text/event-stream` its sections come as they are learned, each with its findings: a section that comes again replaces what came before, and the last line is `report`, the whole.',
  security,
  request: {
    params,
    query: z.strictObject({
      refresh: z.enum(['true', 'false']).optional().openapi({
        description: 'A new one, if the last is a minute old. Exchanges are looked at once in 24 hours all the same.',
      }),
      selector: selectors,
      ...toldAsQuery,
    }),
  },
  responses: {
    200: {
      description: 'The report; of domains that do not exist too',
      content: {
        'application/json': { schema: domainReport },
        [LINES]: { schema: reportPart },
        [EVENTS]: { schema: reportPart },
      },
    },
    ...refusals,
  },
})

const history = createRoute({
  method: 'get',
  operationId: 'getDomainHistory',
  path: '/v1/domains/{domain}/history',
  summary: 'The last thirty reports of a domain, and what changed',
  security,
  request: { params, query: nothing },
  responses: {
    200: { description: 'Newest first', content: { 'application/json': { schema: domainHistory } } },
    ...refusals,
  },
})

const kept = createRoute({
  method: 'get',
  operationId: 'getKeptDomainReport',
  path: '/v1/domains/{domain}/history/{id}',
  summary: 'One of the last thirty reports of a domain',
  security,
  request: { params: params.extend({ id: z.string().max(60) }), query: nothing },
  responses: {
    200: { description: 'As it was made', content: { 'application/json': { schema: domainReport } } },
    404: refusal('No report of that id is kept of the domain'),
    ...refusals,
  },
})

const NO_STORE = { 'cache-control': 'no-store' }

export function domainRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(reportRoute, async (context) => {
    const { refresh, selector = [], ...told } = context.req.valid('query')
    const named = domainNamed(context, context.req.valid('param').domain)
    if ('detail' in named) return wrongName(context, named.detail)
    const { newId } = context.get('services')
    const asked = { id: newId('rep'), domain: named, selectors: selector, refresh: refresh === 'true' }
    const wanted = { ...asked, told: toldAs(told) }
    const ports = context.get('report') ?? portsOf(context, named)
    const type = accepts(context, { header: 'Accept', supports: [JSON_TYPE, LINES, EVENTS], default: JSON_TYPE })
    if (type === EVENTS) return asEvents(context, { wanted, ports })
    if (type === LINES) return asLines(context, { wanted, ports })
    const report = answerReport(wanted, ports, () => undefined)
    context.executionCtx.waitUntil(report)
    return context.json(await report, 200, NO_STORE)
  })
  app.openapi(history, async (context) => {
    const named = domainNamed(context, context.req.valid('param').domain)
    if ('detail' in named) return wrongName(context, named.detail)
    const body: DomainHistory = { domain: named.unicode, reports: (await shelfOf(context, named)?.history()) ?? [] }
    return context.json(body, 200, NO_STORE)
  })
  app.openapi(kept, async (context) => {
    const { domain, id } = context.req.valid('param')
    const named = domainNamed(context, domain)
    if ('detail' in named) return wrongName(context, named.detail)
    const report = readKept((await shelfOf(context, named)?.report(id)) ?? null)
    if (report === null) return refuse(context, 'not-found', { detail: 'No report of that id is kept of this domain.' })
    return context.json(report, 200, NO_STORE)
  })
}

function wrongName(context: Context<AppEnv>, detail: string) {
  const pointer = '/domain'
  return refuse(context, 'invalid-field', { detail: `${pointer} ${detail}`, errors: [{ pointer, detail }] })
}

interface Asked {
  readonly wanted: Wanted
  readonly ports: AnswerPorts
}

function asLines(context: Context<AppEnv>, asked: Asked): Response {
  context.header('content-type', LINES)
  context.header('cache-control', NO_STORE['cache-control'])
  return stream(context, (out) =>
    inTurn(context, asked, async (part) => void (await out.writeln(JSON.stringify(part)))),
  )
}

function asEvents(context: Context<AppEnv>, asked: Asked): Response {
  return streamSSE(context, (out) => {
    const told = inTurn(context, asked, ({ section, ...rest }) =>
      out.writeSSE({ event: section, data: JSON.stringify(rest) }),
    )
    return withHeartbeat(told, () => out.write(COMMENT))
  })
}

/**
 * One part after the other leaves, in the order in which they came; whoever goes away leaves a report that is kept all the
 * same. @throws what kept the report from being made, or a part from being written, when nothing is written any more.
 */
export async function inTurn(
  context: Context,
  { wanted, ports }: Asked,
  write: (part: ReportPart) => Promise<void>,
): Promise<void> {
  let last = Promise.resolve()
  const all = answerReport(wanted, ports, (part) => {
    last = last.then(() => write(part))
    // Its fault is told below, when the report is made.
    void Promise.allSettled([last])
  })
  context.executionCtx.waitUntil(all)
  await Promise.allSettled([all])
  await last
  await all
}
