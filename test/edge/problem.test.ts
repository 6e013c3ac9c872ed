// Refusals as problem details: every wrong field is pointed at, and nothing that a caller sent goes back raw.
import { PROBLEMS, problem, type ProblemType } from '@postern/shared/contract/problem.ts'
import { verificationRequest } from '@postern/shared/contract/verification.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldErrors, problemOf } from '../../edge/src/http/problem.ts'

function errorsOf(body: unknown) {
  const parsed = verificationRequest.safeParse(body)
  return parsed.success ? [] : fieldErrors(parsed.error.issues, 'body')
}
const pointers = (body: unknown) => errorsOf(body).map(({ pointer }) => pointer)
const ok = { email: 'jane@strict.test' }

describe('field errors', () => {
  it('of a good body are none', () => {
    expect(errorsOf(ok)).toEqual([])
  })

  it.each<[string, unknown, readonly string[]]>([
    ['an absent field', {}, ['/email']],
    ['a field of the wrong kind', { ...ok, mode: 'slow' }, ['/mode']],
    ['a number out of bounds', { ...ok, wait_ms: 1 }, ['/wait_ms']],
    ['several at once', { email: 1, mode: 2, max_age: -1 }, ['/email', '/mode', '/max_age']],
    ['an element of a list', { ...ok, allow: ['quoted', 'dots'] }, ['/allow/1']],
    ['a value inside a record', { ...ok, metadata: { plan: ['free'] } }, ['/metadata/plan']],
    ['a body that is no object', [], ['']],
    ['a body that is null', null, ['']],
  ])('point at %s', (_what, body, expected) => {
    expect(pointers(body)).toEqual(expected)
  })

  it('name each unknown field itself, and say that it is none', () => {
    expect(errorsOf({ ...ok, emial: 'x', 'wait-ms': 1 })).toEqual([
      { pointer: '/emial', detail: 'is not a field of this request' },
      { pointer: '/wait-ms', detail: 'is not a field of this request' },
    ])
  })

  it('name an unknown field inside another one by its whole path', () => {
    const issue = { code: 'unrecognized_keys', path: ['webhook', 0], keys: ['b', 'c'], message: 'Unrecognized keys' }
    expect(fieldErrors([issue], 'body').map(({ pointer }) => pointer)).toEqual(['/webhook/0/b', '/webhook/0/c'])
  })

  it.each([
    ['a/b', '/a~1b'],
    ['a~b', '/a~0b'],
    ['~1', '/~01'],
    ['a b', '/a b'],
    ['', '/'],
    ['a\r\nSet-Cookie: x', '/a??Set-Cookie: x'],
    ['\u0000\u001b[31m', '/??[31m'],
    ['\u202egro.live', '/?gro.live'],
    ['ü', '/?'],
    ['x'.repeat(500), `/${'x'.repeat(100)}`],
  ])('point at the unknown field %j as %j', (name, pointer) => {
    expect(pointers({ ...ok, [name]: 1 })).toEqual([pointer])
  })

  it('of a query are named as a query is', () => {
    const issues = [
      { path: ['email'], message: 'is wanted' },
      { path: [], keys: ['emial'], message: 'Unrecognized key' },
    ]
    expect(fieldErrors(issues, 'query')).toEqual([
      { pointer: '?email', detail: 'is wanted' },
      { pointer: '?emial', detail: 'is not a field of this request' },
    ])
  })

  it('hold printable ASCII only, whatever the fields are called, and are the parts of a pointer (RFC 6901 §3)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.jsonValue(), (name, value) => {
        const found = errorsOf({ ...ok, metadata: { [name]: [value] }, [`${name}!`]: value })
        expect(found.length).toBeGreaterThan(0)
        for (const { pointer } of found) {
          expect(pointer).toMatch(/^(\/([\x20-\x2e\x30-\x7d]|~[01])*)+$/)
          expect(pointer.length).toBeLessThan(250)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a problem', () => {
  it.each(Object.keys(PROBLEMS) as ProblemType[])('%s has its own status and title, and fits the contract', (type) => {
    const made = problemOf(type, { detail: 'Do it otherwise.' })
    expect(problem.parse(made)).toEqual({
      type: `/problems/${type}`,
      ...PROBLEMS[type],
      detail: 'Do it otherwise.',
    })
  })
})
