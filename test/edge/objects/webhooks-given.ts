// What tests of webhooks start from: accounts with endpoints, events, and attempts that end as the test says.
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { EventType } from '@postern/shared/contract/webhook.ts'
import { expect } from 'vitest'
import type { WebhookEvent } from '../../../edge/src/accounts/events.ts'
import type { Scope } from '../../../edge/src/accounts/places.ts'
import type { Taken } from '../../../edge/src/webhooks/deliver.ts'
import type { Deliveries } from '../../../edge/src/webhooks/deliveries.ts'
import type { Outcome } from '../../../edge/src/webhooks/ladder.ts'
import { type Delivery, START } from '../../../edge/src/webhooks/listing.ts'
import { newName } from './given.ts'

export const SECOND = 1_000

export interface Account {
  readonly id: string
  readonly stub: DurableObjectStub<Deliveries>
}

export function newAccount(): Account {
  const id = newName()
  return { id, stub: env.DELIVERIES.getByName(id) }
}

let made = 0

interface Wish {
  readonly url?: string
  readonly events?: readonly EventType[]
  readonly scope?: Scope
  readonly enabled?: boolean
}

export async function endpoint({ stub }: Account, wish: Wish = {}): Promise<{ id: string; scope: Scope }> {
  made += 1
  const { url = 'https://shop.example/', events = ['credits.low'] as const, scope = 'live', enabled = true } = wish
  const which = { id: `whk_${made}`, scope }
  await stub.addEndpoint({ ...which, url, events, description: '', enabled, ring: '1' })
  return which
}

export function event(wish: Partial<WebhookEvent> = {}): WebhookEvent {
  made += 1
  const usual = { type: 'credits.low', data: { n: made }, scope: 'live', subject: '', url: null } as const
  return { id: `evt_${made}`, at: Date.now(), ...usual, ...wish }
}

export const tell = ({ id, stub }: Account, ...events: readonly WebhookEvent[]) => stub.tell(id, events)

export async function all({ stub }: Account, id: string | null, scope: Scope = 'live'): Promise<readonly Delivery[]> {
  return (await stub.deliveriesOf({ id, scope }, { before: START, limit: 100 }))?.deliveries ?? []
}

/** The only delivery of its endpoint. */
export async function only(account: Account, id: string | null, scope: Scope = 'live'): Promise<Delivery> {
  const found = await all(account, id, scope)
  expect(found).toHaveLength(1)
  return found[0]!
}

export const take = async ({ stub }: Account, delivery: string): Promise<Taken | null> => stub.take(delivery, '1')

export const OK: Outcome = { status: 200, why: null, restMs: null }
export const BROKEN: Outcome = { status: 500, why: 'status', restMs: null }

export async function ended({ stub }: Account, delivery: string, told: { n: number; outcome: Outcome }): Promise<void> {
  await stub.attempted(delivery, { at: Date.now(), ms: 12, ...told })
}

/** Takes the delivery and has the attempt end so; null where nothing was due. */
export async function attempt(account: Account, delivery: string, outcome: Outcome): Promise<number | null> {
  const taken = await take(account, delivery)
  if (taken !== null) await ended(account, delivery, { n: taken.n, outcome })
  return taken?.n ?? null
}

/** An account with an endpoint and one delivery to it. */
export async function told(wish: Partial<WebhookEvent> = {}) {
  const account = newAccount()
  const which = await endpoint(account)
  const one = event(wish)
  await tell(account, one)
  const { id } = await only(account, which.id)
  return { account, which, event: one, id, now: () => only(account, which.id) }
}

/** The queue, as the object uses it: what was sent to it, or that it does not answer. */
export async function queueOf({ stub }: Account, fault: Error | null = null): Promise<string[]> {
  const sent: string[] = []
  const sendBatch = async (messages: Iterable<{ body: { delivery: string } }>) => {
    if (fault !== null) throw fault
    for (const { body } of messages) sent.push(body.delivery)
  }
  await runInDurableObject(stub, (instance: Deliveries) => {
    Object.defineProperty(instance, 'env', { value: { ...env, WEBHOOKS: { sendBatch } }, configurable: true })
  })
  return sent
}
