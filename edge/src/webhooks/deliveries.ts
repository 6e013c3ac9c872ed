// The object of one account's webhooks: endpoints, what is to be delivered, and every attempt; a queue only carries ids.
import { DurableObject } from 'cloudflare:workers'
import type { WebhookEvent } from '../accounts/events.ts'
import { base32 } from '../accounts/ids.ts'
import type { Scope } from '../accounts/places.ts'
import { sha256 } from '../accounts/secrets.ts'
import type { Attempt, DeliveryMessage, Taken } from './deliver.ts'
import {
  addEndpoint,
  changeEndpoint,
  defaultOf,
  type Endpoint,
  endpointById,
  type EndpointChange,
  endpoints,
  hasEnded,
  isDefault,
  type MadeEndpoint,
  type NewEndpoint,
  pruneEndpoints,
  removeEndpoint,
  rotateSecret,
  type Rotated,
  signing,
  subscribed,
  type Which,
} from './endpoints.ts'
import {
  type Asked,
  type Delivery,
  deliveryOf,
  eraseAbout,
  hasDeliveries,
  listDeliveries,
  type Page,
  pruneDeliveries,
  removeDeliveries,
} from './listing.ts'
import {
  conclude,
  deliveryById,
  dueAgain,
  giveUpLost,
  markSent,
  nextWake,
  noteQueue,
  parkAll,
  sendElsewhere,
  takeOne,
  tellOne,
  toSend,
} from './outgoing.ts'
import { SCHEMA } from './schema.ts'

export interface DeliveriesBindings {
  readonly WEBHOOKS: Queue<DeliveryMessage>
}

/** `disabled`, `too_large`: it would go nowhere again. */
export type Replayed =
  | { readonly kind: 'due'; readonly delivery: Delivery }
  | { readonly kind: 'absent' | 'erased' | 'disabled' | 'too_large' }

/** What the platform sends in one go, and how often the alarm does before it lets others have a turn. */
const BATCH = 100
const MOST_BATCHES = 5
const LATER_MS = 10_000
const PRUNE_MS = 6 * 3_600_000

export class Deliveries extends DurableObject<DeliveriesBindings> {
  readonly #sql = this.ctx.storage.sql

  constructor(state: DurableObjectState, env: DeliveriesBindings) {
    super(state, env)
    this.#sql.exec(SCHEMA)
  }

