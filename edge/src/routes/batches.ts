// `/v1/batches`: lists are sent, started, watched, cancelled and erased.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { batch, batchList, batchOptions, batchPreview } from '@postern/shared/contract/batch.ts'
import type { Context } from 'hono'
import { MAKING_MS, makeBatch, typeOf } from '../batches/make.ts'
import { batchOf } from '../batches/names.ts'
import { scopeOf } from '../http/authenticate.ts'
import { once } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import { targetProblem } from '../webhooks/target.ts'
import type { AppEnv } from './context.ts'
import { keyOf } from './key-of.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusal, refusals } from './problems.ts'

const path = '/v1/batches'
const security = [{ bearer: [] }]
const params = z.strictObject({ id: z.string().max(60) })
const NO_STORE = { 'cache-control': 'no-store' }
const USUAL_LIMIT = 20
/** Behind every id. */
const LAST = 'bat_~'
const STARTING_MS = 30_000
const OVER = { detail: 'This batch was cancelled or has ended, and stays so: send the list again as a new one.' }

const body = {
  required: true,
  description: 'One address or object a line or row; for JSON `{"emails": [...]}`.',
  content: {
    'text/csv': { schema: z.string() },
    'application/x-ndjson': { schema: z.string() },
    'application/json': { schema: z.object({ emails: z.array(z.unknown()) }) },
  },
}

/** Nothing, or an object without members. */
const emptyBody = { required: false, content: { 'application/json': { schema: z.strictObject({}) } } }

const create = createRoute({
  method: 'post',
  operationId: 'createBatch',
  path,
  summary: 'Verify a list',
  security,
  request: { query: batchOptions, headers: idempotencyHeader },
  responses: {
    202: { description: 'Taken', content: { 'application/json': { schema: batchPreview } } },
    410: refusal('A repeat, and the first batch was erased'),
    ...refusals,
    400: refusal('The list ended before it was all here'),
    413: refusal('Over 95 MB'),
    415: refusal('Neither text/csv, nor application/x-ndjson, nor application/json'),
    422: refusal('The list or an option is not as it should be'),
  },
})

const list = createRoute({
  method: 'get',
  operationId: 'listBatches',
  path,
  summary: 'Batches, newest first',
  security,
  request: {
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(100).optional().openapi({ type: 'integer', minimum: 1, maximum: 100 }),
      cursor: z.string().max(60).optional(),
    }),
  },
  responses: {
    200: { description: 'A page of them', content: { 'application/json': { schema: batchList } } },
    ...refusals,
  },
})

const found = { description: 'How it stands', content: { 'application/json': { schema: batch } } }
const absent = {
  404: refusal('No batch of this account has that id'),
  410: refusal('It was erased, or its days are over'),
  ...refusals,
}

const one = createRoute({
  method: 'get',
  operationId: 'getBatch',
  path: `${path}/{id}`,
  summary: 'One batch',
  security,
  request: { params, query: nothing },
  responses: { 200: found, ...absent },
})

const start = createRoute({
  method: 'post',
  operationId: 'startBatch',
  path: `${path}/{id}/start`,
  summary: 'Start a batch that was previewed',
  security,
  request: { params, query: nothing, headers: idempotencyHeader, body: emptyBody },
  responses: {
    202: found,
    409: refusal('It has ended, or was cancelled'),
    ...absent,
    ...bodyRefusals,
  },
})

const cancel = createRoute({
  method: 'post',
  operationId: 'cancelBatch',
  path: `${path}/{id}/cancel`,
  summary: 'Stop a batch; what it has found stays',
  security,
  request: { params, query: nothing, headers: idempotencyHeader, body: emptyBody },
  responses: { 202: found, ...absent, ...bodyRefusals },
})

const erase = createRoute({
  method: 'delete',
  operationId: 'deleteBatch',
  path: `${path}/{id}`,
  summary: 'Erase a batch, its upload and its results',
  security,
  request: { params, query: nothing },
  responses: {
    200: {
      description: 'Erased, now or before',
      content: { 'application/json': { schema: z.strictObject({ id: z.string(), erased: z.literal(true) }) } },
    },
    ...absent,
  },
})

