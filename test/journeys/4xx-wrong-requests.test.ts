// Requests that are wrong themselves, beyond what the contract's tables say of every route: each gets a problem that names what to mend.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
})
afterAll(() => stack.stop())

interface Row {
  readonly what: string
  readonly path?: string
  readonly method?: string
  readonly key?: keyof Stack['keys'] | null
  readonly type?: string | null
  readonly body?: string
  readonly status: number
  readonly problem: string
  readonly pointer?: string
}

const ok = JSON.stringify({ email: 'jane.roe@strict.test' })
const json = (value: unknown) => JSON.stringify(value)

const ROWS: readonly Row[] = [
  {
    what: 'full mode with a browser key',
    key: 'pk_live',
    body: json({ email: 'a@strict.test', mode: 'full' }),
    status: 403,
    problem: 'forbidden',
  },
  {
    what: 'full mode with a browser key, by GET',
    key: 'pk_live',
    method: 'GET',
    path: '/v1/verify?email=a@strict.test&mode=full',
    status: 403,
    problem: 'forbidden',
  },
  { what: 'no body', body: '', status: 422, problem: 'invalid-field', pointer: '/email' },
  {
    what: 'no body of another type',
    type: 'text/plain',
    body: '',
    status: 422,
    problem: 'invalid-field',
    pointer: '/email',
  },
  { what: 'broken JSON', body: '{"email": "a@', status: 400, problem: 'invalid-json' },
  { what: 'JSON that is no object', body: '["a@strict.test"]', status: 422, problem: 'invalid-field', pointer: '' },
  { what: 'null', body: 'null', status: 422, problem: 'invalid-field', pointer: '' },
  { what: 'no email', body: '{}', status: 422, problem: 'invalid-field', pointer: '/email' },
  {
    what: 'an email that is a number',
    body: json({ email: 7 }),
    status: 422,
    problem: 'invalid-field',
    pointer: '/email',
  },
  {
    what: 'an email that is a list',
    body: json({ email: ['a@strict.test'] }),
    status: 422,
    problem: 'invalid-field',
    pointer: '/email',
  },
  {
    what: 'an unknown field with a slash',
    body: json({ email: 'a@strict.test', 'a/b~c': 1 }),
    status: 422,
    problem: 'invalid-field',
    pointer: '/a~1b~0c',
  },
  {
    what: 'an unknown mode',
    body: json({ email: 'a@strict.test', mode: 'slow' }),
    status: 422,
    problem: 'invalid-field',
    pointer: '/mode',
  },
  {
    what: 'too short a wait',
    body: json({ email: 'a@strict.test', wait_ms: 499 }),
    status: 422,
    problem: 'invalid-field',
    pointer: '/wait_ms',
  },
  {
    what: 'too long a wait',
    body: json({ email: 'a@strict.test', wait_ms: 10_001 }),
    status: 422,
    problem: 'invalid-field',
    pointer: '/wait_ms',
  },
  {
    what: 'a wait in text',
    body: json({ email: 'a@strict.test', wait_ms: '4000' }),
    status: 422,
    problem: 'invalid-field',
    pointer: '/wait_ms',
  },
  {
    what: 'a negative age',
    body: json({ email: 'a@strict.test', max_age: -1 }),
    status: 422,
    problem: 'invalid-field',
    pointer: '/max_age',
  },
  {
    what: 'deep JSON',
    body: `{"email":"a@strict.test","metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
    status: 422,
    problem: 'invalid-field',
    pointer: '/metadata/a',
  },
  { what: 'no content type', type: null, body: ok, status: 415, problem: 'unsupported-media-type' },
  {
    what: 'a type that begins like JSON',
    type: 'application/json-seq',
    body: ok,
    status: 415,
    problem: 'unsupported-media-type',
  },
  {
    what: 'a GET without email',
    method: 'GET',
    path: '/v1/verify',
    status: 422,
    problem: 'invalid-field',
    pointer: '?email',
  },
  { what: 'a path that is not there', path: '/v1/nothing', body: ok, status: 404, problem: 'not-found' },
  { what: 'a path outside the API', method: 'GET', path: '/nothing', key: null, status: 404, problem: 'not-found' },
]

function authorization({ key = 'sk_live' }: Row): Record<string, string> {
  return key === null ? {} : { authorization: `Bearer ${stack.keys[key]}` }
}

function send(row: Row): Promise<Response> {
  const { path = '/v1/verifications', method = 'POST', type = 'application/json', body } = row
  const headers = { ...authorization(row), ...(type === null ? {} : { 'content-type': type }) }
  // A Blob carries no type of its own, so that an absent content type stays absent.
  return stack.request(path, { method, headers, ...(body === undefined ? {} : { body: new Blob([body]) }) })
}

describe('4xx', () => {
  it.each(ROWS.map((row) => [row.status, row.what, row] as const))('%i for %s', async (status, _what, row) => {
    const response = await send(row)
    const problem = (await response.json()) as {
      type: string
      status: number
      detail: string
      errors?: { pointer: string }[]
    }
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(problem).toMatchObject({ type: `/problems/${row.problem}`, status })
    expect(problem.detail).toMatch(/^[\x20-\x7e]{10,}$/)
    if (row.pointer !== undefined) expect(problem.errors?.map(({ pointer }) => pointer)).toContain(row.pointer)
    expect(response.headers.get('x-request-id')).toMatch(/^[\w.:-]{8,}$/)
  })

  it('a request id of the caller comes back, a harmful one does not', async () => {
    const good = await stack.request('/healthz', { headers: { 'x-request-id': 'order-4711' } })
    expect(good.headers.get('x-request-id')).toBe('order-4711')
    const bad = await stack.request('/healthz', { headers: { 'x-request-id': '<script>' } })
    expect(bad.headers.get('x-request-id')).not.toContain('<')
  })

  it('bytes that are no HTTP, and a body that never ends, leave the service up', async () => {
    const { port, hostname } = new URL(stack.url)
    const noise = connect(Number(port), hostname)
    noise.on('error', () => undefined)
    noise.write(Buffer.from([0, 255, 13, 10, 0, 1, 2, 3]))
    const half = connect(Number(port), hostname)
    half.on('error', () => undefined)
    half.write('POST /v1/verifications HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"em')
    expect((await stack.request('/healthz')).status).toBe(200)
    noise.destroy()
    half.destroy()
  })

  it('after all of this the next address is verified', async () => {
    expect(await stack.verify('jane.roe@strict.test')).toMatchObject({ status: 'deliverable' })
  })
})
