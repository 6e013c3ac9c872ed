// Browsers of other sites: their pages read an answer only where the key they hold was made for their origin.
import type { MiddlewareHandler } from 'hono'
import { matchesOrigin } from '../accounts/origins.ts'
import type { AppEnv } from '../routes/context.ts'
import { isPublic } from './authenticate.ts'
import { refuse } from './problem.ts'

const EXPOSED = 'RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Server-Timing, Location'
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-request-id',
  'access-control-max-age': '7200',
}

/** A preflight carries no key (Fetch §3.2.2), so it is answered for every origin; the answer itself is not. */
export const preflight: MiddlewareHandler<AppEnv> = async (context, next) => {
  const origin = context.req.header('origin')
  const isPreflight = context.req.method === 'OPTIONS' && context.req.header('access-control-request-method')
  if (!isPreflight || origin === undefined) return next()
  const headers = { ...PREFLIGHT, 'access-control-allow-origin': origin, vary: 'origin' }
  return context.body(null, 204, headers)
}

/** After `requireKey`. Who sends no `Origin` is no browser on another site; limits per address hold for it all the same. */
export const answerOrigin: MiddlewareHandler<AppEnv> = async (context, next) => {
  const origin = context.req.header('origin')
  const caller = context.get('caller')
  if (origin === undefined || caller.type !== 'key' || !isPublic(caller)) return next()
  if (!(await matchesOrigin(origin, caller.origins))) {
    const detail = 'This pk_ key was not made for the origin of this page: make one that names it in "origins".'
    return refuse(context, 'wrong-origin', { detail, headers: { vary: 'origin' } })
  }
  await next()
  context.res.headers.set('access-control-allow-origin', origin)
  context.res.headers.set('access-control-expose-headers', EXPOSED)
  context.res.headers.append('vary', 'origin')
}
