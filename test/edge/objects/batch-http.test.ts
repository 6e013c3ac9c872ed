// Lists as they are sent: one batch for one idempotency key, and nothing left in the store of what was no list.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { readKey } from '../../../edge/src/accounts/key-text.ts'
import { hex } from '../../../edge/src/accounts/secrets.ts'
import worker from '../../../edge/src/worker.ts'
import { mint, secrets } from './asking.ts'
import { addresses, bodyOf, objectOf, standingQueues, work } from './batch-given.ts'
import { account, newKey } from './given.ts'
import { deliver } from './queues-given.ts'

standingQueues()

interface Owner {
  readonly id: string
  readonly key: string
}

/** An account with a test key, whose lists ask nobody. */
async function owner(): Promise<Owner> {
  const { id, stub } = await account(10)
  const key = await mint('sk_test', id)
  const { keyId, sha256 } = (await readKey(secrets, key))!
  await stub.addKey((await newKey({ id: keyId, kind: 'sk_test', sha256: hex(sha256) })).stored)
  return { id, key }
}

interface Sent {
  readonly idempotency?: string
  readonly type?: string
  readonly query?: string
}

interface Answer {
  readonly status: number
  readonly body: { readonly id?: string; readonly status?: string; readonly type?: string; readonly detail?: string }
}

async function send({ key }: Owner, body: BodyInit, wish: Sent = {}): Promise<Answer> {
  const { idempotency, type = 'text/csv', query = '' } = wish
  const again = idempotency === undefined ? {} : { 'idempotency-key': idempotency }
  const headers = { authorization: `Bearer ${key}`, 'content-type': type, ...again }
  const context = createExecutionContext()
  const request = new Request(`https://edge.test/v1/batches${query}`, { method: 'POST', headers, body })
  const response = await worker.fetch(request, env, context)
  const answer = { status: response.status, body: await response.json<Answer['body']>() }
  await waitOnExecutionContext(context)
  return answer
}

const uploadsOf = async ({ id }: Owner): Promise<number[]> =>
  (await env.SPOOL.list({ prefix: `${id}/` })).objects.map(({ size }) => size)

const LIST = `email\n${addresses(30, 3).join('\n')}\n`

describe('a list under an idempotency key', () => {
  it('is one batch, however often it is sent, one after the other or at once', async () => {
    const who = await owner()
    const both = await Promise.all([send(who, LIST, { idempotency: 'one' }), send(who, LIST, { idempotency: 'one' })])
    const third = await send(who, LIST, { idempotency: 'one' })
    expect([...both, third].map(({ status }) => status)).toEqual([202, 202, 202])
    expect(new Set([...both, third].map(({ body }) => body.id)).size).toBe(1)
    expect(await uploadsOf(who)).toEqual([LIST.length])
    const { id } = third.body
    while (work.length > 0) await deliver('postern-batches', work.splice(0))
    expect(await bodyOf({ stub: objectOf({ account: who.id, id: id! }) })).toMatchObject({ done: 30, total: 30 })
    expect((await send(who, LIST, { idempotency: 'one' })).body).toMatchObject({ id, status: 'completed' })
  })

  it('is no other list, and no other wish', async () => {
    const who = await owner()
    await send(who, LIST, { idempotency: 'one' })
    for (const wish of [{ query: '?mode=fast' }, { query: '?dedupe=off' }, { type: 'application/x-ndjson' }]) {
      expect(await send(who, LIST, { idempotency: 'one', ...wish })).toMatchObject({ status: 422 })
    }
    const other = await send(who, LIST.toUpperCase(), { idempotency: 'one' })
    expect(other).toMatchObject({ status: 422, body: { type: '/problems/idempotency-mismatch' } })
    expect(await uploadsOf(who)).toEqual([LIST.length])
  })

  it('is taken the second time where it was cut off the first time', async () => {
    const who = await owner()
    const cut = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(LIST.slice(0, 100))),
      pull: (controller) => controller.error(new Error('the line is dead')),
    })
    expect(await send(who, cut, { idempotency: 'one' })).toMatchObject({ status: 400 })
    expect(await uploadsOf(who)).toEqual([])
    expect(await send(who, LIST, { idempotency: 'one' })).toMatchObject({ status: 202 })
  })

  it('is another one each time without the key', async () => {
    const who = await owner()
    const [one, other] = await Promise.all([send(who, LIST), send(who, LIST)])
    expect(one.body.id).not.toBe(other.body.id)
    expect(await uploadsOf(who)).toHaveLength(2)
  })
})

