// Which lists an account has: ids only, newest first, for as long as the lists are kept, and that they were here a while longer.
import type { Scope } from './places.ts'

export interface Listed {
  readonly id: string
  readonly scope: Scope
  readonly expiresAt: number
}

/** The same list again may be kept longer, and is no other one. */
export function enterList(sql: SqlStorage, { id, scope, expiresAt }: Listed): void {
  sql.exec(
    `INSERT INTO batches (id, scope, expires_at) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`,
    id,
    scope,
    expiresAt,
  )
}

export function isListed(sql: SqlStorage, id: string): boolean {
  return sql.exec('SELECT 1 FROM batches WHERE id = ?', id).toArray().length > 0
}

export function forgetList(sql: SqlStorage, id: string): void {
  sql.exec('DELETE FROM batches WHERE id = ? AND erased = 0', id)
}

export function endList(sql: SqlStorage, id: string): void {
  sql.exec('UPDATE batches SET ended = 1 WHERE id = ?', id)
}

/** Those that were only looked at included. */
export function openLists(sql: SqlStorage, scope: Scope, now: number): number {
  return sql
    .exec<{ open: number }>(
      'SELECT count(*) AS open FROM batches WHERE scope = ? AND ended = 0 AND erased = 0 AND expires_at > ?',
      scope,
      now,
    )
    .one().open
}

interface Wanted {
  readonly before: string
  readonly limit: number
  readonly now: number
}

/** Ids before `before` in descending order, which is that of their making. */
export function lists(sql: SqlStorage, scope: Scope, { before, limit, now }: Wanted): string[] {
  return sql
    .exec<{ id: string }>(
      'SELECT id FROM batches WHERE scope = ? AND id < ? AND erased = 0 AND expires_at > ? ORDER BY id DESC LIMIT ?',
      scope,
      before,
      now,
      limit,
    )
    .toArray()
    .map(({ id }) => id)
}

export function dropList(sql: SqlStorage, id: string): void {
  sql.exec('UPDATE batches SET erased = 1 WHERE id = ?', id)
}

/** Erased, or its days are over: it was here. */
export function wasDropped(sql: SqlStorage, { id, scope }: Pick<Listed, 'id' | 'scope'>, now: number): boolean {
  const found = sql.exec(
    'SELECT 1 FROM batches WHERE id = ? AND scope = ? AND (erased = 1 OR expires_at <= ?)',
    id,
    scope,
    now,
  )
  return found.toArray().length > 0
}

/** That a list was here is known for so long after its days are over. */
const REMEMBERED_MS = 30 * 86_400_000

export function pruneLists(sql: SqlStorage, now: number): void {
  sql.exec('DELETE FROM batches WHERE expires_at <= ?', now - REMEMBERED_MS)
}
