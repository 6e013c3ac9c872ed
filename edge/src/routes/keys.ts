// `/v1/keys`: made and shown once, listed without their text, replaced with an overlap, revoked at once.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { key as keySchema, keyList, madeKey, newKey, rotation } from '@postern/shared/contract/account.ts'
import type { StoredKey } from '../accounts/key-book.ts'
import { once } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv } from './context.ts'
import { holderMeant, noAccount } from './key-of.ts'
import { makeKey, newKeyOf, wrongKind } from './make-key.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusal, refusals } from './problems.ts'

const path = '/v1/keys'
const security = [{ bearer: [] }]
const whose = z.strictObject({ account: z.string().optional().openapi({ description: 'Operators only: whose keys.' }) })
const params = z.strictObject({ id: z.string() })
const shown = (description: string) => ({ description, content: { 'application/json': { schema: keySchema } } })
const made = { description: 'The key, shown this once', content: { 'application/json': { schema: madeKey } } }
const absent = { 404: refusal('This account has no such key') }
const full = { 409: refusal('The account has as many keys as it may have, or the key has ended') }

const list = createRoute({
  method: 'get',
  operationId: 'listKeys',
  path,
  summary: 'The keys of an account, without their text',
  security,
  request: { query: whose },
  responses: { 200: { description: 'All of them', content: { 'application/json': { schema: keyList } } }, ...refusals },
})

const create = createRoute({
  method: 'post',
  operationId: 'createKey',
  path,
  summary: 'Make a key',
  security,
  request: {
    query: nothing,
    headers: idempotencyHeader,
    body: { required: true, content: { 'application/json': { schema: newKey } } },
  },
  responses: { 201: made, ...full, ...refusals, ...bodyRefusals },
})

const one = createRoute({
  method: 'get',
  operationId: 'getKey',
  path: `${path}/{id}`,
  summary: 'One key, without its text',
  security,
  request: { params, query: whose },
  responses: { 200: shown('The key'), ...absent, ...refusals },
})

const remove = createRoute({
  method: 'delete',
  operationId: 'revokeKey',
  path: `${path}/{id}`,
  summary: 'Revoke a key: at once in full mode, within a minute or so in fast mode',
  security,
  request: { params, query: whose },
  responses: { 200: shown('The revoked key'), ...absent, ...refusals },
})

const rotate = createRoute({
  method: 'post',
  operationId: 'rotateKey',
  path: `${path}/{id}/rotate`,
  summary: 'Replace a key; the old one goes on working for a while',
  security,
  request: {
    params,
    query: whose,
    headers: idempotencyHeader,
    body: { required: false, content: { 'application/json': { schema: rotation } } },
  },
  responses: { 201: made, ...absent, ...full, ...refusals, ...bodyRefusals },
})

const NO_STORE = { 'cache-control': 'no-store' }
const NO_KEY = { detail: 'This account has no key of that id.' }
const OVER = { detail: 'This key has ended or was replaced already: make a new one with POST /v1/keys.' }
const FULL = { detail: 'An account has at most 1000 keys, revoked ones included: what was signed once stays known.' }
const LEASE_MS = 10_000
const USUAL_OVERLAP_S = 86_400

export function keyRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(list, async (context) => {
    const account = await holderMeant(context, context.req.valid('query').account)
    if (account === null) return noAccount(context, '?account')
    const keys = await context.get('services').objects.account(account).keys()
    return context.json({ keys: keys.map((stored) => bodyOf(account, stored)) }, 200, NO_STORE)
  })
  app.openapi(create, async (context) => {
    const wanted = context.req.valid('json')
    const account = await holderMeant(context, wanted.account)
    if (account === null) return noAccount(context, '/account')
    return once(context, wanted, {
      seed: context.get('services').newSeed(),
      leaseMs: LEASE_MS,
      work: async (seed, again) => {
        // What was made before was right then, though its end may be over by now.
        const wrong = again ? null : wrongKind(wanted, account, context.get('services').now())
        if (wrong !== null)
          return refuse(context, 'invalid-field', { detail: `${wrong.pointer} ${wrong.detail}`, errors: [wrong] })
        const key = await makeKey({ ...wanted, account, seed }, context.get('services'))
        if (key === null) return refuse(context, 'conflict', FULL)
        return context.json({ ...bodyOf(account, key.stored), key: key.text }, 201, NO_STORE)
      },
    })
  })
  app.openapi(one, async (context) => {
    const account = await holderMeant(context, context.req.valid('query').account)
    if (account === null) return noAccount(context, '?account')
    const keys = await context.get('services').objects.account(account).keys()
    const stored = keys.find(({ id }) => id === context.req.valid('param').id)
    if (stored === undefined) return refuse(context, 'not-found', NO_KEY)
    return context.json(bodyOf(account, stored), 200, NO_STORE)
  })
  app.openapi(remove, async (context) => {
    const account = await holderMeant(context, context.req.valid('query').account)
    if (account === null) return noAccount(context, '?account')
    const { id } = context.req.valid('param')
    const stored = await context.get('services').objects.account(account).revoke(id)
    if (stored === null) return refuse(context, 'not-found', NO_KEY)
    return context.json(bodyOf(account, stored), 200, NO_STORE)
  })
  rotationRoute(app)
}

function rotationRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(rotate, async (context) => {
    const account = await holderMeant(context, context.req.valid('query').account)
    if (account === null) return noAccount(context, '?account')
    const { overlap_s: overlapS = USUAL_OVERLAP_S } = context.req.valid('json')
    const { objects, newSeed, now } = context.get('services')
    const { id } = context.req.valid('param')
    return once(
      context,
      { overlapS, account },
      {
        seed: newSeed(),
        leaseMs: LEASE_MS,
        work: async (seed) => {
          const old = (await objects.account(account).keys()).find((stored) => stored.id === id)
          if (old === undefined) return refuse(context, 'not-found', NO_KEY)
          const { kind, name, origins, expiresAt } = old
          const wish = { kind, name, origins: [...origins], account, seed, ...ending(expiresAt) }
          const { stored, text } = await newKeyOf(wish, context.get('services'))
          const rotated = await objects.account(account).rotate(id, stored, now() + overlapS * 1_000)
          if (rotated === 'absent') return refuse(context, 'not-found', NO_KEY)
          if (rotated === 'over') return refuse(context, 'conflict', OVER)
          if (rotated === 'full') return refuse(context, 'conflict', FULL)
          return context.json({ ...bodyOf(account, rotated), key: text }, 201, NO_STORE)
        },
      },
    )
  })
}

function bodyOf(account: string, stored: StoredKey) {
  const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
  return {
    id: stored.id,
    account,
    kind: stored.kind,
    name: stored.name,
    origins: [...stored.origins],
    last_four: stored.lastFour,
    created_at: new Date(stored.createdAt).toISOString(),
    expires_at: iso(firstOf(stored.expiresAt, stored.endsAt)),
    revoked_at: iso(stored.revokedAt),
  }
}

function firstOf(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

function ending(at: number | null): { expires_at?: string } {
  return at === null ? {} : { expires_at: new Date(at).toISOString() }
}