describe('an account', () => {
  it('that has a hundred open lists is asked to wait until one has ended', async () => {
    const who = await owner()
    const stub = env.ACCOUNTS.getByName(who.id)
    const listed = { scope: 'test', expiresAt: Date.now() + 86_400_000 } as const
    for (let n = 0; n < 99; n += 1) await stub.enterList({ id: `bat_${n}`, ...listed })
    expect(await send(who, LIST)).toMatchObject({ status: 202 })
    const { status, body } = await send(who, LIST)
    expect([status, body.type, body.detail]).toEqual([429, '/problems/rate-limited', expect.stringContaining('100')])
    expect(body.detail).toMatch(/only looked at .* count too.*/)
    expect(body.detail).toContain('DELETE /v1/batches/{id}')
    expect(await uploadsOf(who)).toHaveLength(1)
    while (work.length > 0) await deliver('postern-batches', work.splice(0))
    expect(await send(who, LIST)).toMatchObject({ status: 202 })
    expect(await send(who, LIST)).toMatchObject({ status: 429 })
    await stub.dropList('bat_7')
    expect(await send(who, LIST)).toMatchObject({ status: 202 })
  })
})

async function act({ key }: Owner, action: string, idempotency: string | null = null): Promise<Answer> {
  const again = idempotency === null ? {} : { 'idempotency-key': idempotency }
  const headers = { authorization: `Bearer ${key}`, ...again }
  const context = createExecutionContext()
  const request = new Request(`https://edge.test/v1/batches/${action}`, { method: 'POST', headers })
  const response = await worker.fetch(request, env, context)
  const answer = { status: response.status, body: await response.json<Answer['body']>() }
  await waitOnExecutionContext(context)
  return answer
}

describe('a batch that was looked at', () => {
  const PREVIEW = { query: '?start=false' }
  const play = async () => {
    while (work.length > 0) await deliver('postern-batches', work.splice(0))
  }

  it('is started, once or more often, until it has ended: then 409 says so', async () => {
    const who = await owner()
    const { id } = (await send(who, LIST, PREVIEW)).body
    expect(await act(who, `${id}/start`)).toMatchObject({ status: 202, body: { status: 'queued' } })
    expect(await act(who, `${id}/start`)).toMatchObject({ status: 202 })
    await play()
    const { status, body } = await act(who, `${id}/start`)
    expect([status, body.type, body.detail]).toEqual([409, '/problems/conflict', expect.stringContaining('has ended')])
    expect(await act(who, `${id}/cancel`)).toMatchObject({ status: 202, body: { status: 'completed' } })
  })

  it('is not started after it was cancelled', async () => {
    const who = await owner()
    const { id } = (await send(who, LIST, PREVIEW)).body
    expect(await act(who, `${id}/cancel`)).toMatchObject({ status: 202, body: { status: 'cancelled' } })
    expect(await act(who, `${id}/start`)).toMatchObject({ status: 409, body: { type: '/problems/conflict' } })
  })

  it('was started for whoever repeats that request by its key, however it has ended since', async () => {
    const who = await owner()
    const { id } = (await send(who, LIST, PREVIEW)).body
    expect(await act(who, `${id}/start`, 'begin')).toMatchObject({ status: 202, body: { status: 'queued' } })
    await play()
    expect(await act(who, `${id}/start`, 'begin')).toMatchObject({ status: 202, body: { status: 'completed' } })
    expect(await act(who, `${id}/start`, 'anew')).toMatchObject({ status: 409 })
  })
})

