// What a request has to pass before a route sees it: its id, its size and type, its key.
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { AppEnv } from '../routes/context.ts'
import { authenticate } from './authenticate.ts'
import { invalidKey, refuse } from './problem.ts'

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

const limited: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: MAX_BODY_OCTETS,
  onError: (context) => refuse(context, 'body-too-large', { detail: 'Send at most 128 KiB.' }),
})

/** Lists are as large as they are, of several types, and measured as they pass. */
const LISTS = '/v1/batches'

export const limitBody: MiddlewareHandler<AppEnv> = (context, next) =>
  context.req.path === LISTS ? next() : limited(context, next)

const JSON_TYPE = /^application\/json\s*(;|$)/i

/** Methods whose body is read. */
const WITH_BODY = ['POST', 'PATCH']

export const NOT_JSON = { detail: 'Send the body as "content-type: application/json".' }

/** Reports of TLS failures come packed, under a type of their own. */
const OTHER_TYPES = [LISTS, '/v1/tlsrpt']

/** No body at all is an object without members, whatever its type: routes that need more name what they miss. */
export const requireJson: MiddlewareHandler<AppEnv> = async (context, next) => {
  if (OTHER_TYPES.includes(context.req.path) || !WITH_BODY.includes(context.req.method)) return next()
  if (isEmpty(context.req.raw)) context.req.raw = withEmptyObject(context.req.raw)
  if (!JSON_TYPE.test(context.req.header('content-type') ?? '')) {
    return refuse(context, 'unsupported-media-type', NOT_JSON)
  }
  return next()
}

function isEmpty({ headers, body }: Request): boolean {
  return headers.get('content-length') === '0' || body === null
}

function withEmptyObject(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.delete('content-length')
  headers.set('content-type', 'application/json')
  return new Request(request, { method: request.method, headers, body: '{}' })
}

export const requireKey: MiddlewareHandler<AppEnv> = async (context, next) => {
  const { secrets, now } = context.get('services')
  const caller = await authenticate(context.req.header('authorization'), secrets, now())
  if (caller === null) return invalidKey(context)
  context.set('caller', caller)
  return next()
}
