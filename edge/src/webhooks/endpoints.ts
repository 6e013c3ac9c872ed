// The endpoints of one account and the names of their secrets, as rows of the object that keeps its deliveries.
import { type EventType, MOST_ENDPOINTS } from '@postern/shared/contract/webhook.ts'
import type { Scope } from '../accounts/places.ts'
import type { SecretName } from './sign.ts'

export interface Endpoint {
  readonly id: string
  readonly url: string
  readonly events: readonly EventType[]
  readonly description: string
  readonly enabled: boolean
  readonly createdAt: number
  /** Until then a replaced secret signs too; null where none does. */
  readonly previousEndsAt: number | null
}

/** Which endpoint, to whoever asks with a key of that scope. */
export interface Which {
  readonly id: string
  readonly scope: Scope
}

export type StoredSecret = Omit<SecretName, 'account'>

interface Row extends Record<string, SqlStorageValue> {
  id: string
  scope: string
  url: string
  events: string
  description: string
  enabled: number
  created_at: number
  removed_at: number | null
}

interface SecretRow extends Record<string, SqlStorageValue> {
  endpoint: string
  generation: string
  ring: string
  ends_at: number | null
  previous_ends_at: number | null
}

/** What a URL of a request is signed as: an endpoint without a row, whose secret is the account's own. */
const DEFAULTS: Readonly<Record<Scope, string>> = { live: 'default live', test: 'default test' }

export function defaultOf(scope: Scope): string {
  return DEFAULTS[scope]
}

export function isDefault(endpoint: string): boolean {
  return Object.values(DEFAULTS).includes(endpoint)
}

const READ = 'SELECT * FROM endpoints WHERE removed_at IS NULL'

export function endpoints(sql: SqlStorage, scope: Scope, now: number): Endpoint[] {
  return sql
    .exec<Row>(`${READ} AND scope = ? ORDER BY created_at, id`, scope)
    .toArray()
    .map((row) => endpointOf(sql, row, now))
}

export function endpointById(sql: SqlStorage, { id, scope }: Which, now: number): Endpoint | null {
  const [row] = sql.exec<Row>(`${READ} AND id = ? AND scope = ?`, id, scope).toArray()
  return row === undefined ? null : endpointOf(sql, row, now)
}

/** Ids and URLs of those that are to be told of events of this type. */
export function subscribed(sql: SqlStorage, scope: Scope, type: EventType): { id: string; url: string }[] {
  return sql
    .exec<Row>(`${READ} AND scope = ? AND enabled = 1`, scope)
    .toArray()
    .filter(({ events }) => (JSON.parse(events) as string[]).includes(type))
    .map(({ id, url }) => ({ id, url }))
}

function endpointOf(sql: SqlStorage, row: Row, now: number): Endpoint {
  const { at } = sql
    .exec<{ at: number | null }>(
      'SELECT max(ends_at) AS at FROM secrets WHERE endpoint = ? AND ends_at > ?',
      row.id,
      now,
    )
    .one()
  return {
    id: row.id,
    url: row.url,
    events: JSON.parse(row.events) as EventType[],
    description: row.description,
    enabled: row.enabled === 1,
    createdAt: row.created_at,
    previousEndsAt: at,
  }
}

export interface NewEndpoint extends Which {
  readonly url: string
  readonly events: readonly EventType[]
  readonly description: string
  readonly enabled: boolean
  /** Id of the edge's secret that its own is made from. */
  readonly ring: string
}

export interface MadeEndpoint {
  readonly endpoint: Endpoint
  readonly secret: StoredSecret
}

const FIRST = 'first'

/** The same id again is the endpoint that was made, removed or not. `full`: there are as many as there may be. */
export function addEndpoint(sql: SqlStorage, wish: NewEndpoint, now: number): MadeEndpoint | 'full' {
  const known = sql.exec<Row>('SELECT * FROM endpoints WHERE id = ?', wish.id).toArray()[0]
  if (known === undefined) {
    if (endpoints(sql, wish.scope, now).length >= MOST_ENDPOINTS) return 'full'
    sql.exec(
      'INSERT INTO endpoints (id, scope, url, events, description, enabled, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      wish.id,
      wish.scope,
      wish.url,
      JSON.stringify(wish.events),
      wish.description,
      wish.enabled ? 1 : 0,
      now,
    )
    addSecret(sql, { endpoint: wish.id, generation: FIRST, ring: wish.ring }, { now, previousEndsAt: null })
  }
  const row = sql.exec<Row>('SELECT * FROM endpoints WHERE id = ?', wish.id).one()
  const ring = secretRow(sql, wish.id, FIRST)?.ring ?? wish.ring
  return { endpoint: endpointOf(sql, row, now), secret: { endpoint: wish.id, generation: FIRST, ring } }
}

export interface EndpointChange {
  readonly url?: string | undefined
  readonly events?: readonly EventType[] | undefined
  readonly description?: string | undefined
  readonly enabled?: boolean | undefined
}