  /** Keeps what is to be delivered, once however often it is told. */
  async tell(account: string, events: readonly WebhookEvent[]): Promise<void> {
    const wanted = events.flatMap((event) => targetsOf(this.#sql, event).map((target) => ({ event, ...target })))
    if (wanted.length === 0) return
    // The alarm does not know whose object it rings in.
    this.ctx.storage.kv.put('account', account)
    const told = await Promise.all(wanted.map(async (one) => ({ ...one, id: await deliveryId(one.event.id, one) })))
    this.#commit(() => {
      for (const one of told) {
        const isWanted = targetsOf(this.#sql, one.event).some(({ endpoint }) => endpoint === one.endpoint)
        if (isWanted) tellOne(this.#sql, one, Date.now())
      }
    })
  }

  async endpoints(scope: Scope): Promise<Endpoint[]> {
    return endpoints(this.#sql, scope, Date.now())
  }

  async endpoint(which: Which): Promise<Endpoint | null> {
    return endpointById(this.#sql, which, Date.now())
  }

  async addEndpoint(wish: NewEndpoint): Promise<MadeEndpoint | 'full'> {
    return this.#commit(() => addEndpoint(this.#sql, wish, Date.now()))
  }

  /** Null where there is none. */
  async changeEndpoint(which: Which, change: EndpointChange): Promise<Endpoint | null> {
    if (endpointById(this.#sql, which, Date.now()) === null) return null
    this.#commit(() => {
      changeEndpoint(this.#sql, which.id, change)
      if (change.url !== undefined) sendElsewhere(this.#sql, which.id, change.url)
      if (change.enabled === false) parkAll(this.#sql, which.id, Date.now())
    })
    return endpointById(this.#sql, which, Date.now())
  }

  /** With all that was delivered or is to be delivered there. */
  async removeEndpoint(which: Which): Promise<Endpoint | null> {
    return this.#commit(() => {
      const removed = removeEndpoint(this.#sql, which, Date.now())
      if (removed !== null) removeDeliveries(this.#sql, which.id)
      return removed
    })
  }

  /** `id` null: the secret that URLs of requests are signed with. */
  async rotate(which: Wanted, rotation: NewSecret): Promise<Rotated | 'absent' | 'full'> {
    const endpoint = this.#nameOf(which)
    if (endpoint === null) return 'absent'
    const { generation, ring, overlapMs } = rotation
    return this.#commit(() => {
      const now = Date.now()
      // What was signed with it before anybody asked for it has to stay verifiable as well.
      signing(this.#sql, endpoint, { ring, now })
      return rotateSecret(this.#sql, { endpoint, generation, ring, endsAt: now + overlapMs, now })
    })
  }

  /** `id` null: of URLs of requests. Null where there is no such endpoint. */
  async deliveriesOf(which: Wanted, asked: Omit<Asked, 'endpoint'>): Promise<Page | null> {
    const endpoint = this.#nameOf(which)
    return endpoint === null ? null : listDeliveries(this.#sql, { endpoint, ...asked })
  }

  /** Due now, with its ladder before it, whether it was delivered or parked. */
  async replay(id: string, scope: Scope): Promise<Replayed> {
    const row = deliveryById(this.#sql, id)
    const now = Date.now()
    if (row === null) return { kind: 'absent' }
    const endpoint = endpointById(this.#sql, { id: row.endpoint, scope }, now)
    if (endpoint === null && row.endpoint !== defaultOf(scope)) return { kind: 'absent' }
    if (row.state === 'erased') return { kind: 'erased' }
    if (row.payload === null) return { kind: 'too_large' }
    if (endpoint?.enabled === false) return { kind: 'disabled' }
    this.#commit(() => dueAgain(this.#sql, id, { url: endpoint?.url ?? row.url, now }))
    return { kind: 'due', delivery: deliveryOf(this.#sql, { ...row, state: 'pending', due_at: now }) }
  }

  /** What to send, leased to whoever asks; null where nothing is due. */
  async take(id: string, ring: string): Promise<Taken | null> {
    const now = Date.now()
    return this.#commit(() => {
      const row = takeOne(this.#sql, id, now)
      if (row === null || row.payload === null) return null
      const { taken: n, event_id: eventId, url, payload, endpoint } = row
      return { n, eventId, url, payload, secrets: signing(this.#sql, endpoint, { ring, now }) }
    })
  }

  /** The same attempt told again changes nothing. */
  async attempted(id: string, attempt: Attempt): Promise<void> {
    this.#commit(() => {
      const moment = { now: Date.now(), roll: Math.random() }
      const gone = conclude(this.#sql, id, { attempt, moment })
      if (gone === null || isDefault(gone)) return
      changeEndpoint(this.#sql, gone, { enabled: false })
      parkAll(this.#sql, gone, moment.now)
    })
  }

  /** The queue gave the message up: that is seen, and costs time only. */
  async parked(id: string): Promise<void> {
    this.#commit(() => noteQueue(this.#sql, id, Date.now()))
  }

  /** Returns how many were erased. */
  async erase(subjects: readonly string[]): Promise<number> {
    return this.#commit(() => eraseAbout(this.#sql, subjects))
  }

  override async alarm(): Promise<void> {
    // Re-armed first: whatever fails below is tried again, also after the platform has given up retrying.
    await this.ctx.storage.setAlarm(Date.now() + LATER_MS)
    const [sent] = await Promise.allSettled([this.#sendDue()])
    if (sent.status === 'rejected') return this.#warn(sent.reason)
    const now = Date.now()
    this.#commit(() => {
      pruneDeliveries(this.#sql, now)
      pruneEndpoints(this.#sql, now)
    })
  }

  async #sendDue(): Promise<void> {
    const account = this.ctx.storage.kv.get<string>('account')
    if (account === undefined) return
    const now = Date.now()
    this.ctx.storage.transactionSync(() => giveUpLost(this.#sql, { now, roll: Math.random() }))
    for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
      const ids = toSend(this.#sql, now, BATCH)
      if (ids.length === 0) return
      await this.env.WEBHOOKS.sendBatch(ids.map((delivery) => ({ body: { account, delivery } })))
      markSent(this.#sql, ids, now)
    }
  }

  #nameOf({ id, scope }: Wanted): string | null {
    if (id === null) return defaultOf(scope)
    return endpointById(this.#sql, { id, scope }, Date.now())?.id ?? null
  }

  /** One transaction, and the alarm for what follows from it. */
  #commit<T>(work: () => T): T {
    const result = this.ctx.storage.transactionSync(work)
    const at = nextWake(this.#sql) ?? (this.#hasToForget() ? Date.now() + PRUNE_MS : null)
    // Not awaited: it is part of the same write as what made it necessary.
    this.ctx.waitUntil(at === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(at))
    return result
  }

  #hasToForget(): boolean {
    return hasDeliveries(this.#sql) || hasEnded(this.#sql)
  }

  #warn(reason: unknown): void {
    const fault = reason instanceof Error ? reason.name : 'fault'
    // oxlint-disable-next-line no-console -- an object's log is its console
    console.warn(JSON.stringify({ level: 'warn', what: 'deliveries wait', fault }))
  }
}

/** An endpoint, or with null what URLs of requests are signed as. */
export interface Wanted {
  readonly id: string | null
  readonly scope: Scope
}

export interface NewSecret {
  /** The same one again is the same rotation. */
  readonly generation: string
  readonly ring: string
  /** For how long those before it go on signing. */
  readonly overlapMs: number
}

interface Target {
  readonly endpoint: string
  readonly url: string
}

function targetsOf(sql: SqlStorage, { scope, type, url }: WebhookEvent): Target[] {
  const own = url === null ? [] : [{ endpoint: defaultOf(scope), url }]
  return [...subscribed(sql, scope, type).map(({ id, url }) => ({ endpoint: id, url })), ...own]
}

/** The same event for the same target has the same id, so that it is kept once. */
async function deliveryId(event: string, { endpoint, url }: Target): Promise<string> {
  const target = isDefault(endpoint) ? `${endpoint}\0${url}` : endpoint
  return `dlv_${base32((await sha256(`${event}\0${target}`)).subarray(0, 16))}`
}
