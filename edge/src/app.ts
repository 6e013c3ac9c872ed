// The HTTP face of the edge: guards, routes, and what becomes of everything that fits none.
import { OpenAPIHono } from '@hono/zod-openapi'
import { HTTPException } from 'hono/http-exception'
import { limitBody, requestId, requireJson, requireKey } from './http/guards.ts'
import { fieldErrors, refuse } from './http/problem.ts'
import type { AppEnv, Services } from './routes/context.ts'
import { healthRoute } from './routes/health.ts'
import { verificationRoutes } from './routes/verifications.ts'

/** Builds the app; `servicesOf` is called once a request, since connections are counted per invocation. */
export function createApp(servicesOf: (env: unknown) => Services): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({
    defaultHook: (result, context) => {
      if (result.success) return undefined
      const errors = fieldErrors(result.error.issues, result.target === 'query' ? 'query' : 'body')
      return refuse(context, 'invalid-field', { detail: detailOf(errors), errors })
    },
  })
  app.use(requestId)
  app.use(async (context, next) => {
    context.set('services', servicesOf(context.env))
    await next()
  })
  const methods = guardMethods(app, {
    '/v1/verifications': ['POST'],
    '/v1/verify': ['GET'],
    '/healthz': ['GET'],
    '/openapi.json': ['GET'],
  })
  app.use('/v1/*', requireKey, limitBody, requireJson)
  healthRoute(app)
  verificationRoutes(app)
  describe(app)
  app.notFound((context) => {
    const known = Object.keys(methods).join(', ')
    return refuse(context, 'not-found', { detail: `Nothing answers at this path. What does: ${known}.` })
  })
  app.onError((error, context) => {
    if (error instanceof HTTPException && error.status === 400) {
      return refuse(context, 'invalid-json', { detail: 'The body could not be read as JSON.' })
    }
    // oxlint-disable-next-line no-console -- a Worker's log is its console
    console.error(
      JSON.stringify({ level: 'error', request: context.get('requestId'), fault: error.name, what: error.message }),
    )
    return refuse(context, 'fault', { detail: 'The fault is ours and has been logged under this X-Request-Id.' })
  })
  return app
}

function detailOf(errors: readonly { pointer: string; detail: string }[]): string {
  const [first] = errors
  if (first === undefined) return 'A field is not as it should be.'
  return `${first.pointer === '' ? 'The body' : first.pointer} ${first.detail}`
}

/** RFC 9110 §15.5.6: a path that exists answers a wrong method with 405 and says which are right. */
function guardMethods(app: OpenAPIHono<AppEnv>, allowed: Readonly<Record<string, readonly string[]>>) {
  for (const [path, methods] of Object.entries(allowed)) {
    const allow = methods.includes('GET') ? [...methods, 'HEAD'] : methods
    app.use(path, async (context, next) => {
      if (allow.includes(context.req.method)) return next()
      const headers = { allow: allow.join(', ') }
      return refuse(context, 'method-not-allowed', { detail: `Use ${allow.join(' or ')} here.`, headers })
    })
  }
  return allowed
}

function describe(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Postern',
      version: '1',
      description: 'E-mail verification that is right or says unknown, and shows the evidence.',
    },
  })
}
