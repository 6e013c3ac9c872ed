// `POST /v1/verifications` and its short form `GET /v1/verify`: one address, one answer.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { problem } from '@postern/shared/contract/problem.ts'
import { MAX_AGE_S, verification, verificationRequest, WAIT_MS } from '@postern/shared/contract/verification.ts'
import { isPublic } from '../http/authenticate.ts'
import { refuse } from '../http/problem.ts'
import { answer } from '../verify/answer.ts'
import type { AppEnv } from './context.ts'

const refusal = (description: string) => ({ description, content: { 'application/problem+json': { schema: problem } } })

const responses = {
  200: { description: 'The verdict and its evidence', content: { 'application/json': { schema: verification } } },
  401: refusal('No valid key'),
  403: refusal('This key may not do that'),
  405: refusal('Another method is allowed here'),
  422: refusal('A field is not as it should be'),
  500: refusal('We are broken'),
}

/** A whole number in a query, described as what it becomes. */
const whole = (least: number, most: number) =>
  z.coerce.number().int().min(least).max(most).optional().openapi({ type: 'integer', minimum: least, maximum: most })

const post = createRoute({
  method: 'post',
  operationId: 'createVerification',
  path: '/v1/verifications',
  summary: 'Verify one address',
  security: [{ bearer: [] }],
  request: { body: { required: true, content: { 'application/json': { schema: verificationRequest } } } },
  responses: {
    ...responses,
    400: refusal('Not JSON'),
    413: refusal('Over 128 KiB'),
    415: refusal('Not application/json'),
  },
})

const get = createRoute({
  method: 'get',
  operationId: 'verify',
  path: '/v1/verify',
  summary: 'Verify one address, for a curl or a browser bar',
  security: [{ bearer: [] }],
  request: {
    query: z.strictObject({
      email: z.string(),
      mode: z.enum(['fast', 'full']).optional().openapi({ description: 'Default: `fast`, whatever the key.' }),
      wait_ms: whole(WAIT_MS.least, WAIT_MS.most),
      max_age: whole(0, MAX_AGE_S),
      evidence: z.enum(['none', 'summary', 'full']).optional(),
    }),
  },
  responses,
})

const PUBLIC_FULL = 'A pk_ key may only ask for mode "fast": call full mode from your server with an sk_ key.'

/** People type `jane+tag@…` into a browser bar, where form decoding would make a space of the plus. */
function withPlus(email: string, url: string): string {
  const typed = /[?&]email=([^&#]*)/.exec(url)?.[1] ?? ''
  return typed.includes('+') && !typed.includes('%20') ? email.replaceAll(' ', '+') : email
}

export function verificationRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(post, async (context) => {
    const wanted = context.req.valid('json')
    const caller = context.get('caller')
    if (wanted.mode === 'full' && isPublic(caller)) return refuse(context, 'forbidden', { detail: PUBLIC_FULL })
    return context.json(await answer(wanted, caller, context.get('services')), 200, { 'cache-control': 'no-store' })
  })
  app.openapi(get, async (context) => {
    const { mode = 'fast', ...query } = context.req.valid('query')
    const rest = { ...query, email: withPlus(query.email, context.req.url) }
    const caller = context.get('caller')
    if (mode === 'full' && isPublic(caller)) return refuse(context, 'forbidden', { detail: PUBLIC_FULL })
    const wanted = verificationRequest.parse({ ...rest, mode })
    return context.json(await answer(wanted, caller, context.get('services')), 200, { 'cache-control': 'no-store' })
  })
}
