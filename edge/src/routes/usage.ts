// `GET /v1/usage`: what was counted, charged or free and why; the ledger's own rows, so that they add up to the balance.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { usage as usageSchema } from '@postern/shared/contract/account.ts'
import { dayOf } from '../accounts/ids.ts'
import type { UsageRow } from '../accounts/usage.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv } from './context.ts'
import { accountMeant, noAccount } from './key-of.ts'
import { refusals } from './problems.ts'

const route = createRoute({
  method: 'get',
  operationId: 'getUsage',
  path: '/v1/usage',
  summary: 'Units used, by day, key or mode',
  security: [{ bearer: [] }],
  request: {
    query: z.strictObject({
      from: z.iso.date().optional().openapi({ description: 'First day (UTC). Default: 30 days ago.' }),
      to: z.iso.date().optional().openapi({ description: 'Last day (UTC), included. Default: today.' }),
      by: z.enum(['day', 'key', 'mode']).optional(),
      account: z.string().optional().openapi({ description: 'Operators only: whose usage.' }),
    }),
  },
  responses: {
    200: { description: 'Usage and balance', content: { 'application/json': { schema: usageSchema } } },
    ...refusals,
  },
})

const DAY_MS = 86_400_000
const USUAL_DAYS = 30

export function usageRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, async (context) => {
    const { objects, now } = context.get('services')
    const query = context.req.valid('query')
    const { from = dayOf(now() - USUAL_DAYS * DAY_MS), to = dayOf(now()), by = 'day' } = query
    if (from > to) {
      const errors = [{ pointer: '?from', detail: 'is after ?to' }]
      return refuse(context, 'invalid-field', { detail: '?from is after ?to', errors })
    }
    const account = await accountMeant(context, query.account)
    if (account === null) return noAccount(context, '?account')
    const [rows, view] = await Promise.all([
      objects.account(account).usage(from, to),
      objects.account(account).describe(),
    ])
    if (view === null) return noAccount(context, '?account')
    const grouped = groups(rows, by)
    const sums = {
      charged: sumOf(rows.filter(({ units }) => units > 0)),
      free: sumOf(rows.filter(({ units }) => units === 0)),
    }
    const body = { account, from, to, by, rows: grouped, ...sums, balance: view.balance }
    return context.json(body, 200, { 'cache-control': 'no-store' })
  })
}

const FIELD = { day: 'day', key: 'keyId', mode: 'mode' } as const

function groups(rows: readonly UsageRow[], by: keyof typeof FIELD) {
  const keys = new Set(rows.map((row) => `${row[FIELD[by]]} ${row.why}`))
  return [...keys].map((key) => {
    const [group = '', why = ''] = key.split(' ')
    return { group, why, ...sumOf(rows.filter((row) => row[FIELD[by]] === group && row.why === why)) }
  })
}

/** Thousandths are added, not fractions: ten times 0.1 is 1. */
function sumOf(rows: readonly UsageRow[]): { count: number; units: number } {
  const count = rows.reduce((sum, row) => sum + row.count, 0)
  return { count, units: rows.reduce((sum, row) => sum + Math.round(row.units * 1_000), 0) / 1_000 }
}
