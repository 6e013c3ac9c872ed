// Newline-delimited JSON read from a window of octets: a line is an object, a string, or an address as it stands.
import { type JsonValue, objectOf, readJson } from './json-text.ts'
import type { NdjsonLayout } from './layout.ts'
import {
  emailOf,
  MOST_ROW_OCTETS,
  type Reach,
  type Read,
  type Row,
  type Take,
  type Taken,
  TOO_LONG_LINE,
} from './row.ts'

export type NdjsonForm = Pick<NdjsonLayout, 'lineBreak'>

const LF = 0x0a
const CR = 0x0d

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

export function readNdjson(layout: NdjsonLayout, window: Uint8Array, reach: Reach): Read {
  const rows: Row[] = []
  const taken = eachLine(window, { ...layout, ...reach }, (line, from, to) => {
    const json = readJson(line)
    const row = { from, to, email: emailOf(json === null ? line : cellOf(json, layout.key)) }
    rows.push(json === null && /^[{["]/.test(line) ? { ...row, isMisshapen: true } : row)
  })
  return { rows, ...taken }
}

/** What stands where the address should. */
function cellOf(json: JsonValue, key: string): string {
  if (typeof json.value === 'string') return json.value
  // Nothing that every object inherits is a string.
  const member = objectOf(json.value)?.[key]
  return typeof member === 'string' ? member : ''
}

/** The text of a line without the white space of JSON (RFC 8259 §2) around it. */
export function lineOf(octets: Uint8Array): string {
  let from = 0
  let to = octets.length
  while (from < to && isBlank(octets[from])) from += 1
  while (from < to && isBlank(octets[to - 1])) to -= 1
  return decoder.decode(octets.subarray(from, to))
}

function isBlank(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09 || octet === LF || octet === CR
}

/** Hands on the text of each line that is complete and not blank. */
export function eachLine(window: Uint8Array, form: NdjsonForm & Reach, take: Take<string>): Taken {
  const { lineBreak, isEnd, most } = form
  const end = lineBreak === '\r' ? CR : LF
  let upTo = 0
  let row = 1
  while (row <= most && upTo < window.length) {
    const found = window.indexOf(end, upTo)
    const to = found === -1 ? window.length : found + 1
    if (to - upTo > MOST_ROW_OCTETS) return { upTo, fault: { row, at: upTo, detail: TOO_LONG_LINE } }
    if (found === -1 && !isEnd) break
    const line = lineOf(window.subarray(upTo, to))
    if (line !== '') {
      take(line, upTo, to)
      row += 1
    }
    upTo = to
  }
  return { upTo }
}
