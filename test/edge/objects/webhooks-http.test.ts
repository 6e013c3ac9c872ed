// Webhooks over HTTP, in the Worker itself: what is shown and what is not, what a repeat comes to, and who sees whose.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { EVENT_TYPES, madeWebhook, webhook } from '@postern/shared/contract/webhook.ts'
import { describe, expect, it } from 'vitest'
import { type KeyKind, readKey } from '../../../edge/src/accounts/key-text.ts'
import { pseudonyms } from '../../../edge/src/accounts/pseudonym.ts'
import { hex } from '../../../edge/src/accounts/secrets.ts'
import type { Deliveries } from '../../../edge/src/webhooks/deliveries.ts'
import { secretText } from '../../../edge/src/webhooks/sign.ts'
import worker from '../../../edge/src/worker.ts'
import { mint, secrets } from './asking.ts'
import { account as newLedger, newKey, pass, standingClock } from './given.ts'
import { all, event, only, take, tell } from './webhooks-given.ts'

standingClock()

interface Asker {
  readonly id: string
  readonly stub: DurableObjectStub<Deliveries>
  readonly keys: Readonly<Record<'sk_live' | 'sk_test', string>>
}

async function asker(): Promise<Asker> {
  const { id, stub } = await newLedger(10, { tier: 'high' })
  const keyOf = async (kind: KeyKind): Promise<string> => {
    const text = await mint(kind, id)
    const { keyId, sha256 } = (await readKey(secrets, text))!
    await stub.addKey((await newKey({ id: keyId, sha256: hex(sha256), kind })).stored)
    return text
  }
  const keys = { sk_live: await keyOf('sk_live'), sk_test: await keyOf('sk_test') }
  return { id, stub: env.DELIVERIES.getByName(id), keys }
}

interface Wanted {
  readonly body?: unknown
  readonly kind?: 'sk_live' | 'sk_test'
  readonly once?: string
}

// What a body holds is what the test says of it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>

async function ask({ keys }: Asker, request: string, { body, kind = 'sk_live', once }: Wanted = {}) {
  const [method = '', path = ''] = request.split(' ')
  const headers = {
    authorization: `Bearer ${keys[kind]}`,
    'content-type': 'application/json',
    ...(once === undefined ? {} : { 'idempotency-key': once }),
  }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const context = createExecutionContext()
  const response = await worker.fetch(new Request(`https://edge.test${path}`, init), env, context)
  const answer = { status: response.status, body: await response.json<Body>() }
  await waitOnExecutionContext(context)
  return answer
}

const URL_OF = 'https://shop.example/hook'
const create = (one: Asker, wish: object = {}, more: Wanted = {}) =>
  ask(one, 'POST /v1/webhooks', { body: { url: URL_OF, ...wish }, ...more })

describe('POST /v1/webhooks', () => {
  it('answers 201 with the endpoint and its secret, which nothing shows again', async () => {
    const one = await asker()
    const { status, body } = await create(one)
    expect(status).toBe(201)
    const { secret, ...shown } = madeWebhook.parse(body)
    expect(shown).toMatchObject({ url: URL_OF, events: EVENT_TYPES, description: '', enabled: true })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect((await ask(one, `GET /v1/webhooks/${shown.id}`)).body).toEqual(webhook.parse(shown))
    expect((await ask(one, 'GET /v1/webhooks')).body).toEqual({ webhooks: [shown] })
  })

  it('signs with the secret that it showed', async () => {
    const one = await asker()
    const { body } = await create(one)
    await tell(one, event())
    const taken = (await take(one, (await only(one, body['id'])).id))!
    expect(await secretText(secrets, { ...taken.secrets[0]!, account: one.id })).toBe(body['secret'])
  })

  it.each([
    [{ url: 'http://shop.example/' }, '/url'],
    [{ url: 'https://127.0.0.1/' }, '/url'],
    [{ url: 'https://jane@shop.example/' }, '/url'],
    [{ url: 7 }, '/url'],
    [{ events: [] }, '/events'],
    [{ events: ['verification.begun'] }, '/events/0'],
    [{ secret: 'whsec_mine' }, '/secret'],
  ])('answers 422 to %j and names the field', async (wish, pointer) => {
    const { status, body } = await create(await asker(), wish)
    expect([status, body['errors'][0].pointer]).toEqual([422, pointer])
  })

  it('is one endpoint and one answer for one idempotency key, also after it was removed', async () => {
    const one = await asker()
    const answers = await Promise.all([1, 2, 3].map(() => create(one, {}, { once: 'the-same' })))
    const [first] = answers as [(typeof answers)[0]]
    for (const answer of answers) expect(answer).toEqual(first)
    await ask(one, `DELETE /v1/webhooks/${first.body['id']}`)
    expect(await create(one, {}, { once: 'the-same' })).toEqual(first)
    expect((await ask(one, 'GET /v1/webhooks')).body).toEqual({ webhooks: [] })
    expect((await create(one, { description: 'other' }, { once: 'the-same' })).status).toBe(422)
  })

  it('answers 409 to the twenty-first, until one is removed', async () => {
    const one = await asker()
    const made = await Promise.all(Array.from({ length: 20 }, () => create(one)))
    expect((await create(one)).status).toBe(409)
    expect((await create(one, {}, { kind: 'sk_test' })).status).toBe(201)
    await ask(one, `DELETE /v1/webhooks/${made[0]!.body['id']}`)
    expect((await create(one)).status).toBe(201)
  })
})

