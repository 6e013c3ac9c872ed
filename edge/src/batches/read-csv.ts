// CSV (RFC 4180, and what is sent under its name) read from a window of octets, row by row.
import { parse } from 'csv-parse/sync'
import { behindBreaks, type CsvLayout } from './layout.ts'
import {
  emailOf,
  MOST_ROW_OCTETS,
  NOT_CLOSED,
  type Reach,
  type Read,
  type Row,
  type Take,
  type Taken,
  TOO_LONG,
} from './row.ts'

export type CsvForm = Pick<CsvLayout, 'delimiter' | 'lineBreak'>

const LF = 0x0a

export function readCsv(layout: CsvLayout, window: Uint8Array, reach: Reach): Read {
  const rows: Row[] = []
  const { column, columns, header } = layout
  const width = header?.length ?? columns.length
  const taken = eachRecord(window, { ...layout, ...reach }, (fields, from, to) => {
    const row = { from, to, email: emailOf(fields[column] ?? '') }
    rows.push(fields.length === width ? row : { ...row, isMisshapen: true })
  })
  return { rows, ...taken }
}

/** Hands on the fields of each row that is complete. */
export function eachRecord(window: Uint8Array, form: CsvForm & Reach, take: Take<readonly string[]>): Taken {
  const { delimiter, lineBreak, isEnd, most } = form
  const endsWithRow = isEnd || window.at(-1) === LF
  let upTo = behindBreaks(window, 0, lineBreak)
  let row = 1
  let isOver = false
  parse(window, {
    delimiter,
    record_delimiter: lineBreak === '\r' ? ['\r\n', '\n', '\r'] : ['\r\n', '\n'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    // A quote that is open where the window ends is its only error, and judged below.
    skip_records_with_error: true,
    to: Math.min(most, window.length + 1),
    on_record: (fields: string[], { bytes: to }) => {
      isOver ||= to - upTo > MOST_ROW_OCTETS || (to === window.length && !endsWithRow)
      if (isOver) return null
      take(fields, upTo, to)
      row += 1
      upTo = behindBreaks(window, to, lineBreak)
      return null
    },
  })
  return { upTo, ...faultOf(row > most ? 0 : window.length - upTo, { row, at: upTo }, isEnd) }
}

/** What the octets that are left over say of the row that begins there. */
function faultOf(left: number, place: { row: number; at: number }, isEnd: boolean): Pick<Taken, 'fault'> {
  if (left > MOST_ROW_OCTETS) return { fault: { ...place, detail: TOO_LONG } }
  return isEnd && left > 0 ? { fault: { ...place, detail: NOT_CLOSED } } : {}
}
