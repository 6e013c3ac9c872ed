// What webhooks deliver: the body of each event and the fields that prove it, as one source for documentation and clients.
import { z } from '@hono/zod-openapi'
import { batch } from './batch.ts'
import { verification } from './verification.ts'
import type { EventType } from './webhook.ts'

const lowCredits = z
  .strictObject({
    account: z.string(),
    available: z.number().openapi({ description: 'Units that are left.' }),
    low_credits_at: z.number().openapi({ description: 'The account’s own mark, in units.' }),
  })
  .openapi('LowCredits')

function event<T extends EventType, D extends z.ZodType>(type: T, data: D) {
  const timestamp = z.iso.datetime().openapi({ description: 'When it happened, the same at every attempt.' })
  return z.strictObject({ type: z.literal(type), timestamp, data })
}

/** By type: when it is told, and its body. */
export const EVENTS = {
  'verification.completed': {
    summary: 'A verification that was finished in the background has ended',
    body: event('verification.completed', verification).openapi('VerificationCompleted'),
  },
  'batch.progress': {
    summary: 'A quarter, a half or three quarters of a batch are done',
    body: event('batch.progress', batch).openapi('BatchProgress'),
  },
  'batch.completed': {
    summary: 'A batch has ended, also where it was cancelled or stopped: `stopped` says why',
    body: event('batch.completed', batch).openapi('BatchCompleted'),
  },
  'batch.failed': {
    summary: 'A batch could not be read: `failure` says why',
    body: event('batch.failed', batch).openapi('BatchFailed'),
  },
  'credits.low': {
    summary: 'The balance has come to lie at or below the account’s `low_credits_at`',
    body: event('credits.low', lowCredits).openapi('CreditsLow'),
  },
} as const satisfies Record<EventType, { readonly summary: string; readonly body: z.ZodType }>

/** Standard Webhooks. */
export const deliveryHeaders = z.object({
  'webhook-id': z
    .string()
    .openapi({ description: 'Of the event, the same at every attempt: what came before is known by it.' }),
  'webhook-timestamp': z.string().openapi({ description: 'Of the attempt, in seconds since the epoch.' }),
  'webhook-signature': z.string().openapi({
    description: [
      '`v1,` and, in base64, HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` under the secret behind its `whsec_`,',
      'itself base64; one a secret, separated by spaces, while a replaced one still signs.',
    ].join(' '),
  }),
})
