// `/v1/webhooks`: endpoints that are told of events, each with secrets that are shown once, replaced with an overlap.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  EVENT_TYPES,
  madeWebhook,
  MOST_ENDPOINTS,
  newWebhook,
  rotatedWebhook,
  webhook as webhookSchema,
  webhookChange,
  webhookList,
  webhookRotation,
} from '@postern/shared/contract/webhook.ts'
import type { Context } from 'hono'
import { base32 } from '../accounts/ids.ts'
import { sha256 } from '../accounts/secrets.ts'
import { scopeOf } from '../http/authenticate.ts'
import { once } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import type { Endpoint, StoredSecret } from '../webhooks/endpoints.ts'
import { secretText } from '../webhooks/sign.ts'
import { targetProblem } from '../webhooks/target.ts'
import type { AppEnv } from './context.ts'
import { keyOf } from './key-of.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusal, refusals } from './problems.ts'

const path = '/v1/webhooks'
const security = [{ bearer: [] }]
const params = z.strictObject({ id: z.string() })
const shown = (description: string) => ({ description, content: { 'application/json': { schema: webhookSchema } } })
const absent = { 404: refusal('No endpoint of this account has that id') }

/** In place of an endpoint's id: what a `webhook_url` of a request is signed with, and what was sent to such URLs. */
export const DEFAULT = 'default'
export const orDefault = z.strictObject({
  id: z.string().openapi({ description: '`default` stands for the `webhook_url` of single requests.' }),
})

const list = createRoute({
  method: 'get',
  operationId: 'listWebhooks',
  path,
  summary: 'Endpoints that are told of events; those of test keys apart',
  security,
  request: { query: nothing },
  responses: { 200: { description: 'All', content: { 'application/json': { schema: webhookList } } }, ...refusals },
})

const create = createRoute({
  method: 'post',
  operationId: 'createWebhook',
  path,
  summary: 'Make an endpoint',
  security,
  request: {
    query: nothing,
    headers: idempotencyHeader,
    body: { required: true, content: { 'application/json': { schema: newWebhook } } },
  },
  responses: {
    201: {
      description: 'The endpoint and its secret, shown this once',
      content: { 'application/json': { schema: madeWebhook } },
    },
    409: refusal('There are as many endpoints as there may be'),
    ...refusals,
    ...bodyRefusals,
  },
})

const one = createRoute({
  method: 'get',
  operationId: 'getWebhook',
  path: `${path}/{id}`,
  summary: 'One endpoint',
  security,
  request: { params, query: nothing },
  responses: { 200: shown('The endpoint'), ...absent, ...refusals },
})

const change = createRoute({
  method: 'patch',
  operationId: 'changeWebhook',
  path: `${path}/{id}`,
  summary: 'Change an endpoint; what is not named stays as it is',
  security,
  request: {
    params,
    query: nothing,
    body: { required: true, content: { 'application/json': { schema: webhookChange } } },
  },
  responses: { 200: shown('The endpoint'), ...absent, ...refusals, ...bodyRefusals },
})

const remove = createRoute({
  method: 'delete',
  operationId: 'deleteWebhook',
  path: `${path}/{id}`,
  summary: 'Remove an endpoint with its deliveries',
  security,
  request: { params, query: nothing },
  responses: { 200: shown('What it was'), ...absent, ...refusals },
})

const rotate = createRoute({
  method: 'post',
  operationId: 'rotateWebhook',
  path: `${path}/{id}/rotate`,
  summary: 'Replace a secret; deliveries are signed with both for a while',
  security,
  request: {
    params: orDefault,
    query: nothing,
    headers: idempotencyHeader,
    body: { required: false, content: { 'application/json': { schema: webhookRotation } } },
  },
  responses: {
    201: {
      description: 'The new secret, shown this once',
      content: { 'application/json': { schema: rotatedWebhook } },
    },
    409: refusal('Too many replaced secrets still sign'),
    ...absent,
    ...refusals,
    ...bodyRefusals,
  },
})

const NO_STORE = { 'cache-control': 'no-store' }
export const NO_WEBHOOK = { detail: 'This account has no endpoint of that id.' }
const NO_ENDPOINT = {
  detail: [
    '"default" is no endpoint: it stands for the "webhook_url" of single requests. GET /v1/webhooks/default/deliveries',
    'lists what was sent to those, and POST /v1/webhooks/default/rotate shows a new secret for it.',
  ].join(' '),
}
const FULL = { detail: `An account has at most ${MOST_ENDPOINTS} endpoints: remove one.` }
const OVERLAP = { detail: 'Five secrets sign already: send "overlap_s": 0, or wait until one of them ends.' }
const LEASE_MS = 10_000
const USUAL_OVERLAP_S = 86_400

