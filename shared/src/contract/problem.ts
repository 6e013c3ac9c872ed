// Refusals as RFC 9457 problem details: a closed list of types, each with a status and a title that never change.
import { z } from '@hono/zod-openapi'

export const PROBLEMS = {
  'invalid-json': { status: 400, title: 'The body is not JSON' },
  'invalid-field': { status: 422, title: 'A field is not as it should be' },
  unauthenticated: { status: 401, title: 'No valid key' },
  forbidden: { status: 403, title: 'This key may not do that' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This method is not allowed here' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has the wrong content type' },
  fault: { status: 500, title: 'We are broken' },
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
