// Results as CSV (RFC 4180): the octets of each row as they were sent, and what became of its address behind them.
import { joined } from '../accounts/secrets.ts'
import { type OwnValue, ownValues } from './columns.ts'
import { fieldsOf, offsetOf } from './fields.ts'
import { breakAtEnd, type CsvLayout, type Delimiter, type Layout, type NdjsonLayout } from './layout.ts'
import { readJsonExactly } from './json-text.ts'
import { lineObject } from './line-object.ts'
import type { RowResult } from './result.ts'

const QUOTE = 0x22
const BOM = '\ufeff'
// RFC 4180 §2: where there is no line break to go on with.
const USUAL = { delimiter: ',', lineBreak: '\r\n' } as const

const encoder = new TextEncoder()

/** The names of all columns, also where the list had none. */
export function csvHeader(layout: Layout): string {
  const { delimiter, lineBreak } = formOf(layout)
  const names = layout.type === 'csv' ? writtenNames(layout) : layout.columns
  const cells = [...names, ...layout.own].map((name) => cellText(name, delimiter))
  return `${layout.type === 'csv' && layout.hasBom ? BOM : ''}${cells.join(delimiter)}${lineBreak}`
}

/** A row of the list with its result; null leaves our fields empty. `raw` is all of the row's octets. */
export function csvRow(layout: Layout, raw: Uint8Array, result: RowResult | null): Uint8Array {
  const { delimiter, lineBreak } = formOf(layout)
  const own = ownValues(result).map((value) => cellText(ownText(value), delimiter))
  if (layout.type === 'ndjson') return encoder.encode(`${[...cellsOf(layout, raw), ...own].join(',')}${lineBreak}`)
  const end = breakAtEnd(raw)
  const row = raw.subarray(0, raw.length - end.length)
  const added = `${delimiter}${own.join(delimiter)}${end === '' ? lineBreak : end}`
  return joined(inColumns(layout, row), encoder.encode(added))
}

/** As many fields as there are columns: ours stand below our names, whatever the row was. */
function inColumns(layout: CsvLayout, row: Uint8Array): Uint8Array {
  const { delimiter, columns } = layout
  const { length: width } = columns
  const fields = fieldsOf(row, layout)
  // A row has one field at least.
  const missing = width === 1 ? 0 : width - fields.length
  if (fields.length <= width) return joined(row, encoder.encode(delimiter.repeat(missing)))
  // Empty fields beyond the last column say nothing.
  if (fields.slice(width).every((field) => field === '')) return row.subarray(0, offsetOf(row, delimiter, width) - 1)
  // Nobody knows which delimiter is one too many: the rest is one field, as it was written.
  const at = offsetOf(row, delimiter, width - 1)
  return joined(row.subarray(0, at), inQuotes(row.subarray(at)))
}

function inQuotes(octets: Uint8Array): Uint8Array {
  const quoted = [QUOTE]
  for (const octet of octets) {
    if (octet === QUOTE) quoted.push(QUOTE)
    quoted.push(octet)
  }
  return Uint8Array.from([...quoted, QUOTE])
}

function formOf(layout: Layout): Pick<CsvLayout, 'delimiter' | 'lineBreak'> {
  return layout.type === 'csv' ? layout : USUAL
}

/** A header that is narrower than its rows gets empty names, so that ours stand above our fields. */
function writtenNames({ header, columns }: CsvLayout): readonly string[] {
  return header === null ? columns : columns.map((_, at) => header[at] ?? '')
}

function cellsOf(layout: NdjsonLayout, raw: Uint8Array): string[] {
  const { members } = lineObject(layout, raw, readJsonExactly)
  return layout.columns.map((name) => {
    const value = Object.hasOwn(members, name) ? members[name] : ''
    return cellText(typeof value === 'string' ? value : JSON.stringify(value), USUAL.delimiter)
  })
}

/** No value of ours begins as a formula does: a suggestion is an address, and some of those begin with such a sign. */
function ownText(value: OwnValue): string {
  if (value === null) return ''
  const text = typeof value === 'object' ? value.join(' ') : String(value)
  return /^[=+\-@]/.test(text) ? `'${text}` : text
}

function cellText(text: string, delimiter: Delimiter): string {
  return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
