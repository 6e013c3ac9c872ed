// What a batch's results add up to: rows, reasons and units, none of them beyond what may be spent.
import type { Reason } from '@postern/shared/verdict/reasons.ts'
import { type Chunk, chunk } from './chunk-book.ts'
import { isErased } from './erased.ts'
import { addResult, clearGroups, parcels } from './group-book.ts'
import { pack, unpack } from './result.ts'
import { stopOf } from './purse.ts'
import type { State } from './state.ts'
import type { Judged } from './work.ts'

export interface Counted {
  readonly state: State
  readonly result: string
  /** False for an answer that cannot be paid. */
  readonly isTold: boolean
}

/** A row that nobody was asked about, for want of credit, time or wish. */
const unasked = (reason: Reason): string =>
  pack({
    status: 'unknown',
    reason,
    level: 'estimated',
    score: reason === 'not_probed' ? 70 : 55,
    advice: 'accept',
    suggestion: null,
    flags: [],
    checkedAt: null,
    duplicateOf: null,
  })

export const NOT_PROBED = unasked('not_probed')
/** Of a row that nobody can tell anything of. */
export const INCONCLUSIVE = unasked('inconclusive')

/** The state with one more result; what cannot be paid is not told. */
export function counted(state: State, { result, price }: Judged): Counted {
  const stopped = price > 0 ? stopOf(state, price) : null
  if (stopped !== null) {
    return { state: { ...withReason(state, 'not_probed'), stopped }, result: NOT_PROBED, isTold: false }
  }
  const after = withReason(state, unpack(result).reason)
  const chargedRows = after.chargedRows + (price > 0 ? 1 : 0)
  return { state: { ...after, units: after.units + price, chargedRows }, result, isTold: true }
}

/** Duplicates are done as soon as they are known. */
function countDone(state: State, rows: number): State {
  return { ...state, done: state.done + rows }
}

function withReason(state: State, reason: Reason, rows = 1): State {
  const byReason = { ...state.byReason, [reason]: (state.byReason[reason] ?? 0) + rows }
  return { ...state, byReason, done: state.done + rows }
}

interface Counts {
  readonly after: State
  /** Rows whose answers are not told after all. */
  readonly untold: readonly number[]
}

/** What the edge itself could tell of a chunk, one result a row; null where a server is asked, or the row is no more. */
export function countChecked(
  sql: SqlStorage,
  before: State,
  { chunk: found, judged }: { chunk: Chunk; judged: readonly Judged[] },
): Counts & { readonly results: readonly (string | null)[] } {
  const results = Array<string | null>(found.rows).fill(null)
  const take = (row: number, result: string): boolean => {
    results[row - found.first] = result
    return true
  }
  return { ...countEach(sql, countDone(before, found.duplicates.size), { judged, take }), results }
}

/** What was asked of servers; each row's answer counts once. */
export function countAsked(sql: SqlStorage, before: State, judged: readonly Judged[]): Counts {
  return countEach(sql, before, { judged, take: (row, result) => addResult(sql, row, result) })
}

interface Counting {
  readonly judged: readonly Judged[]
  /** Keeps a row's result; false where it has one already. */
  readonly take: (row: number, result: string) => boolean
}

/** What comes for a row that was erased meanwhile is neither kept nor told. */
function countEach(sql: SqlStorage, before: State, { judged, take }: Counting): Counts {
  const untold: number[] = []
  let after = before
  for (const one of judged) {
    const next = counted(after, one)
    const isLate = isErased(sql, one.row)
    if (isLate || !next.isTold) untold.push(one.row)
    if (!isLate && take(one.row, next.result)) after = next.state
  }
  return { after, untold }
}

/** At the end: whoever has no result by then was not asked; duplicates have no reason of their own. */
export function leftOver(state: State): State {
  const told = Object.values(state.byReason).reduce((sum, rows) => sum + rows, 0)
  const left = state.rows - state.duplicates - told
  return { ...(left > 0 ? withReason(state, 'not_probed', left) : state), done: state.rows }
}

/** Before all is done: rows that were asked about come to what is known of them, and nobody is asked any more. */
export function concluded(sql: SqlStorage, state: State): State {
  let after = state
  for (const one of overdue(sql)) {
    if (addResult(sql, one.row, one.result)) after = counted(after, one).state
  }
  clearGroups(sql)
  return after.stopped === null && after.failure === null ? { ...after, stopped: 'overdue' } : after
}

function overdue(sql: SqlStorage): Judged[] {
  return [...parcels(sql)].flatMap(({ groups }) =>
    groups.flatMap(({ members }) =>
      members.flatMap(({ row, last }) => (last === undefined ? [] : [{ row, result: last, price: 0 }])),
    ),
  )
}

/** A chunk whose check failed too often: nobody can tell anything of its rows. */
export function givenUp(sql: SqlStorage, n: number): Judged[] {
  const found = chunk(sql, n)
  if (found === null) return []
  return Array.from({ length: found.rows }, (_, at) => found.first + at)
    .filter((row) => !found.duplicates.has(row))
    .map((row) => ({ row, result: INCONCLUSIVE, price: 0 }))
}
