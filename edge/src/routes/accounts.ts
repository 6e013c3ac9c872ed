// `/v1/accounts`: operators make accounts, look at them and change their settings.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  account as accountSchema,
  type AccountBody,
  accountChange,
  accountList,
  accountSettings,
  newAccount,
  USUAL_SETTINGS,
} from '@postern/shared/contract/account.ts'
import type { AccountView } from '../accounts/account.ts'
import { accountId, OPERATORS, readAccountId } from '../accounts/ids.ts'
import type { Objects } from '../accounts/objects.ts'
import { sign } from '../accounts/secrets.ts'
import { once } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv, Services } from './context.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusal, refusals } from './problems.ts'

const path = '/v1/accounts'
const security = [{ bearer: [] }]
const params = z.strictObject({ id: z.string() })
const shown = (description: string) => ({ description, content: { 'application/json': { schema: accountSchema } } })
const absent = { 404: refusal('There is no such account') }

const list = createRoute({
  method: 'get',
  operationId: 'listAccounts',
  path,
  summary: 'Accounts, by name of their ids; a new one is listed within a minute or so',
  security,
  request: {
    query: z.strictObject({
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(1_000)
        .optional()
        .openapi({ type: 'integer', minimum: 1, maximum: 1_000 }),
      cursor: z.string().max(1_000).optional(),
    }),
  },
  responses: { 200: { description: 'A page', content: { 'application/json': { schema: accountList } } }, ...refusals },
})

const create = createRoute({
  method: 'post',
  operationId: 'createAccount',
  path,
  summary: 'Make an account',
  security,
  request: {
    query: nothing,
    headers: idempotencyHeader,
    body: { required: true, content: { 'application/json': { schema: newAccount } } },
  },
  responses: { 201: shown('The account'), ...refusals, ...bodyRefusals },
})

const one = createRoute({
  method: 'get',
  operationId: 'getAccount',
  path: `${path}/{id}`,
  summary: 'One account, its settings and balance',
  security,
  request: { params, query: nothing },
  responses: { 200: shown('The account'), ...absent, ...refusals },
})

const change = createRoute({
  method: 'patch',
  operationId: 'changeAccount',
  path: `${path}/{id}`,
  summary: 'Change settings; what is not named stays as it is',
  security,
  request: {
    params,
    query: nothing,
    body: { required: true, content: { 'application/json': { schema: accountChange } } },
  },
  responses: { 200: shown('The account'), ...absent, ...refusals, ...bodyRefusals },
})

const NO_STORE = { 'cache-control': 'no-store' }
const NO_ACCOUNT = { detail: 'There is no account of that id.' }
const LEASE_MS = 10_000
const USUAL_LIMIT = 100

export function accountRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(list, async (context) => {
    const { limit = USUAL_LIMIT, cursor } = context.req.valid('query')
    const page = await context.get('services').directory(cursor, limit)
    const accounts = page.accounts.map(({ id, name, createdAt }) => ({
      id,
      name,
      partition: readAccountId(id)?.partition ?? '',
      created_at: createdAt === null ? null : new Date(createdAt).toISOString(),
    }))
    return context.json({ accounts, next_cursor: page.cursor }, 200, NO_STORE)
  })
  app.openapi(create, async (context) => {
    const wanted = context.req.valid('json')
    const { name, partition = 'default', location, ...settings } = wanted
    const { objects, config, newSeed, secrets } = context.get('services')
    if (!Object.hasOwn(config.PARTITIONS, partition)) {
      const detail = `is none of ${Object.keys(config.PARTITIONS).join(', ')}`
      return refuse(context, 'invalid-field', {
        detail: `/partition ${detail}`,
        errors: [{ pointer: '/partition', detail }],
      })
    }
    return once(context, wanted, {
      seed: newSeed(),
      leaseMs: LEASE_MS,
      keep: true,
      work: async (seed) => {
        const octets = (await sign(secrets, 'mint', `account\0${seed}`)).subarray(0, 16)
        const id = accountId(partition, octets)
        const all = accountSettings.parse({ ...USUAL_SETTINGS, ...settings })
        const view = await objects.account(id, location).create({ id, name, settings: all })
        return context.json(bodyOf(view), 201, NO_STORE)
      },
    })
  })
  singleRoutes(app)
}

function singleRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(one, async (context) => {
    const view = await viewOf(context.req.valid('param').id, context.get('services'))
    return view === null ? refuse(context, 'not-found', NO_ACCOUNT) : context.json(bodyOf(view), 200, NO_STORE)
  })
  app.openapi(change, async (context) => {
    const { id } = context.req.valid('param')
    const { objects } = context.get('services')
    if (!isCustomer(id, objects)) return refuse(context, 'not-found', NO_ACCOUNT)
    const view = await objects.account(id).configure(context.req.valid('json'))
    return view === null ? refuse(context, 'not-found', NO_ACCOUNT) : context.json(bodyOf(view), 200, NO_STORE)
  })
}

async function viewOf(id: string, { objects }: Services): Promise<AccountView | null> {
  return isCustomer(id, objects) ? objects.account(id).describe() : null
}

function isCustomer(id: string, objects: Objects): boolean {
  return readAccountId(id) !== null && objects.serves(id) && id !== OPERATORS
}

function bodyOf({ profile, balance }: AccountView): AccountBody {
  return {
    id: profile.id,
    name: profile.name,
    partition: readAccountId(profile.id)?.partition ?? '',
    ...profile.settings,
    standing: profile.standing,
    balance,
    created_at: new Date(profile.createdAt).toISOString(),
  }
}
