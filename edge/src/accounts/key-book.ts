// The keys of one account: what is stored of them, which of them are good, and which the fast path must be told have ended.
import type { KeyKind } from './key-text.ts'
import { hex, sameOctets } from './secrets.ts'

export interface StoredKey {
  readonly id: string
  readonly kind: KeyKind
  /** Hex; the key itself is nowhere. */
  readonly sha256: string
  readonly name: string
  readonly origins: readonly string[]
  readonly lastFour: string
  readonly createdAt: number
  /** From here on it is refused, because it was made to end then; what replaces it ends then too. */
  readonly expiresAt: number | null
  /** From here on it is refused, because it was replaced. */
  readonly endsAt: number | null
  readonly revokedAt: number | null
}

interface Row extends Record<string, SqlStorageValue> {
  id: string
  kind: string
  sha256: string
  name: string
  origins: string
  last_four: string
  created_at: number
  expires_at: number | null
  ends_at: number | null
  revoked_at: number | null
}

/** Keys of one account, ended ones included: what ended has to be known for ever, since its text stays well signed. */
export const MAX_KEYS = 1_000

const READ = 'SELECT * FROM keys'

export function keys(sql: SqlStorage): StoredKey[] {
  return sql.exec<Row>(`${READ} ORDER BY created_at, id`).toArray().map(keyOf)
}

export function keyById(sql: SqlStorage, id: string): StoredKey | null {
  const [row] = sql.exec<Row>(`${READ} WHERE id = ?`, id).toArray()
  return row === undefined ? null : keyOf(row)
}

function keyOf(row: Row): StoredKey {
  return {
    id: row.id,
    kind: row.kind as KeyKind,
    sha256: row.sha256,
    name: row.name,
    origins: JSON.parse(row.origins) as string[],
    lastFour: row.last_four,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    endsAt: row.ends_at,
    revokedAt: row.revoked_at,
  }
}

/** Adding the same key again changes nothing. False where the account has as many as it may have. */
export function addKey(sql: SqlStorage, key: StoredKey, { most = MAX_KEYS } = {}): boolean {
  if (keyById(sql, key.id) !== null) return true
  if (sql.exec<{ n: number }>('SELECT count(*) AS n FROM keys').one().n >= most) return false
  sql.exec(
    `INSERT INTO keys (id, kind, sha256, name, origins, last_four, created_at, expires_at, ends_at, revoked_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    key.id,
    key.kind,
    key.sha256,
    key.name,
    JSON.stringify(key.origins),
    key.lastFour,
    key.createdAt,
    key.expiresAt,
    key.endsAt,
    key.revokedAt,
  )
  return true
}

export function revoke(sql: SqlStorage, id: string, now: number): void {
  sql.exec('UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', now, id)
}

/** Writes in an operator's key that was made beside the book. */
export function enterKey(sql: SqlStorage, { id, sha256, kind }: Presented, now: number): void {
  const beside = {
    name: 'made beside the book',
    origins: [],
    lastFour: '',
    expiresAt: null,
    endsAt: null,
    revokedAt: null,
  }
  addKey(sql, { id, kind, sha256: hex(sha256), createdAt: now, ...beside }, { most: Infinity })
}

interface Presented {
  readonly id: string
  readonly sha256: Uint8Array
  readonly kind: KeyKind
}

/** `absent`: no such key. `over`: it has ended, or was replaced before. `full`: the account may have no more. */
export type Rotated = StoredKey | 'absent' | 'over' | 'full'

interface Rotation {
  readonly id: string
  readonly successor: StoredKey
  readonly endsAt: number
  readonly now: number
}

export function rotate(sql: SqlStorage, { id, successor, endsAt, now }: Rotation): Rotated {
  const made = keyById(sql, successor.id)
  if (made !== null) return made
  const old = keyById(sql, id)
  if (old === null) return 'absent'
  if (!isGood(old, now) || old.endsAt !== null) return 'over'
  if (!addKey(sql, successor)) return 'full'
  sql.exec('UPDATE keys SET ends_at = ? WHERE id = ?', endsAt, id)
  return successor
}

export function isGood(key: StoredKey, now: number): boolean {
  return endOf(key) > now
}

/** Instant from which the key is refused, whatever the cause; infinite where there is none. */
export function endOf({ expiresAt, endsAt, revokedAt }: StoredKey): number {
  return Math.min(expiresAt ?? Infinity, endsAt ?? Infinity, revokedAt ?? Infinity)
}

/** True for a key of this book that is good now, compared as a whole and in constant time. */
export function isAccepted(sql: SqlStorage, presented: { id: string; sha256: Uint8Array }, now: number): boolean {
  const key = keyById(sql, presented.id)
  const utf8 = new TextEncoder()
  const same = sameOctets(utf8.encode(key?.sha256 ?? ''), utf8.encode(hex(presented.sha256)))
  return key !== null && same && isGood(key, now)
}

/** Key id → instant from which it is refused, for every key that has ended or will. */
export function endings(sql: SqlStorage): Record<string, number> {
  return Object.fromEntries(
    keys(sql)
      .map((key) => [key.id, endOf(key)] as const)
      .filter(([, end]) => end !== Infinity),
  )
}
