// `GET /healthz`: the Worker runs and its configuration holds.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { AppEnv } from './context.ts'
import { nothing, refusal } from './problems.ts'

const route = createRoute({
  method: 'get',
  operationId: 'health',
  path: '/healthz',
  summary: 'Is the service up?',
  request: { query: nothing },
  responses: {
    422: refusal('It takes no parameters'),
    200: {
      description: 'It is',
      content: { 'application/json': { schema: z.strictObject({ ok: z.literal(true), lanes: z.number().int() }) } },
    },
  },
})

export function healthRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, (context) => {
    const { lanes } = context.get('services').config.LANES
    return context.json({ ok: true as const, lanes: lanes.length }, 200, { 'cache-control': 'no-store' })
  })
}
