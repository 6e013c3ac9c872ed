// What an account's sign-ups have in common that people's do not: one mailbox under many names, names counted up.
import type { Settlement } from './ledger.ts'

/** How an address would show up, as HMACs; null where it cannot: most people sign up with a plain name. */
export interface Traces {
  /** Of the mailbox, where the address is one of several spellings of it. */
  readonly alias: string | null
  /** Of the address with its number left out, where it ends in one. */
  readonly series: string | null
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

interface Limit {
  /** As many different addresses within `withinMs` are a pattern. */
  readonly addresses: number
  readonly withinMs: number
  /** How long the pattern is remembered after its last sign. */
  readonly rememberedMs: number
}

/**
 * A person has an alias or two for one service, and a class of pupils a handful of numbered names in an hour; who needs more
 * than these is counting. Our own choice, of 2026-11.
 */
const LIMITS: Readonly<Record<keyof Traces, Limit>> = {
  alias: { addresses: 5, withinMs: 7 * DAY_MS, rememberedMs: 30 * DAY_MS },
  series: { addresses: 10, withinMs: HOUR_MS, rememberedMs: 7 * DAY_MS },
}
const LONGEST_MS = Math.max(...Object.values(LIMITS).map(({ withinMs }) => withinMs))

/** Beyond these, another address of a pattern changes nothing. */
const MOST_KEPT = 20
/** What a copy for the fast path holds of the patterns, the latest first. */
const MOST_TOLD = 200
/** Characters of an HMAC that are enough to know it again: 50 bits. */
const TOLD_LENGTH = 10

/** Notes an answer that was counted; true where it made a pattern that was none before. */
export function notePattern(sql: SqlStorage, { traces, address: [wire], checkedAt }: Settlement): boolean {
  if (wire === undefined || traces === undefined) return false
  return kindsOf(traces)
    .map(([kind, pattern]) => note(sql, { kind, pattern, wire }, checkedAt))
    .includes(true)
}

interface Sign {
  readonly kind: keyof Traces
  readonly pattern: string
  readonly wire: string
}

function note(sql: SqlStorage, { kind, pattern, wire }: Sign, at: number): boolean {
  const { addresses, withinMs, rememberedMs } = LIMITS[kind]
  const seen = others(sql, { pattern, wire }, at - withinMs)
  if (seen < MOST_KEPT) {
    sql.exec('INSERT OR REPLACE INTO signs (pattern, wire, at) VALUES (?, ?, ?)', pattern, wire, at)
  }
  if (seen + 1 < addresses) return false
  const isNew = !isKnown(sql, pattern, at)
  sql.exec('INSERT OR REPLACE INTO patterns (pattern, until) VALUES (?, ?)', pattern, at + rememberedMs)
  return isNew
}

/** Whether an address that is being asked about belongs to a pattern, or makes one. */
export function isAbused(sql: SqlStorage, { traces, wire }: { traces: Traces; wire: string }, now: number): boolean {
  return kindsOf(traces).some(([kind, pattern]) => {
    const { addresses, withinMs } = LIMITS[kind]
    return isKnown(sql, pattern, now) || others(sql, { pattern, wire }, now - withinMs) + 1 >= addresses
  })
}

function kindsOf(traces: Traces): (readonly [keyof Traces, string])[] {
  return (['alias', 'series'] as const).flatMap((kind) => {
    const pattern = traces[kind]
    return pattern === null ? [] : [[kind, pattern] as const]
  })
}

/** How many other addresses showed the pattern since. */
function others(sql: SqlStorage, { pattern, wire }: { pattern: string; wire: string }, since: number): number {
  const [row] = sql
    .exec<{ n: number }>(
      'SELECT count(*) AS n FROM signs WHERE pattern = ? AND wire <> ? AND at > ?',
      pattern,
      wire,
      since,
    )
    .toArray()
  return row?.n ?? 0
}

function isKnown(sql: SqlStorage, pattern: string, now: number): boolean {
  return sql.exec('SELECT 1 FROM patterns WHERE pattern = ? AND until > ?', pattern, now).toArray().length > 0
}

/** Beginnings of the HMACs of patterns, for the copy that the fast path reads. */
export function patternsTold(sql: SqlStorage, now: number): string[] {
  return sql
    .exec<{ pattern: string }>(
      'SELECT pattern FROM patterns WHERE until > ? ORDER BY until DESC LIMIT ?',
      now,
      MOST_TOLD,
    )
    .toArray()
    .map(({ pattern }) => pattern.slice(0, TOLD_LENGTH))
}

/** As `isAbused`, by a copy of the patterns alone. */
export function isToldAbused(told: readonly string[], traces: Traces): boolean {
  return kindsOf(traces).some(([, pattern]) => told.includes(pattern.slice(0, TOLD_LENGTH)))
}

export function erasePatterns(sql: SqlStorage, addresses: readonly string[]): void {
  for (const address of addresses) {
    sql.exec('DELETE FROM signs WHERE wire = ? OR pattern = ?', address, address)
    sql.exec('DELETE FROM patterns WHERE pattern = ?', address)
  }
}

export function prunePatterns(sql: SqlStorage, now: number): void {
  sql.exec('DELETE FROM signs WHERE at < ?', now - LONGEST_MS)
  sql.exec('DELETE FROM patterns WHERE until <= ?', now)
}
