// Deliveries of one account as rows: told, taken for an attempt, concluded, tried again, parked.
import { type Failure, LONGEST_PAYLOAD } from '@postern/shared/contract/webhook.ts'
import type { WebhookEvent } from '../accounts/events.ts'
import type { Attempt } from './deliver.ts'
import { fateOf } from './ladder.ts'

/** One event for one target. */
export interface Told {
  readonly id: string
  readonly event: WebhookEvent
  /** An endpoint's id, or the account's own name where a request brought the URL. */
  readonly endpoint: string
  readonly url: string
}

export interface DeliveryRow extends Record<string, SqlStorageValue> {
  id: string
  event_id: string
  type: string
  endpoint: string
  url: string
  payload: string | null
  state: string
  created_at: number
  since: number
  rung: number
  taken: number
  due_at: number
  wake_at: number | null
  leased_until: number | null
}

export interface Moment {
  readonly now: number
  /** 0–1. */
  readonly roll: number
}

const utf8 = new TextEncoder()

export function payloadOf({ type, at, data }: WebhookEvent): string {
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data })
}

/** One that is there already stays as it is. */
export function tellOne(sql: SqlStorage, { id, event, endpoint, url }: Told, now: number): void {
  if (deliveryById(sql, id) !== null) return
  const payload = payloadOf(event)
  const fits = utf8.encode(payload).length <= LONGEST_PAYLOAD
  sql.exec(
    `INSERT INTO deliveries (id, event_id, type, endpoint, url, payload, subject, state, created_at, since, due_at, wake_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?9, ?9, ?9, ?)`,
    id,
    event.id,
    event.type,
    endpoint,
    url,
    fits ? payload : null,
    event.subject,
    fits ? 'pending' : 'parked',
    now,
    fits ? now : null,
  )
  if (!fits) noteOurs(sql, id, { why: 'too_large', now })
}

export function deliveryById(sql: SqlStorage, id: string): DeliveryRow | null {
  return sql.exec<DeliveryRow>('SELECT * FROM deliveries WHERE id = ?', id).toArray()[0] ?? null
}

/** More attempts than a day's ladder has are a replayed delivery's: the latest are kept. */
const MOST_ATTEMPTS = 50

function note(sql: SqlStorage, delivery: string, { n, at, ms, outcome: { status, why } }: Attempt): void {
  sql.exec(
    'INSERT OR REPLACE INTO attempts (delivery, n, at, status, why, ms) VALUES (?, ?, ?, ?, ?, ?)',
    delivery,
    n,
    at,
    status,
    why,
    ms,
  )
  sql.exec('DELETE FROM attempts WHERE delivery = ? AND n <= ?', delivery, n - MOST_ATTEMPTS)
}

/** An entry among the attempts for something that kept one from being made. */
function noteOurs(sql: SqlStorage, delivery: string, { why, now }: { why: Failure; now: number }): void {
  const [row] = sql
    .exec<{ taken: number }>('UPDATE deliveries SET taken = taken + 1 WHERE id = ? RETURNING taken', delivery)
    .toArray()
  if (row === undefined) return
  note(sql, delivery, { n: row.taken, at: now, ms: 0, outcome: { status: null, why, restMs: null } })
}

/** Longer than an attempt with all its look-ups takes. */
export const LEASE_MS = 30_000

/** Begins an attempt; null where none is due, or one is under way. */
export function takeOne(sql: SqlStorage, id: string, now: number): DeliveryRow | null {
  const [row] = sql
    .exec<DeliveryRow>(
      `UPDATE deliveries SET taken = taken + 1, leased_until = ?1, wake_at = ?1
       WHERE id = ?2 AND state = 'pending' AND due_at <= ?3 AND leased_until IS NULL RETURNING *`,
      now + LEASE_MS,
      id,
      now,
    )
    .toArray()
  return row ?? null
}

