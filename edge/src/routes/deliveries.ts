// `/v1/webhooks/{id}/deliveries` and `/v1/deliveries/{id}/replay`: what was sent, with every attempt, and sent again.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { deliveryList, replayedDelivery } from '@postern/shared/contract/webhook.ts'
import { scopeOf } from '../http/authenticate.ts'
import { once } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import { cursorOf, type Delivery, readCursor, START } from '../webhooks/listing.ts'
import type { AppEnv } from './context.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusal, refusals } from './problems.ts'
import { DEFAULT, NO_WEBHOOK, objectOf, orDefault } from './webhooks.ts'

const security = [{ bearer: [] }]

const list = createRoute({
  method: 'get',
  operationId: 'listDeliveries',
  path: '/v1/webhooks/{id}/deliveries',
  summary: 'Deliveries of the last 30 days with their attempts, newest first',
  security,
  request: {
    params: orDefault,
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(100).optional().openapi({ type: 'integer', minimum: 1, maximum: 100 }),
      cursor: z.string().max(300).optional(),
    }),
  },
  responses: {
    200: { description: 'A page of them', content: { 'application/json': { schema: deliveryList } } },
    404: refusal('No endpoint of this account has that id'),
    ...refusals,
  },
})

const replay = createRoute({
  method: 'post',
  operationId: 'replayDelivery',
  path: '/v1/deliveries/{id}/replay',
  summary: 'Deliver again, now, whether it was delivered or parked',
  security,
  request: {
    params: z.strictObject({ id: z.string() }),
    query: nothing,
    headers: idempotencyHeader,
    body: { required: false, content: { 'application/json': { schema: z.strictObject({}) } } },
  },
  responses: {
    202: {
      description: 'It is due, with a day of attempts before it',
      content: { 'application/json': { schema: replayedDelivery } },
    },
    404: refusal('No delivery of this account has that id'),
    409: refusal('Its endpoint is disabled, or it is too large to be sent'),
    410: refusal('It was erased'),
    ...refusals,
    ...bodyRefusals,
  },
})

const NO_STORE = { 'cache-control': 'no-store' }
const USUAL_LIMIT = 20
const LEASE_MS = 10_000

const REFUSALS = {
  absent: ['not-found', 'This account has no delivery of that id.'],
  erased: ['gone', 'Its content was erased: there is nothing left to deliver.'],
  disabled: ['conflict', 'Its endpoint is disabled: enable it with PATCH /v1/webhooks/{id} first.'],
  too_large: ['conflict', 'Its payload is over 64 KB, which is never sent: read the result itself.'],
} as const

export function deliveryRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(list, async (context) => {
    const { limit = USUAL_LIMIT, cursor } = context.req.valid('query')
    const before = cursor === undefined ? START : readCursor(cursor)
    if (before === null) {
      const errors = [{ pointer: '?cursor', detail: 'is not a next_cursor of this list' }]
      return refuse(context, 'invalid-field', { detail: '?cursor is not a next_cursor of this list', errors })
    }
    const { id } = context.req.valid('param')
    const which = { id: id === DEFAULT ? null : id, scope: scopeOf(context.get('caller')) }
    const page = await objectOf(context).deliveriesOf(which, { before, limit })
    if (page === null) return refuse(context, 'not-found', NO_WEBHOOK)
    const next_cursor = page.next === null ? null : cursorOf(page.next)
    return context.json({ deliveries: page.deliveries.map(bodyOf), next_cursor }, 200, NO_STORE)
  })
  app.openapi(replay, async (context) => {
    const { id } = context.req.valid('param')
    return once(
      context,
      {},
      {
        seed: context.get('services').newSeed(),
        leaseMs: LEASE_MS,
        keep: true,
        work: async () => {
          const replayed = await objectOf(context).replay(id, scopeOf(context.get('caller')))
          if (replayed.kind !== 'due') {
            const [type, detail] = REFUSALS[replayed.kind]
            return refuse(context, type, { detail })
          }
          const { eventId: event_id, nextAttemptAt } = replayed.delivery
          const next_attempt_at = new Date(nextAttemptAt ?? context.get('services').now()).toISOString()
          return context.json({ id, event_id, state: 'pending' as const, next_attempt_at }, 202, NO_STORE)
        },
      },
    )
  })
}

function bodyOf({ id, eventId, type, state, url, createdAt, nextAttemptAt, attempts }: Delivery) {
  return {
    id,
    event_id: eventId,
    type,
    state,
    url,
    created_at: new Date(createdAt).toISOString(),
    next_attempt_at: nextAttemptAt === null ? null : new Date(nextAttemptAt).toISOString(),
    attempts: attempts.map(({ at, ...attempt }) => ({ at: new Date(at).toISOString(), ...attempt })),
  }
}
