// The HTTP face of the edge: guards, routes, and what becomes of everything that fits none.
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { allow, type Meanwhile, type Role } from './http/access.ts'
import { answerOrigin, preflight } from './http/cors.ts'
import { limitBody, NOT_JSON, requestId, requireJson, requireKey } from './http/guards.ts'
import { refuse, wrongFields } from './http/problem.ts'
import { accountRoutes } from './routes/accounts.ts'
import { batchResultRoutes } from './routes/batch-results.ts'
import { batchRoutes } from './routes/batches.ts'
import type { AppEnv, Services } from './routes/context.ts'
import { creditRoutes } from './routes/credits.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { beginReport } from './routes/domain-head-start.ts'
import { domainPages } from './routes/domain-pages.ts'
import { domainRoutes } from './routes/domains.ts'
import { erasureRoute } from './routes/erasures.ts'
import { feedbackRoute } from './routes/feedback.ts'
import { healthRoute } from './routes/health.ts'
import { keptRoutes } from './routes/kept.ts'
import { keyRoutes } from './routes/keys.ts'
import { pageTokenRoute } from './routes/page-token.ts'
import { rulesRoute } from './routes/rules.ts'
import { tlsRptRoute } from './routes/tlsrpt.ts'
import { describeEvents } from './routes/told.ts'
import { usageRoute } from './routes/usage.ts'
import { verificationRoutes } from './routes/verifications.ts'
import { webhookRoutes } from './routes/webhooks.ts'

/** Every path, its methods, and who may use them. */
export const PATHS: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  '/v1/verifications': { GET: 'owner', POST: 'verifier' },
  '/v1/verifications/:id': { GET: 'owner' },
  '/v1/verifications/:id/events': { GET: 'owner' },
  '/v1/verify': { GET: 'verifier' },
  '/v1/usage': { GET: 'reader' },
  '/v1/keys': { GET: 'reader', POST: 'holder' },
  '/v1/keys/:id': { GET: 'reader', DELETE: 'holder' },
  '/v1/keys/:id/rotate': { POST: 'holder' },
  '/v1/webhooks': { GET: 'owner', POST: 'owner' },
  '/v1/webhooks/:id': { GET: 'owner', PATCH: 'owner', DELETE: 'owner' },
  '/v1/webhooks/:id/rotate': { POST: 'owner' },
  '/v1/webhooks/:id/deliveries': { GET: 'owner' },
  '/v1/deliveries/:id/replay': { POST: 'owner' },
  '/v1/batches': { GET: 'owner', POST: 'owner' },
  '/v1/batches/:id': { GET: 'owner', DELETE: 'owner' },
  '/v1/batches/:id/start': { POST: 'owner' },
  '/v1/batches/:id/cancel': { POST: 'owner' },
  '/v1/batches/:id/results': { GET: 'owner' },
  '/v1/batches/:id/events': { GET: 'owner' },
  '/v1/domains/:domain': { GET: 'looker' },
  '/v1/domains/:domain/history': { GET: 'looker' },
  '/v1/domains/:domain/history/:id': { GET: 'looker' },
  '/v1/tlsrpt': { POST: 'owner' },
  '/v1/erasures': { POST: 'holder' },
  '/v1/feedback': { POST: 'holder' },
  '/v1/accounts': { GET: 'operator', POST: 'operator' },
  '/v1/accounts/:id': { GET: 'operator', PATCH: 'operator' },
  '/v1/credits': { GET: 'reader', POST: 'operator' },
  '/v1/rules': { GET: 'public' },
  '/domains': { GET: 'public' },
  '/domains/:domain': { GET: 'public' },
  '/page-token': { GET: 'public' },
  '/healthz': { GET: 'public' },
  '/openapi.json': { GET: 'public' },
}

const MEANWHILE: Readonly<Record<string, Meanwhile>> = { '/v1/domains/:domain': beginReport }

/** Where pages of other sites may call, with a browser key. */
const FROM_OTHER_SITES = ['/v1/verifications', '/v1/verify']

