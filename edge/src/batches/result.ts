// What is known of one row of a batch, as text that is kept with it.
import { type Advice, type Level, type Reason, type Status, worthOf } from '@postern/shared/verdict/reasons.ts'

export interface RowResult {
  readonly status: Status
  readonly reason: Reason
  readonly level: Level
  readonly score: number
  readonly advice: Advice
  /** An address that was probably meant. */
  readonly suggestion: string | null
  /** Those that are true. */
  readonly flags: readonly string[]
  readonly checkedAt: number | null
  /** Number of the data row that had the same address first, counted from 1. */
  readonly duplicateOf: number | null
}

type Packed = readonly [
  Reason,
  Level,
  number,
  Advice,
  suggestion: string | null,
  flags: readonly string[],
  checkedAt: number | null,
  duplicateOf: number | null,
]

/** The status is left out: it follows from the reason. */
export function pack({ reason, level, score, advice, suggestion, flags, checkedAt, duplicateOf }: RowResult): string {
  return JSON.stringify([reason, level, score, advice, suggestion, flags, checkedAt, duplicateOf] satisfies Packed)
}

/** Reads what `pack` wrote. */
export function unpack(text: string): RowResult {
  const [reason, level, score, advice, suggestion, flags, checkedAt, duplicateOf] = JSON.parse(text) as Packed
  return { status: worthOf(reason).status, reason, level, score, advice, suggestion, flags, checkedAt, duplicateOf }
}
