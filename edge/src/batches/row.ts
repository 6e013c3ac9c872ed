// A row of an uploaded list as it is read from a window of its octets, and what makes a list unreadable.

/** With its line break. */
export const MOST_ROW_OCTETS = 65_536

/** Longer texts are no addresses, and whatever judges them need not see all of it. */
const MOST_EMAIL_CHARACTERS = 1_000

export interface Row {
  /** Offsets within the window; `to` stands behind the row's line break. */
  readonly from: number
  readonly to: number
  /** What stands where the address should: empty where nothing does. */
  readonly email: string
  /** Set where the row's form leaves in doubt that this is what stands there, unless it is an address. */
  readonly isMisshapen?: true
}

export interface Fault {
  /** Which row of the window, counted from 1. */
  readonly row: number
  /** Where in the window it begins. */
  readonly at: number
  readonly detail: string
}

export interface Read {
  readonly rows: readonly Row[]
  /** What stands before it is read; where a next window begins. */
  readonly upTo: number
  /** Set where the row behind the last of `rows` cannot be read, in this window or any other. */
  readonly fault?: Fault
}

export interface Reach {
  /** Whether the list ends where the window does. */
  readonly isEnd: boolean
  /** How many rows to read, at least one. */
  readonly most: number
}

/** Told of each row: the octets between `from` and `to` are its own. */
export type Take<T> = (content: T, from: number, to: number) => void

/** As `Read`, of rows that were handed on. */
export type Taken = Omit<Read, 'rows'>

export const TOO_LONG = `This row is longer than ${MOST_ROW_OCTETS} octets: a quote in it may not be closed.`
export const TOO_LONG_LINE = `This line is longer than ${MOST_ROW_OCTETS} octets.`
export const NOT_CLOSED = 'A quote in this row is never closed.'

/** What is wrong with a row of data, counted from 1, in words that say how it is counted. */
export function atRow(row: number, detail: string, hasHeader: boolean): string {
  return `Row ${row}${hasHeader ? ' (the header is not counted)' : ''}: ${detail}`
}

/** The text of an address cell, without ASCII blanks around it. */
export function emailOf(cell: string): string {
  let from = 0
  let to = cell.length
  while (from < to && isBlank(cell.charCodeAt(from))) from += 1
  while (from < to && isBlank(cell.charCodeAt(to - 1))) to -= 1
  if (to - from <= MOST_EMAIL_CHARACTERS) return cell.slice(from, to)
  const cut = cell.slice(from, from + MOST_EMAIL_CHARACTERS)
  // Half a character, left over by the cut, would make the rest no Unicode.
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
}
