// What an account used, read from its ledger: the same rows that its balance was charged by.
import { UNIT } from './schema.ts'

export interface UsageRow {
  readonly day: string
  readonly keyId: string
  readonly mode: string
  readonly why: string
  readonly count: number
  /** Public units. */
  readonly units: number
}

/** `from` and `to` are days of UTC, both included. */
export function usage(sql: SqlStorage, from: string, to: string): UsageRow[] {
  return sql
    .exec<{ day: string; key_id: string; mode: string; why: string; count: number; units: number }>(
      'SELECT * FROM totals WHERE day >= ? AND day <= ? ORDER BY day, key_id, mode, why',
      from,
      to,
    )
    .toArray()
    .map(({ key_id: keyId, units, ...row }) => ({ ...row, keyId, units: units / UNIT }))
}

/** Days on which something was counted, the latest first. */
export function activeDays(sql: SqlStorage): string[] {
  return sql
    .exec<{ day: string }>('SELECT DISTINCT day FROM totals ORDER BY day DESC')
    .toArray()
    .map(({ day }) => day)
}
