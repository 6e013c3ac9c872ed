// The fields of one row of a CSV by itself, for whoever writes it again.
import { breakAtEnd, type Delimiter } from './layout.ts'
import { type CsvForm, eachRecord } from './read-csv.ts'

const QUOTE = 0x22

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** `raw` is all of a row's octets, with its line break or without. */
export function fieldsOf(raw: Uint8Array, form: CsvForm): readonly string[] {
  const text = decoder.decode(raw.subarray(0, raw.length - breakAtEnd(raw).length))
  // To make a parser takes ten times as long as to split a row, and nearly all rows are as RFC 4180 has them.
  return split(text, form.delimiter) ?? parsed(raw, form)
}

/** Null where something stands behind a closing quote; a quote within a field that begins with none is a letter. */
function split(text: string, delimiter: string): string[] | null {
  const fields: string[] = []
  for (let at = 0; ; at += 1) {
    const isQuoted = text[at] === '"'
    const end = isQuoted ? closing(text, at) : nextOrEnd(text, delimiter, at)
    const field = isQuoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end)
    fields.push(field)
    if (end === text.length) return fields
    if (text[end] !== delimiter) return null
    at = end
  }
}

/** Behind the quote that closes the one at `from`; -1 where none does. */
function closing(text: string, from: number): number {
  for (let at = from + 1; ; at += 2) {
    at = text.indexOf('"', at)
    if (at === -1) return -1
    if (text[at + 1] !== '"') return at + 1
  }
}

function nextOrEnd(text: string, delimiter: string, from: number): number {
  const at = text.indexOf(delimiter, from)
  return at === -1 ? text.length : at
}

function parsed(raw: Uint8Array, form: CsvForm): readonly string[] {
  let found: readonly string[] = []
  eachRecord(raw, { ...form, isEnd: true, most: 1 }, (fields) => {
    found = fields
  })
  return found
}

/** Where the field of that number, counted from 0, begins in a row without line break; beyond its end where it has none. */
export function offsetOf(row: Uint8Array, delimiter: Delimiter, field: number): number {
  const separator = delimiter.charCodeAt(0)
  let at = 0
  for (let n = 0; n < field; n += 1) {
    // Behind a closing quote, all is text up to the next delimiter.
    const found = row.indexOf(separator, row[at] === QUOTE ? behindQuotes(row, at) : at)
    at = found === -1 ? row.length + 1 : found + 1
  }
  return at
}

function behindQuotes(row: Uint8Array, from: number): number {
  for (let at = from + 1; ; at += 2) {
    at = row.indexOf(QUOTE, at)
    if (at === -1) return row.length
    if (row[at + 1] !== QUOTE) return at + 1
  }
}
