// What an account's sign-ups have in common that people's do not: one mailbox under many names, names counted up.
import type { Settlement } from './ledger.ts'

/** One sign of a pattern, as HMACs: of the pattern, and of what counts as one address in it. */
export interface Trace {
  readonly pattern: string
  readonly sign: string
}

/** How an address would show up; null where it cannot: most people sign up with a plain name. */
export interface Traces {
  /** A spelling, case aside, of a mailbox that has several. */
  readonly alias: Trace | null
  /** A mailbox whose name ends in a number, of all that differ in it only. */
  readonly series: Trace | null
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
export function notePattern(sql: SqlStorage, { traces, checkedAt }: Settlement): boolean {
  return tracesOf(traces)
    .map(([kind, trace]) => note(sql, { kind, ...trace }, checkedAt))
    .includes(true)
}

interface Sign extends Trace {
  readonly kind: keyof Traces
}

function note(sql: SqlStorage, { kind, pattern, sign }: Sign, at: number): boolean {
  const { addresses, withinMs, rememberedMs } = LIMITS[kind]
  const seen = others(sql, { pattern, sign }, at - withinMs)
  if (seen < MOST_KEPT) {
    sql.exec('INSERT OR REPLACE INTO signs (pattern, sign, at) VALUES (?, ?, ?)', pattern, sign, at)
  }
  if (seen + 1 < addresses) return false
  const isNew = !isKnown(sql, pattern, at)
  sql.exec('INSERT OR REPLACE INTO patterns (pattern, until) VALUES (?, ?)', pattern, at + rememberedMs)
  return isNew
}

/** Whether an address that is being asked about belongs to a pattern, or makes one. */
export function isAbused(sql: SqlStorage, traces: Traces, now: number): boolean {
  return tracesOf(traces).some(([kind, trace]) => {
    const { addresses, withinMs } = LIMITS[kind]
    return isKnown(sql, trace.pattern, now) || others(sql, trace, now - withinMs) + 1 >= addresses
  })
}

function tracesOf(traces: Traces | undefined): (readonly [keyof Traces, Trace])[] {
  return (['alias', 'series'] as const).flatMap((kind) => {
    const trace = traces?.[kind] ?? null
    return trace === null ? [] : [[kind, trace] as const]
  })
}

/** How many other addresses showed the pattern since. */
function others(sql: SqlStorage, { pattern, sign }: Trace, since: number): number {
  const [row] = sql
    .exec<{ n: number }>(
      'SELECT count(*) AS n FROM signs WHERE pattern = ? AND sign <> ? AND at > ?',
      pattern,
      sign,
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
  return tracesOf(traces).some(([, { pattern }]) => told.includes(pattern.slice(0, TOLD_LENGTH)))
}

/** Erases what a mailbox has left, by its HMAC: as a pattern of its own, and as a sign of another one. */
export function erasePatterns(sql: SqlStorage, mailboxes: readonly string[]): void {
  for (const mailbox of mailboxes) {
    sql.exec('DELETE FROM signs WHERE sign = ? OR pattern = ?', mailbox, mailbox)
    sql.exec('DELETE FROM patterns WHERE pattern = ?', mailbox)
  }
}

export function prunePatterns(sql: SqlStorage, now: number): void {
  sql.exec('DELETE FROM signs WHERE at < ?', now - LONGEST_MS)
  sql.exec('DELETE FROM patterns WHERE until <= ?', now)
}
