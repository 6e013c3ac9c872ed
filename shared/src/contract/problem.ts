// Refusals as RFC 9457 problem details: a closed list of types, each with a status and a title that never change.
import { z } from '@hono/zod-openapi'

export const PROBLEMS = {
  'invalid-json': { status: 400, title: 'The body is not JSON' },
  'incomplete-body': { status: 400, title: 'The body ended early' },
  'invalid-field': { status: 422, title: 'A field is not as it should be' },
  unauthenticated: { status: 401, title: 'No valid key' },
  'insufficient-credits': { status: 402, title: 'The credits are used up' },
  forbidden: { status: 403, title: 'This key may not do that' },
  'wrong-origin': { status: 403, title: 'This key does not answer to that origin' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This method is not allowed here' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has the wrong content type' },
  conflict: { status: 409, title: 'The present state does not allow it' },
  gone: { status: 410, title: 'It was here, and is no longer kept' },
  'idempotency-mismatch': { status: 422, title: 'This idempotency key belongs to another request' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  fault: { status: 500, title: 'We are broken' },
  unavailable: { status: 503, title: 'A part that is needed does not answer' },
} as const

export type ProblemType = keyof typeof PROBLEMS

/** `pointer` is a JSON pointer into the body (RFC 6901) or `?name` for a query parameter. */
const fieldError = z.strictObject({ pointer: z.string(), detail: z.string() })
export type FieldError = z.infer<typeof fieldError>

export const problem = z
  .strictObject({
    type: z.string().openapi({ example: '/problems/invalid-field' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().optional(),
    errors: z.array(fieldError).optional(),
  })
  .openapi('Problem')
export type Problem = z.infer<typeof problem>