describe('/v1/webhooks/{id}', () => {
  it('is changed by PATCH, and only what is named', async () => {
    const one = await asker()
    const { body } = await create(one, { events: ['credits.low', 'credits.low'] })
    const { secret: _, ...made } = body
    expect(made['events']).toEqual(['credits.low'])
    const path = `/v1/webhooks/${made['id']}`
    expect((await ask(one, `PATCH ${path}`, { body: { enabled: false } })).body).toEqual({ ...made, enabled: false })
    const changed = await ask(one, `PATCH ${path}`, { body: { url: 'https://other.example/', description: 'new' } })
    expect(changed.body).toEqual({ ...made, enabled: false, url: 'https://other.example/', description: 'new' })
    const wrong = await ask(one, `PATCH ${path}`, { body: { url: 'http://other.example/' } })
    expect([wrong.status, wrong.body['errors'][0].pointer]).toEqual([422, '/url'])
    expect((await ask(one, `GET ${path}`)).body).toEqual(changed.body)
  })

  it('is removed by DELETE, which may be repeated', async () => {
    const one = await asker()
    const { body } = await create(one)
    const path = `/v1/webhooks/${body['id']}`
    const removals = [await ask(one, `DELETE ${path}`), await ask(one, `DELETE ${path}`)]
    expect(removals.map(({ status }) => status)).toEqual([200, 200])
    for (const request of [`GET ${path}`, `PATCH ${path}`, `GET ${path}/deliveries`, `POST ${path}/rotate`])
      expect((await ask(one, request, request.startsWith('GET') ? {} : { body: {} })).status).toBe(404)
  })

  it('is of keys of its own scope and account: 404 to others', async () => {
    const [one, other] = [await asker(), await asker()]
    const { body } = await create(one)
    const path = `/v1/webhooks/${body['id']}`
    for (const [who, kind] of [[one, 'sk_test'] as const, [other, 'sk_live'] as const]) {
      for (const request of [`GET ${path}`, `DELETE ${path}`, `GET ${path}/deliveries`])
        expect((await ask(who, request, { kind })).status).toBe(404)
      for (const request of [`PATCH ${path}`, `POST ${path}/rotate`])
        expect((await ask(who, request, { kind, body: {} })).status).toBe(404)
      expect((await ask(who, 'GET /v1/webhooks', { kind })).body).toEqual({ webhooks: [] })
    }
    expect((await ask(one, `GET ${path}`)).status).toBe(200)
  })
})

it('`default` is no endpoint, and 404 says what it stands for', async () => {
  const one = await asker()
  for (const [method, wanted] of [
    ['GET', {}],
    ['PATCH', { body: {} }],
    ['DELETE', {}],
  ] as const) {
    const { status, body } = await ask(one, `${method} /v1/webhooks/default`, wanted)
    expect(status).toBe(404)
    expect(body['detail']).toContain('GET /v1/webhooks/default/deliveries')
  }
})

