// The ledger of one account: what is reserved, what was charged once, and what each day came to.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { dayOf, instantOf, tailOf } from './ids.ts'
import { KEPT_MS } from './kept.ts'
import { notePattern, prunePatterns, type Traces } from './patterns.ts'
import { touch } from './profile.ts'
import { UNIT } from './schema.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** One answer, as it is to be counted. Instants in milliseconds since the epoch. */
export interface Settlement {
  readonly id: string
  readonly keyId: string
  readonly mode: 'fast' | 'full'
  /** What the answer costs if the account has not paid for it already. */
  readonly price: Cost
  /** HMACs of the wire address, one per secret in use; empty where there is no address. */
  readonly address: readonly string[]
  readonly checkedAt: number
  /** Null for an answer that stays true. */
  readonly validUntil: number | null
  /** The caller's limit on age: an older answer that was paid for does not make a new one free. */
  readonly maxAgeS: number
  /** True where somebody was asked on purpose, false where stored evidence answered. */
  readonly asked: boolean
  /** Of which patterns the address would be; absent where nobody signed up with it, or an older version tells. */
  readonly traces?: Traces
}

const REDELIVERED_MS = 15 * DAY_MS
/** An answer that stays true is free to its account for as long as its record is kept. */
const FOR_EVER_MS = KEPT_MS

interface Settled extends Record<string, SqlStorageValue> {
  units: number
  why: string
}

/** Counts an answer once, however often it is told; returns what it costs this account. */
export function settle(sql: SqlStorage, settlement: Settlement, now: number): Cost {
  const before = settledBefore(sql, settlement.id, now)
  if (before !== null) return before
  const { price } = settlement
  const isFree = isRepeat(sql, settlement) || wasAdmittedFree(sql, settlement.id)
  sql.exec('DELETE FROM reservations WHERE id = ?', settlement.id)
  const cost = price.charged && isFree ? REPEAT : price
  const units = Math.round(cost.units * UNIT)
  sql.exec(
    'INSERT INTO settlements (id, tail, at, units, why) VALUES (?, ?, ?, ?, ?)',
    settlement.id,
    tailOf(settlement.id),
    now,
    units,
    cost.why,
  )
  addTotal(sql, { day: dayOfId(settlement.id, now), ...settlement, why: cost.why, count: 1, units })
  if (notePattern(sql, settlement)) touch(sql)
  if (cost.charged) {
    spend(sql, units, settlement.checkedAt)
    remember(sql, settlement)
  }
  return cost
}

/** Nothing is charged for that answer any more, whoever tells of it later, and nothing of it is remembered. */
export function waive(sql: SqlStorage, id: string, now: number): void {
  sql.exec('DELETE FROM reservations WHERE id = ?', id)
  sql.exec(
    "INSERT OR IGNORE INTO settlements (id, tail, at, units, why) VALUES (?, ?, ?, 0, 'repeat')",
    id,
    tailOf(id),
    now,
  )
}

/** True where the door took it for a repeat and reserved nothing. */
function wasAdmittedFree(sql: SqlStorage, id: string): boolean {
  return sql.exec('SELECT 1 FROM reservations WHERE id = ? AND units = 0', id).toArray().length > 0
}

const REPEAT: Cost = { units: 0, charged: false, why: 'repeat' }

/** The repeat of a request that carries an idempotency key has the same tail for 24 hours; a redelivery the same id. */
function settledBefore(sql: SqlStorage, id: string, now: number): Cost | null {
  const [row] = sql.exec<Settled>('SELECT * FROM settlements WHERE id = ?', id).toArray()
  if (row !== undefined) return { units: row.units / UNIT, charged: row.units > 0, why: row.why as Cost['why'] }
  const lately = sql.exec('SELECT 1 FROM settlements WHERE tail = ? AND at > ?', tailOf(id), now - DAY_MS).toArray()
  return lately.length > 0 ? REPEAT : null
}

export function isSettled(sql: SqlStorage, id: string, now: number): boolean {
  return settledBefore(sql, id, now) !== null
}

interface Total {
  readonly day: string
  readonly keyId: string
  readonly mode: string
  readonly why: string
  readonly count: number
  /** Thousandths. */
  readonly units: number
}

function addTotal(sql: SqlStorage, { day, keyId, mode, why, count, units }: Total): void {
  sql.exec(
    `INSERT INTO totals (day, key_id, mode, why, count, units) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, units = units + excluded.units`,
    day,
    keyId,
    mode,
    why,
    count,
    units,
  )
}