describe('the events of a batch that was looked at', () => {
  /** All of them; what is done after the first one is here. */
  async function watched({ key }: Owner, id: string, meanwhile: () => Promise<unknown>): Promise<string[]> {
    const context = createExecutionContext()
    const headers = { authorization: `Bearer ${key}` }
    const request = new Request(`https://edge.test/v1/batches/${id}/events`, { headers })
    const response = await worker.fetch(request, env, context)
    const events: string[] = []
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      if (events.length === 0) await meanwhile()
      for (const [, event = '', status = ''] of text.matchAll(/^event: (\w+)\ndata: (?:.*?"status":"(\w+)"|null)/gm))
        events.push(`${event} ${status}`.trim())
    }
    await waitOnExecutionContext(context)
    return events
  }

  it.each<[string, (who: Owner, id: string) => Promise<unknown>, string]>([
    ['is cancelled', (who, id) => act(who, `${id}/cancel`), 'end cancelled'],
    ['is erased', ({ id: account }, id) => objectOf({ account, id }).erase(), 'end'],
    [
      'is started and comes to its end',
      async (who, id) => {
        await act(who, `${id}/start`)
        while (work.length > 0) await deliver('postern-batches', work.splice(0))
      },
      'end completed',
    ],
  ])('come until it %s', async (_what, meanwhile, end) => {
    const who = await owner()
    const id = (await send(who, LIST, { query: '?start=false' })).body.id!
    expect(await watched(who, id, () => meanwhile(who, id))).toEqual(['progress previewed', end])
  })
})

describe('what is no list', () => {
  it.each([
    ['nothing', '', 'text/csv'],
    ['a header and no row', 'email,name\n', 'text/csv'],
    ['no row of JSON', '{"emails": []}', 'application/json'],
    ['no JSON', '{"emails": ["jane@d.test"', 'application/json'],
    ['an empty list of lines', '\n\n', 'application/x-ndjson'],
    ['a quote that is never closed', `email\n"jane${'x'.repeat(200_000)}`, 'text/csv'],
  ])('is refused with a reason, and leaves nothing: %s', async (_what, body, type) => {
    const who = await owner()
    const { status, body: problem } = await send(who, body, { type })
    expect(status).toBe(422)
    expect(problem.detail!.length).toBeGreaterThan(10)
    expect(await uploadsOf(who)).toEqual([])
    expect(work).toEqual([])
  })
})

describe('a preview', () => {
  it('counts rows of data, and tells nothing of an address that may be none', async () => {
    const list = 'name,email\nAnn,a@d.test\nWeber, Karl,k@d.test\nBob,b@d.test\n'
    const { body } = await send(await owner(), list, { query: '?start=false' })
    const sample = [
      { row: 1, email: 'a@d.test', status: 'deliverable', reason: 'mailbox_accepted' },
      { row: 2, email: 'Karl', status: 'unknown', reason: 'inconclusive' },
      { row: 3, email: 'b@d.test', status: 'deliverable', reason: 'mailbox_accepted' },
    ]
    expect(body).toMatchObject({ preview: { sample } })
  })
})

describe('a long list', () => {
  it('is stored whole, in pieces', async () => {
    const who = await owner()
    const row = `jane@d.test,${'x'.repeat(1_000)}\n`
    const rows = 9_000
    const { status, body } = await send(who, `email,text\n${row.repeat(rows)}`, { query: '?start=false' })
    expect(status).toBe(202)
    expect(await uploadsOf(who)).toEqual([11 + rows * row.length])
    expect(body).toMatchObject({ preview: { sample: expect.any(Array) as unknown } })
  })
})
