// Rows of mailboxes that were erased: what comes back for them comes too late. For a batch's object alone.
import type { Stash } from './groups.ts'

export function isErased(sql: SqlStorage, row: number): boolean {
  return sql.exec('SELECT 1 FROM erased WHERE row = ?', row).toArray().length > 0
}

export function withoutErased(sql: SqlStorage, stashes: ReadonlyMap<number, Stash>): ReadonlyMap<number, Stash> {
  if (sql.exec('SELECT 1 FROM erased LIMIT 1').toArray().length === 0) return stashes
  const left = ({ destinations, members }: Stash): Stash => {
    return { destinations, members: members.filter(([row]) => !isErased(sql, row)) }
  }
  return new Map([...stashes].map(([bucket, stash]) => [bucket, left(stash)]))
}