export interface Invocation {
  readonly waitUntil: (work: Promise<unknown>) => void
  /** Resolves when the answer is complete. */
  readonly answered: Promise<void>
}

type ServicesOf = (env: unknown, invocation: Invocation) => Services

/** Builds the app; `servicesOf` is called once a request, since connections are counted per invocation. */
export function createApp(servicesOf: ServicesOf): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({
    defaultHook: (result, context) => {
      if (result.success) return undefined
      return wrongFields(context, result.error.issues, result.target === 'query' ? 'query' : 'body')
    },
  })
  app.use(requestId)
  app.use(async (context, next) => {
    let done = (): void => undefined
    const answered = new Promise<void>((resolve) => (done = resolve))
    const waitUntil = (work: Promise<unknown>): void => context.executionCtx.waitUntil(work)
    context.set('services', servicesOf(context.env, { waitUntil, answered }))
    await next()
    done()
  })
  for (const path of FROM_OTHER_SITES) app.use(path, preflight)
  guardMethods(app)
  // For everybody, and so before anybody is asked for a key.
  rulesRoute(app)
  app.use('/v1/*', requireKey)
  // Before anything else refuses: a page may read why only where its origin may.
  for (const path of FROM_OTHER_SITES) app.use(path, answerOrigin)
  app.use('/v1/*', limitBody, requireJson)
  for (const [path, methods] of Object.entries(PATHS)) guardRoles(app, path, methods)
  for (const route of ROUTES) route(app)
  describe(app)
  app.notFound((context) => {
    const detail = `Nothing answers at this path. What does: ${Object.keys(PATHS).join(', ')}.`
    return refuse(context, 'not-found', { detail })
  })
  app.onError(fault)
  return app
}

const ROUTES = [
  healthRoute,
  pageTokenRoute,
  verificationRoutes,
  keptRoutes,
  usageRoute,
  keyRoutes,
  webhookRoutes,
  deliveryRoutes,
  batchRoutes,
  batchResultRoutes,
  domainRoutes,
  domainPages,
  tlsRptRoute,
  erasureRoute,
  feedbackRoute,
  accountRoutes,
  creditRoutes,
]

function fault(error: Error, context: Context<AppEnv>): Response {
  if (error instanceof HTTPException && error.status < 500) {
    if (error.status === 415) return refuse(context, 'unsupported-media-type', NOT_JSON)
    return refuse(context, 'invalid-json', { detail: 'The body could not be read as JSON.' })
  }
  // oxlint-disable-next-line no-console -- a Worker's log is its console
  console.error(
    JSON.stringify({ level: 'error', request: context.get('requestId'), fault: error.name, what: error.message }),
  )
  return refuse(context, 'fault', { detail: 'The fault is ours and has been logged under this X-Request-Id.' })
}

/** RFC 9110 §15.5.6: a path that exists answers a wrong method with 405 and says which are right. */
function guardMethods(app: OpenAPIHono<AppEnv>): void {
  for (const [path, methods] of Object.entries(PATHS)) {
    const head = Object.hasOwn(methods, 'GET') ? ['HEAD'] : []
    const options = FROM_OTHER_SITES.includes(path) ? ['OPTIONS'] : []
    const allowed = [...Object.keys(methods), ...head, ...options]
    app.use(path, async (context, next) => {
      const headers = { allow: allowed.join(', ') }
      if (options.includes(context.req.method)) return context.body(null, 204, headers)
      if (allowed.includes(context.req.method)) return next()
      return refuse(context, 'method-not-allowed', { detail: `Use ${allowed.join(' or ')} here.`, headers })
    })
  }
}

function guardRoles(app: OpenAPIHono<AppEnv>, path: string, methods: Readonly<Record<string, Role>>): void {
  if (path.startsWith('/v1/'))
    app.use(
      path,
      allow((method) => methods[method === 'HEAD' ? 'GET' : method] ?? 'public', MEANWHILE[path]),
    )
}

function describe(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  describeEvents(app)
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Postern',
      version: '1',
      description: 'E-mail verification that is right or says unknown, and shows the evidence.',
    },
  })
}
