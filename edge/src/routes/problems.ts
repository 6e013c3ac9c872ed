// What every route may answer besides what it is for, as the interface description lists it.
import { z } from '@hono/zod-openapi'
import { problem } from '@postern/shared/contract/problem.ts'

export const refusal = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
})

export const refusals = {
  401: refusal('No valid key'),
  402: refusal('The credits are used up'),
  403: refusal('This key may not do that, or does not answer to that origin'),
  405: refusal('Another method is allowed here'),
  422: refusal('A field is not as it should be'),
  429: refusal('Too many requests; Retry-After says when to come back'),
  500: refusal('We are broken'),
  503: refusal('A part that is needed does not answer; Retry-After says when to come back'),
}

export const bodyRefusals = {
  400: refusal('Not JSON'),
  413: refusal('Over 128 KiB'),
  415: refusal('Not application/json'),
}

/** On every POST; other headers pass. */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .openapi({ description: 'The same key with the same body has one effect and one answer for 24 hours.' }),
})

/** The query of a route that reads none: a misspelt parameter is said, not swallowed. */
export const nothing = z.strictObject({})
