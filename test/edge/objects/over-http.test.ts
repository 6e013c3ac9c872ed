// Keys and ids over HTTP, in the Worker itself.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, it } from 'vitest'
import { createApp } from '../../../edge/src/app.ts'
import worker from '../../../edge/src/worker.ts'
import { OPERATORS } from '../../../edge/src/accounts/ids.ts'
import { ask, holder, mint } from './asking.ts'
import { account, newName } from './given.ts'

describe('GET /v1/verifications/{id}', () => {
  it('answers 404 for an id whose time no ULID can have', async () => {
    expect((await ask(await holder(), 'GET /v1/verifications/ver_8ZZZZZZZZZZZZZZZZZZZZZZZZZ')).status).toBe(404)
  })
})

describe('POST /v1/keys', () => {
  it('makes no key for an account that was never made: nothing would ever be counted against it', async () => {
    const operator = await mint('ak_live', OPERATORS)
    const keyFor = async (account: string) =>
      (await ask(operator, 'POST /v1/keys', { kind: 'sk_live', account })).status
    expect([await keyFor(newName()), await keyFor((await account()).id)]).toEqual([422, 201])
  })
})

interface Told {
  readonly status: number
  readonly body: { readonly detail: string; readonly errors?: readonly { readonly pointer: string }[] }
}

const EMPTY = { 'content-length': '0' }

/** What `curl -X POST -d ''` sends, and its like. */
async function sendNothing(key: string, path: string, headers: Readonly<Record<string, string>>): Promise<Told> {
  const context = createExecutionContext()
  const init = { method: 'POST', headers: { authorization: `Bearer ${key}`, ...headers } }
  const response = await worker.fetch(new Request(`https://edge.test/v1${path}`, init), env, context)
  const answer = { status: response.status, body: await response.json<Told['body']>() }
  await waitOnExecutionContext(context)
  return answer
}

describe('a POST without a body', () => {
  const FORM = { ...EMPTY, 'content-type': 'application/x-www-form-urlencoded' }
  const HEADERS = [FORM, { ...EMPTY, 'content-type': 'text/plain' }, { 'content-type': 'application/json' }, EMPTY, {}]

  it.each(HEADERS)('is as good as an empty object where nothing is needed, with %j', async (headers) => {
    const key = await holder()
    for (const path of [
      '/batches/bat_0/start',
      '/batches/bat_0/cancel',
      '/webhooks/whk_0/rotate',
      '/deliveries/dlv_0/replay',
      '/keys/key_0/rotate',
    ]) {
      const { status, body } = await sendNothing(key, path, headers)
      expect([path, status, body.detail]).toEqual([path, 404, expect.stringContaining('that id')])
    }
    expect((await sendNothing(key, '/webhooks/default/rotate', headers)).status).toBe(201)
  })

  it.each(HEADERS)('is told what is missing where something is, with %j', async (headers) => {
    const key = await holder()
    for (const [path, pointer] of [
      ['/verifications', '/email'],
      ['/webhooks', '/url'],
      ['/feedback', '/events'],
      ['/erasures', '/email'],
      ['/keys', '/kind'],
    ] as const) {
      const { status, body } = await sendNothing(key, path, headers)
      expect([path, status, body.errors?.[0]?.pointer]).toEqual([path, 422, pointer])
      expect(body.detail).toContain(pointer)
    }
    expect((await sendNothing(key, '/batches', headers)).status).toBeOneOf([415, 422])
  })
})

it.each([
  [415, 415, 'unsupported-media-type'],
  [400, 400, 'invalid-json'],
  [418, 400, 'invalid-json'],
] as const)('a refusal of the framework by %i is never our fault', async (thrown, status, type) => {
  const app = createApp(() => ({}) as never)
  app.get('/refused', () => {
    throw new HTTPException(thrown)
  })
  const response = await app.request('/refused', {}, {}, createExecutionContext())
  expect([response.status, await response.json()]).toMatchObject([status, { type: `/problems/${type}` }])
})
