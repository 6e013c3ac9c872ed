// Which lists an account has: ids only, newest first, for as long as the lists are kept.
import type { Scope } from './places.ts'

export interface Listed {
  readonly id: string
  readonly scope: Scope
  readonly expiresAt: number
}

/** The same list again changes nothing. */
export function enterList(sql: SqlStorage, { id, scope, expiresAt }: Listed): void {
  sql.exec('INSERT OR IGNORE INTO batches (id, scope, expires_at) VALUES (?, ?, ?)', id, scope, expiresAt)
}

/** Ids before `before` in descending order, which is that of their making. */
export function lists(sql: SqlStorage, scope: Scope, { before, limit }: { before: string; limit: number }): string[] {
  return sql
    .exec<{ id: string }>(
      'SELECT id FROM batches WHERE scope = ? AND id < ? AND erased = 0 ORDER BY id DESC LIMIT ?',
      scope,
      before,
      limit,
    )
    .toArray()
    .map(({ id }) => id)
}

/** Its id stays known until its time would have been over: it was here. */
export function dropList(sql: SqlStorage, id: string): void {
  sql.exec('UPDATE batches SET erased = 1 WHERE id = ?', id)
}

export function wasDropped(sql: SqlStorage, id: string, scope: Scope): boolean {
  return sql.exec('SELECT 1 FROM batches WHERE id = ? AND scope = ? AND erased = 1', id, scope).toArray().length > 0
}

export function pruneLists(sql: SqlStorage, now: number): void {
  sql.exec('DELETE FROM batches WHERE expires_at <= ?', now)
}
