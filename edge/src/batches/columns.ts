// What columns are called: the input's own where rows become objects, and those that results add.
import type { RowResult } from './result.ts'

/** So many columns as members of an object: nameless ones are numbered, and a name that comes again gets `_2`, `_3`, …. */
export function columnNames(header: readonly string[], width: number): string[] {
  const written = new Set(header)
  const given = new Set<string>()
  const counts = new Map<string, number>()
  return Array.from({ length: width }, (_, at) => {
    const stands = header[at] ?? ''
    const name = stands.trim() === '' ? columnName(at) : stands
    let free = name
    for (let count = counts.get(name) ?? 2; given.has(free) || (free !== stands && written.has(free)); count += 1) {
      free = `${name}_${count}`
      counts.set(name, count + 1)
    }
    given.add(free)
    return free
  })
}

/** What a column is called that has no name. */
export function columnName(at: number): string {
  return `column_${at + 1}`
}

const OWN_NAMES = [
  'postern_status',
  'postern_reason',
  'postern_level',
  'postern_score',
  'postern_advice',
  'postern_suggestion',
  'postern_flags',
  'postern_checked_at',
  'postern_duplicate_of',
] as const

/** What results are called beside columns that may have such names already, as in a list of results sent again. */
export function ownNames(isTaken: (name: string) => boolean): string[] {
  return OWN_NAMES.map((name) => {
    let free: string = name
    for (let count = 2; isTaken(free); count += 1) free = `${name}_${count}`
    return free
  })
}

export type OwnValue = string | number | readonly string[] | null

/** In the order of their names; all null where nothing is known yet. */
export function ownValues(result: RowResult | null): readonly OwnValue[] {
  if (result === null) return OWN_NAMES.map(() => null)
  const { status, reason, level, score, advice, suggestion, flags, checkedAt, duplicateOf } = result
  const checked = checkedAt === null ? null : new Date(checkedAt).toISOString()
  return [status, reason, level, score, advice, suggestion, flags, checked, duplicateOf]
}
