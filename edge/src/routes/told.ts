// What the service sends by itself, for the description of the interface: the events of webhooks, and what answers do to them.
import type { OpenAPIHono } from '@hono/zod-openapi'
import { deliveryHeaders, EVENTS } from '@postern/shared/contract/events.ts'
import type { AppEnv } from './context.ts'

const responses = {
  '2XX': { description: 'Taken' },
  410: { description: 'Never again: the endpoint is disabled' },
  default: { description: 'Sent again, for a day, and then parked until it is replayed; redirects are not followed' },
}

export function describeEvents(app: OpenAPIHono<AppEnv>): void {
  for (const [type, { summary, body }] of Object.entries(EVENTS)) {
    app.openAPIRegistry.registerWebhook({
      method: 'post',
      path: type,
      summary,
      request: {
        headers: deliveryHeaders,
        body: { required: true, content: { 'application/json': { schema: body } } },
      },
      responses,
    })
  }
}
