// Deliveries of one account as they are shown, page by page, and as they are forgotten.
import type { DeliveryState, EventType, Failure } from '@postern/shared/contract/webhook.ts'
import { base32, unbase32 } from '../accounts/ids.ts'
import { KEPT_MS } from '../accounts/kept.ts'
import type { DeliveryRow } from './outgoing.ts'

export interface ShownAttempt {
  readonly at: number
  readonly status: number | null
  readonly why: Failure | null
  readonly ms: number
}

export interface Delivery {
  readonly id: string
  readonly eventId: string
  readonly type: EventType
  readonly state: DeliveryState
  readonly url: string
  readonly createdAt: number
  /** Null where none follows. */
  readonly nextAttemptAt: number | null
  readonly attempts: readonly ShownAttempt[]
}

/** Before the newest. */
export const START: Place = { at: Number.MAX_SAFE_INTEGER, id: '' }

export interface Place {
  readonly at: number
  readonly id: string
}

export interface Asked {
  readonly endpoint: string
  /** Newest first, those before this one only. */
  readonly before: Place
  readonly limit: number
}

export interface Page {
  readonly deliveries: readonly Delivery[]
  /** Where the next page begins; null at the end. */
  readonly next: Place | null
}

export function listDeliveries(sql: SqlStorage, { endpoint, before, limit }: Asked): Page {
  const found = sql
    .exec<DeliveryRow>(
      `SELECT * FROM deliveries WHERE endpoint = ? AND (created_at, id) < (?, ?)
       ORDER BY created_at DESC, id DESC LIMIT ?`,
      endpoint,
      before.at,
      before.id,
      limit + 1,
    )
    .toArray()
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  return {
    deliveries: shown.map((row) => deliveryOf(sql, row)),
    next: found.length > limit && last !== undefined ? { at: last.created_at, id: last.id } : null,
  }
}

export function deliveryOf(sql: SqlStorage, row: DeliveryRow): Delivery {
  const attempts = sql
    .exec<{ at: number; status: number | null; why: string | null; ms: number }>(
      'SELECT at, status, why, ms FROM attempts WHERE delivery = ? ORDER BY n',
      row.id,
    )
    .toArray()
    .map(({ why, ...attempt }) => ({ ...attempt, why: why as Failure | null }))
  return {
    id: row.id,
    eventId: row.event_id,
    type: row.type as EventType,
    state: row.state as DeliveryState,
    url: row.url,
    createdAt: row.created_at,
    nextAttemptAt: row.state === 'pending' ? row.due_at : null,
    attempts,
  }
}

export function cursorOf({ at, id }: Place): string {
  return base32(new TextEncoder().encode(JSON.stringify([at, id])))
}

/** Null for a text that is no cursor of ours. */
export function readCursor(text: string): Place | null {
  const decoded = new TextDecoder().decode(unbase32(text) ?? new Uint8Array(0))
  const [, at, id] = /^\[(\d{1,15}),"(dlv_[a-z2-7]{26})"\]$/.exec(decoded) ?? []
  return at === undefined || id === undefined ? null : { at: Number(at), id }
}

/** What was said about a mailbox, and where to: a URL of a request may hold what its endpoint's does not. */
const ERASE = `UPDATE deliveries SET state = 'erased', payload = NULL, subject = '', wake_at = NULL, leased_until = NULL,
  url = iif(endpoint LIKE 'default %', '', url) WHERE subject = ? RETURNING id`

/** Returns how many were erased. */
export function eraseAbout(sql: SqlStorage, subjects: readonly string[]): number {
  const named = subjects.filter((subject) => subject !== '')
  return named.flatMap((subject) => sql.exec(ERASE, subject).toArray()).length
}

export function removeDeliveries(sql: SqlStorage, endpoint: string): void {
  sql.exec('DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE endpoint = ?)', endpoint)
  sql.exec('DELETE FROM deliveries WHERE endpoint = ?', endpoint)
}

export function hasDeliveries(sql: SqlStorage): boolean {
  return sql.exec('SELECT 1 FROM deliveries LIMIT 1').toArray().length > 0
}

const OVER = `FROM deliveries WHERE created_at < ? AND state <> 'pending'`

/** Forgets what is over and older than anything else that is kept. */
export function pruneDeliveries(sql: SqlStorage, now: number): void {
  sql.exec(`DELETE FROM attempts WHERE delivery IN (SELECT id ${OVER})`, now - KEPT_MS)
  sql.exec(`DELETE ${OVER}`, now - KEPT_MS)
}
