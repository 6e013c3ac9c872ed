// Webhooks through the whole stack: told until they are taken, under one id, signed so that the receiver's own library agrees.
import { EVENTS } from '@postern/shared/contract/events.ts'
import type { DeliveryBody, MadeWebhook, WebhookBody } from '@postern/shared/contract/webhook.ts'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answering, type Manner, type Received, type Receiver, startReceiver } from '../edge/webhooks/receiver.ts'
import { call, type Opened, openAccount } from './accounts.ts'
import { eventually } from './processes.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
const receivers: Receiver[] = []
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1', '--allow-loopback-mx'])
})
afterAll(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()))
  await stack.stop()
})

async function receiver(manner: Manner): Promise<Receiver> {
  const started = await startReceiver(manner)
  receivers.push(started)
  return started
}

const down = answering(500)
const up = answering(200)

interface Subscribed extends Opened {
  readonly webhook: MadeWebhook
}

/** An account that is told by webhook when its next answer has been charged. */
async function subscribed(url: string): Promise<Subscribed> {
  const opened = await openAccount(stack, { units: 2, tier: 'high', low_credits_at: 1 })
  const { status, body } = await call<MadeWebhook>(stack, opened.key, { path: '/v1/webhooks', body: { url } })
  expect(status).toBe(201)
  return { ...opened, webhook: body }
}

async function spend({ key }: Opened): Promise<void> {
  const body = { email: 'low@null-mx.test', mode: 'full' }
  expect((await call(stack, key, { path: '/v1/verifications', body })).status).toBe(200)
}

async function deliveries({ key, webhook }: Subscribed): Promise<DeliveryBody[]> {
  const path = `/v1/webhooks/${webhook.id}/deliveries`
  return (await call<{ deliveries: DeliveryBody[] }>(stack, key, { path })).body.deliveries
}

/** The only delivery, once it is so. */
async function deliveryThat(one: Subscribed, holds: (delivery: DeliveryBody) => boolean): Promise<DeliveryBody> {
  let found: DeliveryBody[] = []
  const isSo = async () => {
    found = await deliveries(one)
    return found.length === 1 && holds(found[0]!)
  }
  expect(await eventually(isSo, 12_000)).toBe(true)
  return found[0]!
}

function verified({ headers, body }: Received, secret: string): unknown {
  return new Webhook(secret).verify(body, headers)
}

describe.concurrent('credits.low', () => {
  it('is sent until the receiver takes it, and again when it is replayed; a replaced secret signs beside the new one', async () => {
    const { url, received } = await receiver((...asked) => (asked[2] === 1 ? down(...asked) : up(...asked)))
    const one = await subscribed(url)
    await spend(one)
    const { id, event_id, attempts } = await deliveryThat(one, ({ state }) => state === 'delivered')
    expect(attempts).toMatchObject([
      { status: 500, why: 'status' },
      { status: 200, why: null },
    ])
    expect(Date.parse(attempts[1]!.at) - Date.parse(attempts[0]!.at)).toBeGreaterThanOrEqual(4_000)
    const event = { type: 'credits.low', data: { account: one.id, available: 1, low_credits_at: 1 } }
    for (const attempt of received) expect(verified(attempt, one.webhook.secret)).toMatchObject(event)
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([event_id, event_id])
    expect(received[1]!.body).toBe(received[0]!.body)
    expect(EVENTS['credits.low'].body.parse(JSON.parse(received[0]!.body))).toMatchObject(event)

    const rotated = await call<MadeWebhook>(stack, one.key, { path: `/v1/webhooks/${one.webhook.id}/rotate`, body: {} })
    expect(rotated.status).toBe(201)
    const replayed = await call(stack, one.key, { path: `/v1/deliveries/${id}/replay`, body: {} })
    expect(replayed.status).toBe(202)
    expect(await eventually(() => received.length === 3, 5_000)).toBe(true)
    const [, , third] = received as [Received, Received, Received]
    expect(third.headers['webhook-id']).toBe(event_id)
    for (const secret of [one.webhook.secret, rotated.body.secret]) expect(verified(third, secret)).toMatchObject(event)
    expect(() => verified(received[1]!, rotated.body.secret)).toThrow('No matching signature')
    await deliveryThat(one, ({ state, attempts }) => state === 'delivered' && attempts.length === 3)
  })

  it('does not go where a receiver redirects it', async () => {
    const elsewhere = await receiver(up)
    const { url, received } = await receiver(answering(308, { location: elsewhere.url }))
    const one = await subscribed(url)
    await spend(one)
    const { state, attempts, next_attempt_at } = await deliveryThat(one, ({ attempts }) => attempts.length > 0)
    expect([state, attempts]).toMatchObject(['pending', [{ status: 308, why: 'redirect' }]])
    expect(Date.parse(next_attempt_at!)).toBeGreaterThan(Date.parse(attempts[0]!.at))
    expect([received.length, elsewhere.received.length]).toEqual([1, 0])
  })

  it('of a receiver that answers 410 is parked, and its endpoint asked nothing more', async () => {
    const { url, received } = await receiver(answering(410))
    const one = await subscribed(url)
    await spend(one)
    await deliveryThat(one, ({ state }) => state === 'parked')
    const shown = await call<WebhookBody>(stack, one.key, { path: `/v1/webhooks/${one.webhook.id}` })
    expect([shown.body.enabled, received.length]).toEqual([false, 1])
  })

  it('is connected to nobody whose name is not public', async () => {
    const one = await subscribed('https://mx.private.test/hook')
    await spend(one)
    const { attempts } = await deliveryThat(one, ({ attempts }) => attempts.length > 0)
    expect(attempts).toMatchObject([{ status: null, why: 'not_public' }])
  })
})

describe('POST /v1/webhooks', () => {
  it.each(['http://shop.example/', 'http://10.0.0.1:8080/', 'https://10.0.0.1/', 'http://127.0.0.1:25/'])(
    'answers 422 to %s',
    async (url) => {
      const { key } = await openAccount(stack, { units: 0 })
      const { status, body } = await call<{ errors: { pointer: string }[] }>(stack, key, {
        path: '/v1/webhooks',
        body: { url },
      })
      expect([status, body.errors[0]?.pointer]).toEqual([422, '/url'])
    },
  )
})
