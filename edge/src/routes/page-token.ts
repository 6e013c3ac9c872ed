// `GET /page-token`: what a page of ours asks with; handed to pages of this very origin only.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { makePageToken, PAGE_TOKEN_MS } from '../http/page-token.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv } from './context.ts'
import { nothing, refusal } from './problems.ts'

const route = createRoute({
  method: 'get',
  operationId: 'getPageToken',
  path: '/page-token',
  summary: 'A token for the pages of this service',
  request: { query: nothing },
  responses: {
    200: {
      description: 'Send it as "Authorization: Bearer <token>": fast 20 and full 3 an hour for each address',
      content: { 'application/json': { schema: z.strictObject({ token: z.string(), expires_at: z.iso.datetime() }) } },
    },
    403: refusal('Only pages of this origin get one'),
    422: refusal('It takes no parameters'),
  },
})

export function pageTokenRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, async (context) => {
    // Browsers say where a request comes from and pages cannot change it (Fetch Metadata); scripts can, and are limited by address.
    if (context.req.header('sec-fetch-site') !== 'same-origin')
      return refuse(context, 'forbidden', { detail: 'Page tokens are for the pages of this service: use a key.' })
    const { secrets, now } = context.get('services')
    const at = now()
    const expiresAt = new Date(at + PAGE_TOKEN_MS).toISOString()
    const body = { token: await makePageToken(secrets, at), expires_at: expiresAt }
    return context.json(body, 200, { 'cache-control': 'no-store' })
  })
}
