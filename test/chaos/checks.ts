// What a list must have come to, whoever was killed meanwhile: each row once and right, each answer charged once, the end told once.
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import type { UsageBody } from '@postern/shared/contract/account.ts'
import type { ResultRow } from '../bench/batch/client.ts'
import type { Figure } from '../bench/edge/report.ts'
import { EXPECTED, type ListedRow } from './list.ts'
import type { Note } from './notes.ts'

/** As `csvOf` wrote it, with what became of it. */
export type Row = ResultRow & { readonly n: string }

const none = (name: string, value: number): Figure => ({ name, value, target: { atMost: 0 } })

export interface Rows {
  readonly figures: readonly Figure[]
  /** Rows by reason of those that nobody could tell, and some of those that are wrong. */
  readonly unknown: Readonly<Record<string, number>>
  readonly wrong: readonly string[]
}

const SHOWN = 5

export function rowsOf(list: readonly ListedRow[], rows: readonly Row[]): Rows {
  const byNumber = Map.groupBy(rows, ({ n }) => Number(n))
  const lost = list.filter((_, n) => !byNumber.has(n))
  const doubled = [...byNumber.values()].reduce((sum, { length }) => sum + length - 1, 0)
  const unknown = rows.filter(({ postern_status: status }) => status === 'unknown')
  const wrong = rows.filter((row, at) => row.postern_status !== 'unknown' && !isRight(list, row, at))
  const reasons = Map.groupBy(unknown, ({ postern_reason: reason }) => reason)
  return {
    figures: [
      none('rows_lost', lost.length),
      none('rows_doubled', doubled),
      none('rows_wrong', wrong.length),
      none('rows_unknown', unknown.length),
    ],
    unknown: Object.fromEntries([...reasons].map(([reason, of]) => [reason, of.length])),
    wrong: wrong.slice(0, SHOWN).map((row) => JSON.stringify(row)),
  }
}

/** In its place, with its address, and as its server or the DNS would say. */
function isRight(list: readonly ListedRow[], row: Row, at: number): boolean {
  const listed = list[at]
  if (listed === undefined || Number(row.n) !== at || row.email !== listed.email) return false
  const [status, reason] = EXPECTED[listed.truth]
  const first = listed.repeats === null ? null : listed.repeats + 1
  return (
    row.postern_status === status &&
    row.postern_reason === reason &&
    row.postern_level === 'confirmed' &&
    row.postern_duplicate_of === first
  )
}

/** One unit for each confirmed answer, none for its repeats. */
export function chargeOf(rows: readonly Row[]): number {
  return rows.filter(
    (row) => row.postern_duplicate_of === null && row.postern_level === 'confirmed' && row.postern_status !== 'unknown',
  ).length
}

export interface Accounts {
  readonly rows: readonly Row[]
  readonly batch: BatchBody
  readonly usage: UsageBody
  readonly bought: number
}

export function accountsOf({ rows, batch, usage, bought }: Accounts): Figure[] {
  const expected = chargeOf(rows)
  const { spent, reserved, available } = usage.balance
  return [
    { name: 'units_expected', value: expected },
    none('units_of_batch_off', Math.abs(batch.cost.units - expected)),
    none('rows_charged_off', Math.abs(batch.cost.charged_rows - expected)),
    none('units_of_usage_off', Math.abs(usage.charged.units - expected)),
    none('rows_of_usage_off', Math.abs(usage.charged.count - expected)),
    none('balance_off', Math.abs(bought - spent - reserved - (available ?? Number.NaN)) + Math.abs(spent - expected)),
    none('units_still_reserved', reserved),
  ]
}

/** What the receiver noted of one batch. */
export function webhooksOf(notes: readonly Note[], batch: string): Figure[] {
  const ends = notes.filter((note) => note.type === 'batch.completed' && note.batch === batch)
  const accepted = ends.filter(({ isAccepted }) => isAccepted).length
  return [
    { name: 'completed_accepted', value: accepted, target: { atLeast: 1 } },
    none('completed_accepted_again', Math.max(0, accepted - 1)),
    { name: 'completed_deliveries', value: ends.length },
    none('deliveries_badly_signed', notes.filter(({ isSigned }) => !isSigned).length),
  ]
}