/** What is not named stays as it is. */
export function changeEndpoint(sql: SqlStorage, id: string, change: EndpointChange): void {
  sql.exec(
    `UPDATE endpoints SET url = coalesce(?, url), events = coalesce(?, events),
       description = coalesce(?, description), enabled = coalesce(?, enabled) WHERE id = ?`,
    change.url ?? null,
    change.events === undefined ? null : JSON.stringify(change.events),
    change.description ?? null,
    change.enabled === undefined ? null : Number(change.enabled),
    id,
  )
}

/** What it was; null where there was none. Again it is the same. */
export function removeEndpoint(sql: SqlStorage, { id, scope }: Which, now: number): Endpoint | null {
  const [row] = sql.exec<Row>('SELECT * FROM endpoints WHERE id = ? AND scope = ?', id, scope).toArray()
  if (row === undefined) return null
  sql.exec('UPDATE endpoints SET removed_at = coalesce(removed_at, ?) WHERE id = ?', now, id)
  return endpointOf(sql, row, now)
}

function secretRow(sql: SqlStorage, endpoint: string, generation: string): SecretRow | null {
  const read = 'SELECT * FROM secrets WHERE endpoint = ? AND generation = ?'
  return sql.exec<SecretRow>(read, endpoint, generation).toArray()[0] ?? null
}

interface Making {
  readonly now: number
  readonly previousEndsAt: number | null
}

function addSecret(sql: SqlStorage, { endpoint, generation, ring }: StoredSecret, { now, previousEndsAt }: Making) {
  sql.exec(
    'INSERT INTO secrets (endpoint, generation, ring, made_at, previous_ends_at) VALUES (?, ?, ?, ?, ?)',
    endpoint,
    generation,
    ring,
    now,
    previousEndsAt,
  )
}

/** Secrets that sign now, the newest first; the first of the account's own is made where it is needed. */
export function signing(sql: SqlStorage, endpoint: string, { ring, now }: { ring: string; now: number }) {
  const alive = living(sql, endpoint, now)
  if (alive.length > 0 || !isDefault(endpoint)) return alive
  const first = { endpoint, generation: FIRST, ring }
  addSecret(sql, first, { now, previousEndsAt: null })
  return [first]
}

function living(sql: SqlStorage, endpoint: string, now: number): StoredSecret[] {
  return sql
    .exec<SecretRow>(
      `SELECT * FROM secrets WHERE endpoint = ? AND (ends_at IS NULL OR ends_at > ?)
       ORDER BY ends_at IS NOT NULL, ends_at DESC`,
      endpoint,
      now,
    )
    .toArray()
    .map(({ endpoint, generation, ring }) => ({ endpoint, generation, ring }))
}

/** Each of them signs every delivery: a receiver's patience and the length of a header are limited. */
const MOST_SIGNING = 5

export interface Rotation extends StoredSecret {
  /** When those before it sign no longer. */
  readonly endsAt: number
  readonly now: number
}

export interface Rotated {
  readonly secret: StoredSecret
  readonly previousEndsAt: number | null
}

/** The same generation again is the rotation that was made. `full`: too many replaced secrets still sign. */
export function rotateSecret(sql: SqlStorage, { endsAt, now, ...secret }: Rotation): Rotated | 'full' {
  const { endpoint, generation } = secret
  const made = secretRow(sql, endpoint, generation)
  if (made !== null) return { secret: { endpoint, generation, ring: made.ring }, previousEndsAt: made.previous_ends_at }
  const goOn = endsAt > now ? living(sql, endpoint, now).length : 0
  if (goOn >= MOST_SIGNING) return 'full'
  sql.exec('UPDATE secrets SET ends_at = min(coalesce(ends_at, ?1), ?1) WHERE endpoint = ?2', endsAt, endpoint)
  const previousEndsAt = goOn > 0 ? endsAt : null
  addSecret(sql, secret, { now, previousEndsAt })
  return { secret, previousEndsAt }
}

/** True while there is something that `pruneEndpoints` will forget. */
export function hasEnded(sql: SqlStorage): boolean {
  const read =
    'SELECT 1 FROM secrets WHERE ends_at IS NOT NULL UNION SELECT 1 FROM endpoints WHERE removed_at IS NOT NULL'
  return sql.exec(read).toArray().length > 0
}

/** Longer than an idempotency key is remembered. */
const REPEATED_MS = 25 * 3_600_000

/** Forgets what no repeat of a request can ask for again. */
export function pruneEndpoints(sql: SqlStorage, now: number): void {
  const before = now - REPEATED_MS
  sql.exec('DELETE FROM secrets WHERE endpoint IN (SELECT id FROM endpoints WHERE removed_at < ?)', before)
  sql.exec('DELETE FROM endpoints WHERE removed_at < ?', before)
  sql.exec('DELETE FROM secrets WHERE ends_at < ?', before)
}
