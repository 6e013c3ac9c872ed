// What a request has to pass before a route sees it: its id, its size and type, its key.
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { AppEnv } from '../routes/context.ts'
import { authenticate, mayVerify } from './authenticate.ts'
import { refuse } from './problem.ts'

const MAX_BODY_OCTETS = 128 * 1_024
const REQUEST_ID = /^[\w.:-]{1,100}$/

/** Takes the caller's `X-Request-Id` where it is harmless, else makes one; both go back, with the time it took. */
export const requestId: MiddlewareHandler<AppEnv> = async (context, next) => {
  const given = context.req.header('x-request-id') ?? ''
  const id = REQUEST_ID.test(given) ? given : crypto.randomUUID()
  const startedAt = Date.now()
  context.set('requestId', id)
  await next()
  context.res.headers.set('x-request-id', id)
  context.res.headers.set('server-timing', `total;dur=${Date.now() - startedAt}`)
}

export const limitBody: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: MAX_BODY_OCTETS,
  onError: (context) => refuse(context, 'body-too-large', { detail: 'Send at most 128 KiB.' }),
})

const JSON_TYPE = /^application\/json\s*(;|$)/i

export const requireJson: MiddlewareHandler<AppEnv> = async (context, next) => {
  if (context.req.method === 'POST' && !JSON_TYPE.test(context.req.header('content-type') ?? '')) {
    return refuse(context, 'unsupported-media-type', { detail: 'Send the body as "content-type: application/json".' })
  }
  return next()
}

export const requireKey: MiddlewareHandler<AppEnv> = async (context, next) => {
  const { config } = context.get('services')
  const caller = await authenticate(context.req.header('authorization'), config.KEYS)
  if (caller === null) {
    const headers = { 'www-authenticate': 'Bearer realm="postern"' }
    return refuse(context, 'unauthenticated', {
      detail: 'Send "Authorization: Bearer <key>" with a valid key.',
      headers,
    })
  }
  if (!mayVerify(caller))
    return refuse(context, 'forbidden', { detail: 'An operator key verifies nothing; use an sk_ key.' })
  context.set('caller', caller)
  return next()
}
