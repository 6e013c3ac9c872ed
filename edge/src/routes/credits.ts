// `/v1/credits`: operators book what an account bought; the same reference again is the same purchase.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { creditList, madeCredit, newCredit } from '@postern/shared/contract/account.ts'
import type { Purchase } from '../accounts/credit.ts'
import { once } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv } from './context.ts'
import { accountMeant, noAccount } from './key-of.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusal, refusals } from './problems.ts'

const path = '/v1/credits'
const security = [{ bearer: [] }]

const create = createRoute({
  method: 'post',
  operationId: 'createCredit',
  path,
  summary: 'Give an account credits',
  security,
  request: {
    query: nothing,
    headers: idempotencyHeader,
    body: { required: true, content: { 'application/json': { schema: newCredit } } },
  },
  responses: {
    201: { description: 'The purchase and the new balance', content: { 'application/json': { schema: madeCredit } } },
    409: refusal('The reference names a purchase of other units'),
    ...refusals,
    ...bodyRefusals,
  },
})

const list = createRoute({
  method: 'get',
  operationId: 'listCredits',
  path,
  summary: 'What an account bought',
  security,
  request: { query: z.strictObject({ account: z.string().optional() }) },
  responses: {
    200: { description: 'All purchases and the balance', content: { 'application/json': { schema: creditList } } },
    ...refusals,
  },
})

const NO_STORE = { 'cache-control': 'no-store' }
const OTHER = { detail: 'This reference names another purchase, of other units: use a new one.' }
const LEASE_MS = 10_000

export function creditRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(create, async (context) => {
    const wanted = context.req.valid('json')
    const account = await accountMeant(context, wanted.account)
    const { objects, newId, now } = context.get('services')
    if (account === null) return noAccount(context, '/account')
    return once(context, wanted, {
      seed: newId('crd'),
      leaseMs: LEASE_MS,
      keep: true,
      work: async (seed) => {
        const { reference = context.req.header('idempotency-key') ?? seed, units, note = '' } = wanted
        const { purchase, balance } = await objects.account(account).buy({ reference, units, note, at: now() })
        if (purchase.units !== units) return refuse(context, 'conflict', OTHER)
        return context.json({ account, credit: bodyOf(purchase), balance }, 201, NO_STORE)
      },
    })
  })
  app.openapi(list, async (context) => {
    const account = await accountMeant(context, context.req.valid('query').account)
    if (account === null) return noAccount(context, '?account')
    const { objects } = context.get('services')
    const [view, purchases] = await Promise.all([
      objects.account(account).describe(),
      objects.account(account).purchases(),
    ])
    if (view === null) return noAccount(context, '?account')
    return context.json({ account, credits: purchases.map(bodyOf), balance: view.balance }, 200, NO_STORE)
  })
}

function bodyOf({ at, ...purchase }: Purchase) {
  return { ...purchase, at: new Date(at).toISOString() }
}
