// The verifications of an account, newest first, page by page: each day's object in turn, and what is still on its way there.
import { base32, dayOf, instantOf, unbase32 } from './ids.ts'
import type { Objects } from './objects.ts'
import type { Scope } from './places.ts'
import { DAY_MS, KEPT_MS } from './kept.ts'

export interface Page {
  readonly records: readonly string[]
  /** Opaque; null at the end. */
  readonly cursor: string | null
}

interface Place {
  readonly day: string
  readonly at: number
  readonly id: string
}

interface Listing {
  readonly account: string
  readonly scope: Scope
  readonly after: Place
  readonly limit: number
  readonly now: number
}

interface Row extends Place {
  readonly record: string
}

export async function listRecords(objects: Objects, listing: Listing): Promise<Page> {
  const { account, scope, after, limit, now } = listing
  const [active, waiting] = await Promise.all([
    objects.account(account).activeDays(),
    scope === 'live' ? objects.account(account).waiting() : [],
  ])
  const onTheWay = waiting
    .filter(({ record }) => record !== '')
    .map((row) => ({ ...row, day: dayOf(instantOf('ver', row.id) ?? row.at) }))
  const oldest = dayOf(now - KEPT_MS)
  // Fast answers are in their day's object before the ledger has counted them.
  const lately = [dayOf(now), dayOf(now - DAY_MS)]
  const days = new Set([...lately, ...active, ...onTheWay.map(({ day }) => day)])
  const found: Row[] = []
  for (const day of [...days]
    .filter((one) => one >= oldest && one <= after.day)
    .toSorted()
    .toReversed()) {
    if (found.length > limit) break
    const before = day === after.day ? after : { at: Number.MAX_SAFE_INTEGER, id: '' }
    const kept = await objects.records(account, scope, day).list(before, limit + 1, now)
    const there = kept.map(({ id, at, record }) => ({ day, at, id, record }))
    const coming = onTheWay.filter(
      (row) => row.day === day && isBefore(row, before) && !there.some(({ id }) => id === row.id),
    )
    found.push(...[...there, ...coming].toSorted((one, other) => (isBefore(one, other) ? 1 : -1)))
  }
  const last = found[limit - 1]
  return {
    records: found.slice(0, limit).map(({ record }) => record),
    cursor: found.length > limit && last !== undefined ? cursorOf(last) : null,
  }
}

function isBefore(one: { at: number; id: string }, other: { at: number; id: string }): boolean {
  return one.at < other.at || (one.at === other.at && one.id < other.id)
}

function cursorOf({ day, at, id }: Place): string {
  return base32(new TextEncoder().encode(JSON.stringify([day, at, id])))
}

export function firstPage(now: number): Place {
  return { day: dayOf(now), at: Number.MAX_SAFE_INTEGER, id: '' }
}

/** Null for a text that is no cursor of ours. */
export function readCursor(text: string): Place | null {
  const [, day, at, id] = /^\["(\d{4}-\d\d-\d\d)",(\d{1,15}),"(ver_[0-9A-Z]{26})"\]$/.exec(decoded(text)) ?? []
  return day === undefined || at === undefined || id === undefined ? null : { day, at: Number(at), id }
}

function decoded(text: string): string {
  return new TextDecoder().decode(unbase32(text) ?? new Uint8Array(0))
}
