// Webhooks: endpoints, deliveries and what is delivered, as one source for validation, documentation and clients.
import { z } from '@hono/zod-openapi'
import { MAX_OVERLAP_S } from './account.ts'

/** What an account can be told of. */
export const EVENT_TYPES = [
  'verification.completed',
  'batch.progress',
  'batch.completed',
  'batch.failed',
  'credits.low',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Endpoints of an account, those of test keys counted by themselves. */
export const MOST_ENDPOINTS = 20
/** Octets of a payload; what is longer is never sent. */
export const LONGEST_PAYLOAD = 65_536
/** Characters of a URL. */
export const LONGEST_URL = 2_000

const instant = z.iso.datetime()

const settings = {
  url: z.string().min(1).max(LONGEST_URL).openapi({
    description: 'https to a public address, on port 443 or one from 1024 on.',
    example: 'https://shop.example/postern',
  }),
  events: z.array(z.enum(EVENT_TYPES)).min(1).max(EVENT_TYPES.length).openapi({ description: 'Default: all.' }),
  description: z.string().max(200),
  enabled: z.boolean().openapi({
    description: '`false`: nothing is sent there, and what is under way is parked. An answer of 410 makes it so.',
  }),
}

export const newWebhook = z
  .strictObject({ url: settings.url, ...z.strictObject(settings).omit({ url: true }).partial().shape })
  .openapi('NewWebhook')

export const webhookChange = z.strictObject(settings).partial().openapi('WebhookChange')
export type WebhookChange = z.infer<typeof webhookChange>

const secret = z.string().openapi({
  description: 'What deliveries are signed with, as Standard Webhooks writes it. Shown now and never again.',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
})
const previousEnd = instant.nullable().openapi({
  description: 'Until then deliveries are signed with the replaced secret too; null where there is none.',
})

export const webhook = z
  .strictObject({ id: z.string(), ...settings, created_at: instant, previous_secret_ends_at: previousEnd })
  .openapi('Webhook')
export type WebhookBody = z.infer<typeof webhook>

export const madeWebhook = z.strictObject({ ...webhook.shape, secret }).openapi('MadeWebhook')
export type MadeWebhook = z.infer<typeof madeWebhook>

export const webhookList = z.strictObject({ webhooks: z.array(webhook) }).openapi('WebhookList')

export const webhookRotation = z
  .strictObject({
    overlap_s: z.number().int().min(0).max(MAX_OVERLAP_S).optional().openapi({
      description: 'How long deliveries are signed with the replaced secret too, in seconds. Default: a day.',
    }),
  })
  .openapi('WebhookRotation')

export const rotatedWebhook = z
  .strictObject({ id: z.string(), secret, previous_secret_ends_at: previousEnd })
  .openapi('RotatedWebhook')

/** Why an attempt delivered nothing; null is the sign of one that did. */
export const FAILURES = [
  'status',
  'redirect',
  'timeout',
  'unreachable',
  'dns',
  'not_public',
  'no_secret',
  'too_large',
  'disabled',
  'queue',
  'lost',
] as const
export type Failure = (typeof FAILURES)[number]

export const DELIVERY_STATES = ['pending', 'delivered', 'parked', 'erased'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

const attempt = z.strictObject({
  at: instant,
  status: z.number().int().nullable().openapi({ description: 'HTTP status; null where there was no answer.' }),
  why: z
    .enum(FAILURES)
    .nullable()
    .openapi({
      description: [
        'null: delivered. `status`: the answer was no 2xx. `redirect`: a 3xx, which is never followed. `timeout`: no whole',
        'answer within 10 s. `unreachable`: no connection, or none that TLS accepts. `dns`: the name has no address just now.',
        '`not_public`: an address of it is not globally reachable. `no_secret`: the service has lost what it was made from.',
        '`too_large`: the payload is over 64 KB. `disabled`: the endpoint is. `queue`, `lost`: our fault, nothing was heard.',
      ].join(' '),
    }),
  ms: z.number().int(),
})

export const delivery = z
  .strictObject({
    id: z.string(),
    event_id: z.string().openapi({ description: 'The `webhook-id` of every attempt.' }),
    type: z.enum(EVENT_TYPES),
    state: z.enum(DELIVERY_STATES).openapi({
      description: '`parked`: no attempt follows until it is replayed. `erased`: its content was, by an erasure.',
    }),
    url: z.string(),
    created_at: instant,
    next_attempt_at: instant.nullable(),
    attempts: z.array(attempt),
  })
  .openapi('Delivery')
export type DeliveryBody = z.infer<typeof delivery>

export const deliveryList = z
  .strictObject({ deliveries: z.array(delivery), next_cursor: z.string().nullable() })
  .openapi('DeliveryList')

export const replayedDelivery = z
  .strictObject({ id: z.string(), event_id: z.string(), state: z.literal('pending'), next_attempt_at: instant })
  .openapi('ReplayedDelivery')
