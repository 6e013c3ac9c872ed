// `/v1/batches/{id}/results` and `/events`: what was found so far, in the order of the list, and how it goes on.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { type ExportPorts, type Place, pageOf, stream } from '../batches/export.ts'
import { batchOf } from '../batches/names.ts'
import { refuse } from '../http/problem.ts'
import { noBatch } from './batches.ts'
import type { AppEnv } from './context.ts'
import { keyOf } from './key-of.ts'
import { nothing, refusal, refusals } from './problems.ts'

const security = [{ bearer: [] }]
const params = z.strictObject({ id: z.string().max(60) })
const STATUSES = ['deliverable', 'undeliverable', 'risky', 'unknown'] as const
const USUAL_LIMIT = 100
const MOST = 1_000
const NO_STORE = { 'cache-control': 'no-store' }

const statusesWanted = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(STATUSES)).min(1))
  .optional()
  .openapi({ type: 'string', description: 'Only rows with one of these statuses, separated by commas.' })

const rows = z
  .strictObject({ results: z.array(z.record(z.string(), z.unknown())), next_cursor: z.string().nullable() })
  .openapi('BatchResults')

const results = createRoute({
  method: 'get',
  operationId: 'getBatchResults',
  path: '/v1/batches/{id}/results',
  summary: 'The rows of a batch with what was found',
  security,
  request: {
    params,
    query: z.strictObject({
      format: z.enum(['json', 'csv', 'ndjson']).optional().openapi({
        description: '`json` (the default) comes in pages; `csv` and `ndjson` are everything at once.',
      }),
      status: statusesWanted,
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(MOST)
        .optional()
        .openapi({ type: 'integer', minimum: 1, maximum: MOST }),
      cursor: z.string().max(40).optional(),
    }),
  },
  responses: {
    200: {
      description: 'In the order of the list; fields of rows that are not done yet are empty',
      content: {
        'application/json': { schema: rows },
        'text/csv': { schema: z.string() },
        'application/x-ndjson': { schema: z.string() },
      },
    },
    404: refusal('No batch of this account has that id'),
    410: refusal('It was erased, or its days are over'),
    ...refusals,
  },
})

const events = createRoute({
  method: 'get',
  operationId: 'watchBatch',
  path: '/v1/batches/{id}/events',
  summary: 'How a batch goes on, as server-sent events',
  security,
  request: { params, query: nothing },
  responses: {
    200: {
      description: 'An event `progress` a second, also while a preview waits to be started, and `end`',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    404: refusal('No batch of this account has that id'),
    410: refusal('It was erased, or its days are over'),
    ...refusals,
  },
})

const EVERY_MS = 1_000

export function batchResultRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(results, async (context) => {
    const { format = 'json', status, limit = USUAL_LIMIT, cursor } = context.req.valid('query')
    const statuses = status ?? null
    const { id } = context.req.valid('param')
    const object = await batchOf(context, id)
    const state = (await object?.plan()) ?? null
    const spool = context.get('services').batches.spool(keyOf(context).account)
    if (object === null || state === null || spool === null) return noBatch(context, id)
    const ports: ExportPorts = { page: (n) => object.page(n), spool }
    if (format !== 'json') return whole(context, { id, format, body: stream(state, { format, statuses }, ports) })
    const place = readCursor(cursor)
    if (place === null) {
      const errors = [{ pointer: '?cursor', detail: 'is not a next_cursor of these results' }]
      return refuse(context, 'invalid-field', { detail: '?cursor is not a next_cursor of these results', errors })
    }
    const page = await pageOf(state, { place, limit, statuses }, ports)
    const next = page.next === null ? null : `${page.next.chunk}.${page.next.skip}`
    return context.json({ results: [...page.rows], next_cursor: next }, 200, NO_STORE)
  })
  app.openapi(events, async (context) => {
    const { id } = context.req.valid('param')
    const object = await batchOf(context, id)
    if (object === null) return noBatch(context, id)
    const { sleep } = context.get('services').verify
    return streamSSE(context, async (out) => {
      while (!out.aborted) {
        const described = await object.describe()
        const isOver = described === null || described.finished_at !== null
        await out.writeSSE({ event: isOver ? 'end' : 'progress', data: JSON.stringify(described) })
        if (isOver) return
        await sleep(EVERY_MS)
      }
    })
  })
}

function whole(context: Context, { id, format, body }: Whole) {
  const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson'
  const headers = { 'content-type': type, 'content-disposition': `attachment; filename="${id}.${format}"`, ...NO_STORE }
  return context.body(body, 200, headers)
}

interface Whole {
  readonly id: string
  readonly format: 'csv' | 'ndjson'
  readonly body: ReadableStream<Uint8Array>
}

/** Null for a text that is no cursor of ours. */
function readCursor(text = '0.0'): Place | null {
  const [, chunk, skip] = /^(\d{1,6})\.(\d{1,4})$/.exec(text) ?? []
  return chunk === undefined || skip === undefined ? null : { chunk: Number(chunk), skip: Number(skip) }
}