/** By the minute in which it was spent: a backlog that is counted at once is no peak. */
function spend(sql: SqlStorage, units: number, at: number): void {
  sql.exec('UPDATE account SET spent = spent + ?', units)
  sql.exec(
    'INSERT INTO spending (minute, units) VALUES (?, ?) ON CONFLICT DO UPDATE SET units = units + excluded.units',
    Math.floor(at / MINUTE_MS),
    units,
  )
}

/** The ledger's day is the id's own, so that a record is found by its id alone. */
function dayOfId(id: string, now: number): string {
  return dayOf(instantOf('ver', id) ?? now)
}

type Asked = Pick<Settlement, 'address' | 'mode' | 'maxAgeS' | 'asked' | 'checkedAt' | 'validUntil'>

interface Paid extends Record<string, SqlStorageValue> {
  checked_at: number
  valid_until: number
}

/** Was this answer paid for, by this account, and is it still the same answer? A full one covers fast ones too. */
export function isRepeat(
  sql: SqlStorage,
  { address, mode, maxAgeS, asked, checkedAt, validUntil }: Asked,
  by = '',
): boolean {
  // An answer that is told late is no repeat of one that was found when it no longer held.
  const until = validUntil ?? checkedAt + FOR_EVER_MS
  return address.some((one) =>
    sql
      .exec<Paid>(
        `SELECT checked_at, valid_until FROM paid WHERE address = ? AND mode IN ('full', ?) AND valid_until > ? AND checked_at <= ?
           AND (paid_by = '' OR paid_by <> ?)`,
        one,
        mode,
        checkedAt,
        until,
        by,
      )
      .toArray()
      .some((paid) => !asked || checkedAt - paid.checked_at <= maxAgeS * 1_000),
  )
}

function remember(sql: SqlStorage, { address: [current], mode, checkedAt, validUntil }: Asked, by = ''): void {
  if (current === undefined) return
  sql.exec(
    `INSERT INTO paid (address, mode, checked_at, valid_until, paid_by) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET checked_at = excluded.checked_at, valid_until = excluded.valid_until,
       paid_by = excluded.paid_by
     WHERE excluded.valid_until > valid_until`,
    current,
    mode,
    checkedAt,
    validUntil ?? checkedAt + FOR_EVER_MS,
    by,
  )
}

/** One answer of a list. */
export interface PaidAnswer extends Asked {
  /** Which list and row: what it was paid for by itself makes no repeat of it. */
  readonly by: string
}

/** True where the account has paid for this answer before; else it is remembered as paid for by this row. */
export function isPaidBefore(sql: SqlStorage, answer: PaidAnswer): boolean {
  if (isRepeat(sql, answer, answer.by)) return true
  remember(sql, answer, answer.by)
  return false
}

/** The answer was not told after all: what it was remembered by is forgotten, unless somebody else has paid for it. */
export function forgetPaid(
  sql: SqlStorage,
  { address: [current], mode, by }: Pick<PaidAnswer, 'address' | 'mode' | 'by'>,
) {
  if (current === undefined) return
  sql.exec('DELETE FROM paid WHERE address = ? AND mode = ? AND paid_by = ?', current, mode, by)
}

export interface RunningTotal {
  /** Id of the list. */
  readonly id: string
  readonly keyId: string
  /** Units and rows so far: neither ever shrinks. */
  readonly units: number
  readonly count: number
}

/** What a list has come to so far; told late, twice or out of order, it comes to the same. */
export function settleTotal(sql: SqlStorage, total: RunningTotal, now: number): void {
  const [before] = sql
    .exec<{ units: number; count: number }>('SELECT units, count FROM running_totals WHERE id = ?', total.id)
    .toArray()
  const units = Math.max(Math.round(total.units * UNIT), before?.units ?? 0)
  const rows = Math.max(total.count, before?.count ?? 0)
  sql.exec(
    'INSERT OR REPLACE INTO running_totals (id, units, count, at) VALUES (?, ?, ?, ?)',
    total.id,
    units,
    rows,
    now,
  )
  const grown = { count: rows - (before?.count ?? 0), units: units - (before?.units ?? 0) }
  if (grown.count === 0 && grown.units === 0) return
  addTotal(sql, { day: dayOf(now), keyId: total.keyId, mode: 'list', why: 'list', ...grown })
  spend(sql, grown.units, now)
}

/** Forgets what no queue will deliver again and no repeat can be free by. */
export function prune(sql: SqlStorage, now: number): void {
  sql.exec('DELETE FROM reservations WHERE expires_at <= ?', now)
  sql.exec('DELETE FROM settlements WHERE at < ?', now - REDELIVERED_MS)
  sql.exec('DELETE FROM paid WHERE valid_until <= ?', now)
  prunePatterns(sql, now)
  sql.exec('DELETE FROM spending WHERE minute < ?', Math.floor((now - DAY_MS) / MINUTE_MS))
}
