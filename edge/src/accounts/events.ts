// What an account is told of, as whoever has something to tell says it, and how the ledger's own events are handed over.
import type { EventType } from '@postern/shared/contract/webhook.ts'
import { type Partitions, partitionOf, type Scope, within } from './places.ts'
import { profile } from './profile.ts'

export interface WebhookEvent {
  /** `evt_…`, the same however often it is told. */
  readonly id: string
  readonly type: EventType
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number
  readonly data: object
  readonly scope: Scope
  /** HMAC of the mailbox that it is about, or empty: what an erasure finds it by. */
  readonly subject: string
  /** A `webhook_url` of the request itself, told besides the endpoints that want the type; null where there is none. */
  readonly url: string | null
}

/** Resolves when the events are kept; told again, they are the same. @throws where the object that keeps them does not answer. */
export type Tell = (account: string, events: readonly WebhookEvent[]) => Promise<void>

/** The object that keeps what is to be delivered, as far as an account knows it. */
export interface Teller extends Rpc.DurableObjectBranded {
  tell: Tell
}

interface Row extends Record<string, SqlStorageValue> {
  id: string
  type: string
  at: number
  data: string
}

const BATCH = 100

export function hasEvents(sql: SqlStorage): boolean {
  return sql.exec('SELECT 1 FROM events LIMIT 1').toArray().length > 0
}

interface Bindings {
  readonly DELIVERIES: DurableObjectNamespace<Teller>
  readonly PARTITIONS: string
}

/** @throws where the object of deliveries cannot be reached; the events then wait here. */
export async function flushEvents(sql: SqlStorage, env: Bindings): Promise<void> {
  const account = profile(sql)
  const rows = sql.exec<Row>('SELECT * FROM events ORDER BY at LIMIT ?', BATCH).toArray()
  if (account === null || rows.length === 0) return
  const namespace = within(env.DELIVERIES, partitionOf(account.id), JSON.parse(env.PARTITIONS) as Partitions)
  await namespace.getByName(account.id).tell(account.id, rows.map(eventOf))
  for (const { id } of rows) sql.exec('DELETE FROM events WHERE id = ?', id)
}

/** What the ledger tells is about the account itself, and about nobody's mailbox. */
function eventOf({ id, type, at, data }: Row): WebhookEvent {
  const about = { scope: 'live', subject: '', url: null } as const
  return { id, type: type as EventType, at, data: JSON.parse(data) as object, ...about }
}
