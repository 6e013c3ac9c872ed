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
      'SELECT id FROM batches WHERE scope = ? AND id < ? ORDER BY id DESC LIMIT ?',
      scope,
      before,
      limit,
    )
    .toArray()
    .map(({ id }) => id)
}

export function dropList(sql: SqlStorage, id: string): void {
  sql.exec('DELETE FROM batches WHERE id = ?', id)
}

export function pruneLists(sql: SqlStorage, now: number): void {
  sql.exec('DELETE FROM batches WHERE expires_at <= ?', now)
}