describe('POST /v1/webhooks/{id}/rotate', () => {
  it('answers 201 with a new secret, the same to repeats of its idempotency key', async () => {
    const one = await asker()
    const { body } = await create(one)
    const request = `POST /v1/webhooks/${body['id']}/rotate`
    const first = await ask(one, request, { body: {}, once: 'turn' })
    expect(first).toMatchObject({ status: 201, body: { id: body['id'] } })
    expect(first.body['previous_secret_ends_at']).toBe('2099-05-02T12:00:00.000Z')
    expect(first.body['secret']).not.toBe(body['secret'])
    expect(await ask(one, request, { body: {}, once: 'turn' })).toEqual(first)
    const second = await ask(one, request, { body: { overlap_s: 60 } })
    expect(second.body['secret']).not.toBe(first.body['secret'])
    expect(second.body['previous_secret_ends_at']).toBe('2099-05-01T12:01:00.000Z')
  })

  it('shows the secret of URLs of requests as `default`, another to test keys', async () => {
    const one = await asker()
    await tell(one, event({ url: 'https://request.example/' }))
    const request = 'POST /v1/webhooks/default/rotate'
    const [live, test] = [await ask(one, request, { body: {} }), await ask(one, request, { body: {}, kind: 'sk_test' })]
    expect([live.status, test.status]).toEqual([201, 201])
    expect(live.body['secret']).not.toBe(test.body['secret'])
    const taken = (await take(one, (await only(one, null)).id))!
    expect(await secretText(secrets, { ...taken.secrets[0]!, account: one.id })).toBe(live.body['secret'])
  })

  it('answers 409 where too many sign already, and 422 to an overlap over 30 days', async () => {
    const one = await asker()
    const request = 'POST /v1/webhooks/default/rotate'
    const statuses: number[] = []
    for (let times = 0; times < 5; times += 1) statuses.push((await ask(one, request, { body: {} })).status)
    expect(statuses).toEqual([201, 201, 201, 201, 409])
    expect((await ask(one, request, { body: { overlap_s: 0 } })).status).toBe(201)
    expect((await ask(one, request, { body: { overlap_s: 30 * 86_400 + 1 } })).status).toBe(422)
  })
})

describe('GET /v1/webhooks/{id}/deliveries', () => {
  it('answers with deliveries and their attempts, page by page', async () => {
    const one = await asker()
    const { body } = await create(one)
    await tell(one, event())
    pass(1_000)
    await tell(one, event())
    const path = `/v1/webhooks/${body['id']}/deliveries`
    const [newest, oldest] = await all(one, body['id'])
    await take(one, newest!.id)
    await one.stub.attempted(newest!.id, {
      n: 1,
      at: Date.now(),
      ms: 5,
      outcome: { status: 404, why: 'status', restMs: null },
    })
    const first = await ask(one, `GET ${path}?limit=1`)
    expect(first.body).toMatchObject({
      deliveries: [
        {
          id: newest!.id,
          event_id: newest!.eventId,
          type: 'credits.low',
          state: 'pending',
          url: URL_OF,
          created_at: '2099-05-01T12:00:01.000Z',
          next_attempt_at: expect.stringMatching(/^2099-05-01T12:00:0[567]/),
          attempts: [{ at: '2099-05-01T12:00:01.000Z', status: 404, why: 'status', ms: 5 }],
        },
      ],
      next_cursor: expect.any(String),
    })
    const second = await ask(one, `GET ${path}?limit=1&cursor=${first.body['next_cursor']}`)
    expect(second.body).toMatchObject({ deliveries: [{ id: oldest!.id, attempts: [] }], next_cursor: null })
    expect((await ask(one, `GET ${path}?cursor=nonsense`)).body['errors'][0].pointer).toBe('?cursor')
    expect((await ask(one, 'GET /v1/webhooks/default/deliveries')).body).toEqual({ deliveries: [], next_cursor: null })
  })
})

describe('POST /v1/deliveries/{id}/replay', () => {
  it('answers 202 once for one idempotency key, and then 404, 409 or 410 by what is there', async () => {
    const one = await asker()
    const { body } = await create(one)
    await tell(one, event({ subject: (await pseudonyms(secrets, 'jane@strict.test')).mailbox[0]! }))
    const { id, eventId } = await only(one, body['id'])
    const request = `POST /v1/deliveries/${id}/replay`
    const replayed = await ask(one, request, { body: {}, once: 'again' })
    expect(replayed).toEqual({
      status: 202,
      body: { id, event_id: eventId, state: 'pending', next_attempt_at: '2099-05-01T12:00:00.000Z' },
    })
    pass(60_000)
    expect(await ask(one, request, { body: {}, once: 'again' })).toEqual(replayed)
    expect((await ask(one, request, { body: {}, kind: 'sk_test' })).status).toBe(404)
    expect((await ask(one, 'POST /v1/deliveries/dlv_nothing/replay', { body: {} })).status).toBe(404)
    await ask(one, `PATCH /v1/webhooks/${body['id']}`, { body: { enabled: false } })
    expect((await ask(one, request, { body: {} })).status).toBe(409)
    expect((await ask(one, 'POST /v1/erasures', { body: { email: 'JANE@strict.test' } })).status).toBe(200)
    expect((await ask(one, request, { body: {} })).status).toBe(410)
    expect(await only(one, body['id'])).toMatchObject({ state: 'erased' })
  })
})
