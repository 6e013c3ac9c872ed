// What an account has left: purchases, reservations, and how near its end is.
import { type Profile, profile, type Standing } from './profile.ts'
import { UNIT } from './schema.ts'

/** A minute's spending that is taken for granted before an account has shown its own: 10 units. */
const LEAST_PEAK = 10 * UNIT
/** What is left has to last this many minutes of peak spending, or every answer is asked for. */
const PEAK_MINUTES = 2

export interface Balance {
  /** Public units. */
  readonly bought: number
  readonly spent: number
  readonly reserved: number
  /** Null: without limit. May be below zero by the overshoot that the README states. */
  readonly available: number | null
}

export function balanceOf(sql: SqlStorage, { bought, spent, settings }: Profile, now: number): Balance {
  const reserved = reservedUnits(sql, now)
  const available = settings.unlimited ? null : (bought - spent - reserved) / UNIT
  return { bought: bought / UNIT, spent: spent / UNIT, reserved: reserved / UNIT, available }
}

function reservedUnits(sql: SqlStorage, now: number): number {
  return sql
    .exec<{ units: number }>('SELECT coalesce(sum(units), 0) AS units FROM reservations WHERE expires_at > ?', now)
    .one().units
}

/** True where so many public units are left beside what others reserved; what `id` itself reserved before is its own. */
export function affords(sql: SqlStorage, account: Profile, { id, units, now }: Need): boolean {
  const { available } = balanceOf(sql, account, now)
  const [own] = sql.exec<{ units: number }>(OWN, id, now).toArray()
  return available === null || Math.round(available * UNIT) + (own?.units ?? 0) >= Math.round(units * UNIT)
}

const OWN = 'SELECT units FROM reservations WHERE id = ? AND expires_at > ?'

interface Need {
  readonly id: string
  readonly units: number
  readonly now: number
}

export interface Reservation {
  readonly id: string
  /** Public units. */
  readonly units: number
  readonly expiresAt: number
}

export function reserve(sql: SqlStorage, { id, units, expiresAt }: Reservation): void {
  sql.exec(
    'INSERT OR REPLACE INTO reservations (id, units, expires_at) VALUES (?, ?, ?)',
    id,
    Math.round(units * UNIT),
    expiresAt,
  )
}

export interface Funding {
  readonly id: string
  /** Public units that it has come to, which are settled. */
  readonly spent: number
  /** Public units that it wants to be able to come to. */
  readonly upTo: number
  readonly now: number
}

/** A list's reservation outlives the longest list. */
const LIST_MS = 27 * 3_600_000

/** Reserves as much of it as the account has left; public units that the list may come to. */
export function fund(sql: SqlStorage, { id, spent, upTo, now }: Funding): number {
  const account = profile(sql)
  if (account === null) return spent
  release(sql, id)
  const { available } = balanceOf(sql, account, now)
  const more = Math.max(0, Math.min(upTo - spent, available ?? Infinity))
  reserve(sql, { id, units: more, expiresAt: now + LIST_MS })
  return spent + more
}

export function release(sql: SqlStorage, id: string): void {
  sql.exec('DELETE FROM reservations WHERE id = ?', id)
}

export interface Purchase {
  readonly reference: string
  /** Public units; below zero takes back. */
  readonly units: number
  readonly note: string
  readonly at: number
}

/** The purchase under this reference: the new one, or the first one of that name, which then stays what it was. */
export function buy(sql: SqlStorage, purchase: Purchase): Purchase {
  const units = Math.round(purchase.units * UNIT)
  const [known] = sql.exec<PurchaseRow>('SELECT * FROM credits WHERE reference = ?', purchase.reference).toArray()
  if (known !== undefined) return purchaseOf(known)
  sql.exec(
    'INSERT INTO credits (reference, units, note, at) VALUES (?, ?, ?, ?)',
    purchase.reference,
    units,
    purchase.note,
    purchase.at,
  )
  sql.exec('UPDATE account SET bought = bought + ?', units)
  return { ...purchase, units: units / UNIT }
}

interface PurchaseRow extends Record<string, SqlStorageValue> {
  reference: string
  units: number
  note: string
  at: number
}

function purchaseOf({ reference, units, note, at }: PurchaseRow): Purchase {
  return { reference, units: units / UNIT, note, at }
}

export function purchases(sql: SqlStorage): Purchase[] {
  return sql.exec<PurchaseRow>('SELECT * FROM credits ORDER BY at, reference').toArray().map(purchaseOf)
}

/** How the account stands now, by what is left and how fast it spends at its peak. */
export function standingOf(sql: SqlStorage, account: Profile): Standing {
  if (account.settings.unlimited) return 'good'
  const left = account.bought - account.spent
  if (left <= 0) return 'out'
  const { peak } = sql.exec<{ peak: number }>('SELECT coalesce(max(units), 0) AS peak FROM spending').one()
  return left < PEAK_MINUTES * Math.max(peak, LEAST_PEAK) ? 'strict' : 'good'
}

/** Writes `credits.low` each time that the balance comes to lie at or below the account's own mark, whichever of them moved. */
export function tellWhenLow(sql: SqlStorage, { before, account, now }: LowCheck): void {
  if (isLow(before) || !isLow(account)) return
  const { low_credits_at: mark } = account.settings
  const data = { account: account.id, available: (account.bought - account.spent) / UNIT, low_credits_at: mark }
  // Between two falls there is a purchase or a new setting, so that this number grows, and nothing has to be remembered.
  const { n } = sql.exec<{ n: number }>('SELECT count(*) AS n FROM credits').one()
  const id = `evt_low_${account.id.slice(-26)}_${account.version + n}`
  sql.exec(
    'INSERT OR IGNORE INTO events (id, type, at, data) VALUES (?, ?, ?, ?)',
    id,
    'credits.low',
    now,
    JSON.stringify(data),
  )
}

function isLow({ settings, bought, spent }: Profile): boolean {
  const { low_credits_at: mark, unlimited } = settings
  return mark !== null && !unlimited && bought - spent <= mark * UNIT
}

interface LowCheck {
  readonly before: Profile
  readonly account: Profile
  readonly now: number
}
