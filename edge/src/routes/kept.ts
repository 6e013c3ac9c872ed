// `GET /v1/verifications` and `/{id}`: what was answered within the last 30 days, to the account that asked.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type Verification, verification } from '@postern/shared/contract/verification.ts'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { instantOf } from '../accounts/ids.ts'
import { firstPage, listRecords, readCursor } from '../accounts/list-records.ts'
import { KEPT_MS } from '../accounts/kept.ts'
import { scopeOf } from '../http/authenticate.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv } from './context.ts'
import { keyOf } from './key-of.ts'
import { nothing, refusal, refusals } from './problems.ts'

const verificationList = z
  .strictObject({ verifications: z.array(verification), next_cursor: z.string().nullable() })
  .openapi('VerificationList')

const list = createRoute({
  method: 'get',
  operationId: 'listVerifications',
  path: '/v1/verifications',
  summary: 'Verifications of the last 30 days, newest first',
  security: [{ bearer: [] }],
  request: {
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(100).optional().openapi({ type: 'integer', minimum: 1, maximum: 100 }),
      cursor: z.string().max(300).optional(),
    }),
  },
  responses: {
    200: { description: 'A page of them', content: { 'application/json': { schema: verificationList } } },
    ...refusals,
  },
})

const one = createRoute({
  method: 'get',
  operationId: 'getVerification',
  path: '/v1/verifications/{id}',
  summary: 'One verification',
  security: [{ bearer: [] }],
  request: { params: z.strictObject({ id: z.string() }), query: nothing },
  responses: {
    200: { description: 'As it was answered', content: { 'application/json': { schema: verification } } },
    404: refusal('No verification of this account has that id'),
    410: refusal('Its 30 days are over, or it was erased'),
    ...refusals,
  },
})

const events = createRoute({
  method: 'get',
  operationId: 'watchVerification',
  path: '/v1/verifications/{id}/events',
  summary: 'A verification that is finished later, as server-sent events',
  security: [{ bearer: [] }],
  request: { params: z.strictObject({ id: z.string() }), query: nothing },
  responses: {
    200: {
      description: 'An event `progress` for each new state, and `end` with the last one',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    404: refusal('No verification of this account has that id'),
    410: refusal('Its 30 days are over, or it was erased'),
    ...refusals,
  },
})

const USUAL_LIMIT = 20
const EVERY_MS = 1_000

export function keptRoutes(app: OpenAPIHono<AppEnv>): void {
  watchRoute(app)
  app.openapi(list, async (context) => {
    const { limit = USUAL_LIMIT, cursor } = context.req.valid('query')
    const { objects, now } = context.get('services')
    const after = cursor === undefined ? firstPage(now()) : readCursor(cursor)
    if (after === null) {
      const errors = [{ pointer: '?cursor', detail: 'is not a next_cursor of this list' }]
      return refuse(context, 'invalid-field', { detail: '?cursor is not a next_cursor of this list', errors })
    }
    const { account } = keyOf(context)
    const scope = scopeOf(context.get('caller'))
    const page = await listRecords(objects, { account, scope, after, limit, now: now() })
    const verifications = page.records.map((record) => JSON.parse(record) as Verification)
    return context.json({ verifications, next_cursor: page.cursor }, 200, { 'cache-control': 'no-store' })
  })
  app.openapi(one, async (context) => {
    const { id } = context.req.valid('param')
    return (
      (await keptAnswer(context, id)) ?? refuse(context, 'not-found', { detail: 'No verification here has that id.' })
    )
  })
}

/** Each state that is seen, once; the stream ends with the verification, or with its erasure. */
function watchRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(events, async (context) => {
    const { id } = context.req.valid('param')
    const first = await keptAnswer(context, id)
    if (first === null) return refuse(context, 'not-found', { detail: 'No verification here has that id.' })
    if (first.status !== 200) return first
    const { till, verify } = context.get('services')
    const { account } = keyOf(context)
    return streamSSE(context, async (out) => {
      let told = ''
      while (!out.aborted) {
        const found = await till.find(account, scopeOf(context.get('caller')), id)
        const record = found.kind === 'found' ? found.record : 'null'
        const isOver = found.kind !== 'found' || (JSON.parse(record) as Verification).final
        if (record !== told) await out.writeSSE({ event: isOver ? 'end' : 'progress', data: record })
        if (isOver) return
        told = record
        await verify.sleep(EVERY_MS)
      }
    })
  })
}

/** The kept answer as a response: 200, or 410 where it is no longer kept; null where there never was one. */
export async function keptAnswer(context: Context<AppEnv>, id: string) {
  const { till, now } = context.get('services')
  const at = instantOf('ver', id)
  if (at === null || at > now() + KEPT_MS) return null
  // The id tells how old it is: what is older than anything kept is not looked for.
  const found =
    at <= now() - KEPT_MS
      ? { kind: 'gone' as const }
      : await till.find(keyOf(context).account, scopeOf(context.get('caller')), id)
  if (found.kind === 'absent') return null
  if (found.kind === 'gone')
    return refuse(context, 'gone', { detail: 'Verifications are kept for 30 days, unless they are erased before.' })
  return context.json(JSON.parse(found.record) as Verification, 200, { 'cache-control': 'no-store' })
}
