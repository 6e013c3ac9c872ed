// Turns refusals and faults into problem details (RFC 9457); what a server far away said never gets in here.
import { type FieldError, PROBLEMS, type Problem, type ProblemType } from '@postern/shared/contract/problem.ts'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Context, TypedResponse } from 'hono'

export interface Refusal {
  /** What a person can do about it. */
  readonly detail: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
}

export function problemOf(type: ProblemType, { detail, errors }: Refusal): Problem {
  const { status, title } = PROBLEMS[type]
  return { type: `/problems/${type}`, title, status, detail, ...(errors === undefined ? {} : { errors: [...errors] }) }
}

type Refused<T extends ProblemType> = Response & TypedResponse<Problem, (typeof PROBLEMS)[T]['status'], 'json'>

/** The response for one refusal; hono's typed routes see its status and body. */
export function refuse<T extends ProblemType>(context: Context, type: T, refusal: Refusal): Refused<T> {
  const body = problemOf(type, refusal)
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...refusal.headers }
  return context.body(JSON.stringify(body), body.status as ContentfulStatusCode, headers) as Response as Refused<T>
}

/** One text for an absent, a wrong, a revoked and an ended key: the answer tells nobody how near they were. */
export function invalidKey(context: Context) {
  const headers = { 'www-authenticate': 'Bearer realm="postern"' }
  return refuse(context, 'unauthenticated', { detail: 'Send "Authorization: Bearer <key>" with a valid key.', headers })
}

export function unavailable(context: Context) {
  const detail = 'The ledger of your account does not answer just now: nothing was charged, try again.'
  return refuse(context, 'unavailable', { detail, headers: { 'retry-after': '2' } })
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string
  readonly keys?: readonly string[]
}

/** Names every field that is not as it should be, and the first one in words. */
export function wrongFields(context: Context, issues: readonly Issue[], where: 'body' | 'query') {
  const errors = fieldErrors(issues, where)
  return refuse(context, 'invalid-field', { detail: detailOf(errors), errors })
}

function detailOf(errors: readonly FieldError[]): string {
  const [first] = errors
  if (first === undefined) return 'A field is not as it should be.'
  return `${first.pointer === '' ? 'The body' : first.pointer} ${first.detail}`
}

/** zod's issues as field errors; an unknown field is named itself, not the object that holds it. */
export function fieldErrors(issues: readonly Issue[], where: 'body' | 'query'): FieldError[] {
  return issues.flatMap((issue) => {
    const names = issue.keys ?? []
    const paths = names.length > 0 ? names.map((name) => [...issue.path, name]) : [issue.path]
    const detail = names.length > 0 ? 'is not a field of this request' : issue.message
    return paths.map((path) => ({ pointer: pointerOf(path, where), detail }))
  })
}

function pointerOf(path: readonly PropertyKey[], where: 'body' | 'query'): string {
  // RFC 6901 §3 escapes; names come from the caller, so they are cut and stripped of controls before they go back.
  const parts = path.map((part) => printable(String(part)).replaceAll('~', '~0').replaceAll('/', '~1'))
  return where === 'query' ? `?${parts.join('.')}` : parts.map((part) => `/${part}`).join('')
}

function printable(text: string): string {
  return text.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, '?')
}
