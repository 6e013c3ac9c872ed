// `GET /v1/rules`: the tables by which verdicts are made, for everybody.
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { ruleTables, tables } from '@postern/shared/contract/rules.ts'
import type { AppEnv } from './context.ts'
import { nothing, refusal } from './problems.ts'

const route = createRoute({
  method: 'get',
  operationId: 'rules',
  path: '/v1/rules',
  summary: 'Which rules, providers and lists verdicts rest on',
  request: { query: nothing },
  responses: {
    422: refusal('It takes no parameters'),
    200: { description: 'The tables', content: { 'application/json': { schema: ruleTables } } },
  },
})

/** They change with the code alone. */
const KEPT_S = 3_600

export function rulesRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, (context) => context.json(tables(), 200, { 'cache-control': `public, max-age=${KEPT_S}` }))
}