export function webhookRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(list, async (context) => {
    const all = await objectOf(context).endpoints(scopeOf(context.get('caller')))
    return context.json({ webhooks: all.map(bodyOf) }, 200, NO_STORE)
  })
  app.openapi(create, async (context) => {
    const wanted = context.req.valid('json')
    const { secrets, newSeed } = context.get('services')
    return once(context, wanted, {
      seed: newSeed(),
      leaseMs: LEASE_MS,
      work: async (seed) => {
        const refused = wrongTarget(context, wanted.url)
        if (refused !== null) return refused
        const { url, events = [...EVENT_TYPES], description = '', enabled = true } = wanted
        const which = { id: `whk_${await named(context, `endpoint\0${seed}`)}`, scope: scopeOf(context.get('caller')) }
        const wish = { ...which, url, events: [...new Set(events)], description, enabled, ring: secrets.current }
        const made = await objectOf(context).addEndpoint(wish)
        if (made === 'full') return refuse(context, 'conflict', FULL)
        const secret = await textOf(context, made.secret)
        return context.json({ ...bodyOf(made.endpoint), secret }, 201, NO_STORE)
      },
    })
  })
  singleRoutes(app)
  rotationRoute(app)
}

function singleRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(one, async (context) => {
    const which = whichOf(context, context.req.valid('param').id)
    const found = await objectOf(context).endpoint(which)
    return found === null ? noWebhook(context, which) : context.json(bodyOf(found), 200, NO_STORE)
  })
  app.openapi(change, async (context) => {
    const wanted = context.req.valid('json')
    const refused = wanted.url === undefined ? null : wrongTarget(context, wanted.url)
    if (refused !== null) return refused
    const which = whichOf(context, context.req.valid('param').id)
    const events = wanted.events === undefined ? undefined : [...new Set(wanted.events)]
    const changed = await objectOf(context).changeEndpoint(which, { ...wanted, events })
    return changed === null ? noWebhook(context, which) : context.json(bodyOf(changed), 200, NO_STORE)
  })
  app.openapi(remove, async (context) => {
    const which = whichOf(context, context.req.valid('param').id)
    const removed = await objectOf(context).removeEndpoint(which)
    return removed === null ? noWebhook(context, which) : context.json(bodyOf(removed), 200, NO_STORE)
  })
}

function noWebhook(context: Context<AppEnv>, { id }: { readonly id: string }) {
  return refuse(context, 'not-found', id === DEFAULT ? NO_ENDPOINT : NO_WEBHOOK)
}

function rotationRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(rotate, async (context) => {
    const { overlap_s: overlapS = USUAL_OVERLAP_S } = context.req.valid('json')
    const { id } = context.req.valid('param')
    const { secrets, newSeed } = context.get('services')
    return once(
      context,
      { overlapS },
      {
        seed: newSeed(),
        leaseMs: LEASE_MS,
        work: async (seed) => {
          const generation = await named(context, `generation\0${seed}`)
          const rotation = { generation, ring: secrets.current, overlapMs: overlapS * 1_000 }
          const which = { id: id === DEFAULT ? null : id, scope: scopeOf(context.get('caller')) }
          const rotated = await objectOf(context).rotate(which, rotation)
          if (rotated === 'absent') return refuse(context, 'not-found', NO_WEBHOOK)
          if (rotated === 'full') return refuse(context, 'conflict', OVERLAP)
          const secret = await textOf(context, rotated.secret)
          return context.json({ id, secret, previous_secret_ends_at: isoOf(rotated.previousEndsAt) }, 201, NO_STORE)
        },
      },
    )
  })
}

/** The object that keeps the caller's webhooks. */
export function objectOf(context: Context<AppEnv>) {
  return context.get('services').webhooks(keyOf(context).account)
}

function whichOf(context: Context<AppEnv>, id: string) {
  return { id, scope: scopeOf(context.get('caller')) }
}

function wrongTarget(context: Context<AppEnv>, url: string) {
  const detail = targetProblem(url, context.get('services').config.LOOPBACK_NETWORKS)
  if (detail === null) return null
  return refuse(context, 'invalid-field', { detail: `/url ${detail}`, errors: [{ pointer: '/url', detail }] })
}

/** The same seed is the same name, whatever secrets the edge has by then. */
async function named(context: Context<AppEnv>, what: string): Promise<string> {
  return base32((await sha256(`${keyOf(context).account}\0${what}`)).subarray(0, 16))
}

async function textOf(context: Context<AppEnv>, secret: StoredSecret): Promise<string> {
  const { secrets } = context.get('services')
  const text = await secretText(secrets, { ...secret, account: keyOf(context).account })
  if (text === null) throw new Error('a secret that was just made cannot be read')
  return text
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

function bodyOf({ createdAt, previousEndsAt, events, ...endpoint }: Endpoint) {
  return {
    ...endpoint,
    events: [...events],
    created_at: new Date(createdAt).toISOString(),
    previous_secret_ends_at: isoOf(previousEndsAt),
  }
}