export function batchRoutes(app: OpenAPIHono<AppEnv>): void {
  makingRoute(app)
  lookingRoutes(app)
  changingRoutes(app)
}

function makingRoute(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerPath({ ...create, request: { ...create.request, body } })
  app.openapi({ ...create, hide: true }, async (context) => {
    const options = context.req.valid('query')
    const type = typeOf(context.req.header('content-type') ?? '')
    const stream = context.req.raw.body
    const { newId, config } = context.get('services')
    const wrong =
      options.webhook_url === undefined ? null : targetProblem(options.webhook_url, config.LOOPBACK_NETWORKS)
    if (wrong !== null) {
      const errors = [{ pointer: '?webhook_url', detail: wrong }]
      return refuse(context, 'invalid-field', { detail: `?webhook_url ${wrong}`, errors })
    }
    if (type === null || stream === null) {
      const detail = 'Send the list as "content-type: text/csv", "application/x-ndjson" or "application/json".'
      return refuse(context, 'unsupported-media-type', { detail })
    }
    return once(
      context,
      { options, type },
      {
        seed: newId('bat'),
        leaseMs: MAKING_MS,
        work: (id) => makeBatch(context, { id, options, type, body: stream }),
      },
    )
  })
}

function lookingRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(list, async (context) => {
    const { limit = USUAL_LIMIT, cursor = LAST } = context.req.valid('query')
    const { account } = keyOf(context)
    const { objects, batches } = context.get('services')
    const scope = scopeOf(context.get('caller'))
    const ids = await objects.account(account).lists(scope, { before: cursor, limit: limit + 1 })
    const shown = ids.slice(0, limit)
    const bodies = await Promise.all(shown.map((id) => batches.object(account, id).describe()))
    const next = ids.length > limit ? (shown.at(-1) ?? null) : null
    return context.json({ batches: bodies.filter((each) => each !== null), next_cursor: next }, 200, NO_STORE)
  })
  app.openapi(one, async (context) => {
    const { id } = context.req.valid('param')
    const object = await batchOf(context, id)
    const described = (await object?.describe()) ?? null
    return described === null ? noBatch(context, id) : context.json(described, 200, NO_STORE)
  })
}

function changingRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(start, async (context) => {
    const { id } = context.req.valid('param')
    const object = await batchOf(context, id)
    const work = async (_seed: string, again: boolean) => {
      const started = (await object?.start()) ?? null
      // What a repeat asks for was done, however it has ended since.
      const shown = started === 'over' && again ? ((await object?.describe()) ?? null) : started
      if (shown === 'over') return refuse(context, 'conflict', OVER)
      return shown === null ? noBatch(context, id) : context.json(shown, 202, NO_STORE)
    }
    return once(context, {}, { seed: '', leaseMs: STARTING_MS, work })
  })
  app.openapi(cancel, async (context) => {
    const { id } = context.req.valid('param')
    const object = await batchOf(context, id)
    const cancelled = (await object?.cancel()) ?? null
    return cancelled === null ? noBatch(context, id) : context.json(cancelled, 202, NO_STORE)
  })
  app.openapi(erase, async (context) => {
    const { id } = context.req.valid('param')
    const object = await batchOf(context, id)
    const account = context.get('services').objects.account(keyOf(context).account)
    if (object === null) {
      const isGone = await account.wasDropped(id, scopeOf(context.get('caller')))
      return isGone ? context.json({ id, erased: true as const }, 200, NO_STORE) : noBatch(context, id)
    }
    await object.erase()
    await account.dropList(id)
    return context.json({ id, erased: true as const }, 200, NO_STORE)
  })
}

/** 410 where there was one. */
export async function noBatch(context: Context<AppEnv>, id: string) {
  const account = context.get('services').objects.account(keyOf(context).account)
  if (await account.wasDropped(id, scopeOf(context.get('caller')))) {
    return refuse(context, 'gone', { detail: 'This batch was erased, or its days are over.' })
  }
  return refuse(context, 'not-found', { detail: 'No batch of this account has that id.' })
}
