// How an uploaded list is laid out: what reading its rows by byte ranges, now or years later, has to know; plain JSON.

export type Delimiter = ',' | ';' | '\t' | '|'
export type LineBreak = '\n' | '\r\n' | '\r'

interface AnyLayout {
  /** Byte offset of the first data row. */
  readonly start: number
  /** The one behind the first row; where it is `\n` or `\r\n`, rows may end in either. */
  readonly lineBreak: LineBreak
  /** Names of the input's columns where rows become objects: none is empty, none comes twice. */
  readonly columns: readonly string[]
  /** Names of the nine columns that results add, none of them among the input's own. */
  readonly own: readonly string[]
}

export interface CsvLayout extends AnyLayout {
  readonly type: 'csv'
  readonly hasBom: boolean
  readonly delimiter: Delimiter
  /** As written; null where the first row is data. */
  readonly header: readonly string[] | null
  /** Where the address stands, counted from 0. */
  readonly column: number
}

export interface NdjsonLayout extends AnyLayout {
  readonly type: 'ndjson'
  /** The member that holds the address, and the name of the column in which lines that are no objects are shown. */
  readonly key: string
}

export type Layout = CsvLayout | NdjsonLayout

const LF = 0x0a
const CR = 0x0d

/** Behind the empty lines that stand here; a CR alone is a line break only in lists that know no other. */
export function behindBreaks(window: Uint8Array, at: number, lineBreak: LineBreak): number {
  let next = at
  for (;;) {
    const octet = window[next]
    if (octet === LF || (octet === CR && lineBreak === '\r')) next += 1
    else if (octet === CR && window[next + 1] === LF) next += 2
    else return next
  }
}

/** The line break with which these octets end; empty where they end with none. */
export function breakAtEnd(octets: Uint8Array): LineBreak | '' {
  const last = octets.at(-1)
  if (last === CR) return '\r'
  if (last !== LF) return ''
  return octets.at(-2) === CR ? '\r\n' : '\n'
}