/** Notes how an attempt ended, once. Returns the endpoint that wants nothing any more, or null. */
export function conclude(sql: SqlStorage, id: string, told: { attempt: Attempt; moment: Moment }): string | null {
  const { attempt, moment } = told
  const delivery = deliveryById(sql, id)
  if (delivery === null || !isNews(sql, id, attempt.n)) return null
  note(sql, id, attempt)
  const isUnderWay = delivery.leased_until !== null && delivery.taken === attempt.n
  // Late good news is good news; late bad news has been acted on when the lease was over.
  if (delivery.state === 'erased' || !(isUnderWay || attempt.outcome.why === null)) return null
  const fate = fateOf(attempt.outcome, { ...moment, rung: delivery.rung, since: delivery.since })
  if (fate.state === 'pending') {
    sql.exec(
      'UPDATE deliveries SET rung = rung + 1, due_at = ?1, wake_at = ?1, leased_until = NULL WHERE id = ?2',
      fate.dueAt,
      id,
    )
    return null
  }
  rest(sql, id, fate.state)
  return fate.state === 'parked' && fate.disable ? delivery.endpoint : null
}

/** What was given up for lost may still be told. */
function isNews(sql: SqlStorage, delivery: string, n: number): boolean {
  const read = 'SELECT why FROM attempts WHERE delivery = ? AND n = ?'
  const [before] = sql.exec<{ why: string | null }>(read, delivery, n).toArray()
  return before === undefined || before.why === 'lost'
}

function rest(sql: SqlStorage, id: string, state: 'delivered' | 'parked'): void {
  sql.exec('UPDATE deliveries SET state = ?, wake_at = NULL, leased_until = NULL WHERE id = ?', state, id)
}

/** Counts attempts whose outcome nobody told as failures. */
export function giveUpLost(sql: SqlStorage, moment: Moment): void {
  const read = 'SELECT * FROM deliveries WHERE wake_at <= ?1 AND leased_until <= ?1'
  const lost = sql.exec<DeliveryRow>(read, moment.now).toArray()
  for (const { id, taken, leased_until: until } of lost) {
    const at = (until ?? moment.now) - LEASE_MS
    const attempt = { n: taken, at, ms: LEASE_MS, outcome: { status: null, why: 'lost', restMs: null } } as const
    conclude(sql, id, { attempt, moment })
  }
}

/** Parks what is under way to an endpoint that was switched off. */
export function parkAll(sql: SqlStorage, endpoint: string, now: number): void {
  const read = `SELECT id FROM deliveries WHERE endpoint = ? AND state = 'pending'`
  for (const { id } of sql.exec<{ id: string }>(read, endpoint).toArray()) {
    noteOurs(sql, id, { why: 'disabled', now })
    rest(sql, id, 'parked')
  }
}

/** The queue gave up a message; the delivery stays as due as it was. */
export function noteQueue(sql: SqlStorage, id: string, now: number): void {
  const delivery = deliveryById(sql, id)
  if (delivery?.state === 'pending' && delivery.leased_until === null) noteOurs(sql, id, { why: 'queue', now })
}

/** Where the endpoint is now; what rests stays with the URL that it went to. */
export function sendElsewhere(sql: SqlStorage, endpoint: string, url: string): void {
  sql.exec(`UPDATE deliveries SET url = ? WHERE endpoint = ? AND state = 'pending'`, url, endpoint)
}

/** Due now, with its ladder before it. */
export function dueAgain(sql: SqlStorage, id: string, { url, now }: { url: string; now: number }): void {
  sql.exec(
    `UPDATE deliveries SET state = 'pending', url = ?1, since = ?2, rung = 0, due_at = ?2,
       wake_at = iif(leased_until IS NULL, ?2, wake_at) WHERE id = ?3`,
    url,
    now,
    id,
  )
}

/** Deliveries that nobody has been sent out with yet, the longest due first. */
export function toSend(sql: SqlStorage, now: number, most: number): string[] {
  return sql
    .exec<{ id: string }>(
      'SELECT id FROM deliveries WHERE wake_at <= ? AND leased_until IS NULL ORDER BY wake_at LIMIT ?',
      now,
      most,
    )
    .toArray()
    .map(({ id }) => id)
}

/** A message that was not heard of for so long is taken for lost. */
const UNHEARD_MS = 2 * 60_000

/** Those that were taken meanwhile are left as they are. */
export function markSent(sql: SqlStorage, ids: readonly string[], now: number): void {
  for (const id of ids) {
    const sent = 'UPDATE deliveries SET wake_at = ? WHERE id = ? AND wake_at <= ? AND leased_until IS NULL'
    sql.exec(sent, now + UNHEARD_MS, id, now)
  }
}

/** When something is to be done; null where nothing is. */
export function nextWake(sql: SqlStorage): number | null {
  return sql.exec<{ at: number | null }>('SELECT min(wake_at) AS at FROM deliveries').one().at
}
