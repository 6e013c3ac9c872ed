// Uploads as tests write them, sniffed and read in windows as the edge does.
import type { Layout } from '../../../edge/src/batches/layout.ts'
import { readRows } from '../../../edge/src/batches/read-rows.ts'
import type { RowResult } from '../../../edge/src/batches/result.ts'
import type { Fault, Row } from '../../../edge/src/batches/row.ts'
import { type Asked, sniff, SNIFF_OCTETS, type Sniffed } from '../../../edge/src/batches/sniff.ts'

export type Upload = string | Uint8Array

export function octets(upload: Upload): Uint8Array {
  return typeof upload === 'string' ? new TextEncoder().encode(upload) : upload
}

/** Characters up to U+00FF as one octet each. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.codePointAt(0)!)
}

export function text(of: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(of)
}

export function look(upload: Upload, wish: Partial<Asked> = {}): Sniffed {
  const all = octets(upload)
  const isWhole = all.length <= SNIFF_OCTETS
  return sniff(all.subarray(0, SNIFF_OCTETS), { isWhole, type: 'csv', header: 'auto', ...wish })
}

/** The layout of a list that has one; it survives being kept as JSON. */
export function layoutOf(upload: Upload, wish: Partial<Asked> = {}): Layout {
  const sniffed = look(upload, wish)
  if (!sniffed.ok) throw new Error(sniffed.detail)
  return JSON.parse(JSON.stringify(sniffed.layout)) as Layout
}

/** What is refused and why, in one line. */
export function refusalOf(upload: Upload, wish: Partial<Asked> = {}): string {
  const sniffed = look(upload, wish)
  return sniffed.ok ? 'accepted' : `${sniffed.pointer || 'body'}: ${sniffed.detail}`
}

export interface ReadAll {
  /** With offsets in the upload. */
  readonly rows: Row[]
  /** With the number of the data row, and its offset in the upload. */
  readonly fault: Fault | null
}

export interface Windows {
  /** Sizes of windows, one after the other and over again; one that holds no row grows until it does. */
  readonly sizes?: readonly number[]
  readonly most?: number
}

export function readAll(
  layout: Layout,
  upload: Upload,
  { sizes = [1_048_576], most = 1_000_000 }: Windows = {},
): ReadAll {
  const all = octets(upload)
  const rows: Row[] = []
  let at = layout.start
  for (let turn = 0, grown = 1; at < all.length; turn += 1) {
    const size = sizes[turn % sizes.length]! * grown
    const isEnd = at + size >= all.length
    const read = readRows(layout, all.subarray(at, at + size), { isEnd, most })
    for (const row of read.rows) rows.push({ ...row, from: at + row.from, to: at + row.to })
    if (read.fault !== undefined) {
      const { row, at: begin, detail } = read.fault
      return { rows, fault: { row: rows.length - read.rows.length + row, at: at + begin, detail } }
    }
    if (isEnd && read.upTo === 0) throw new Error('the end of the list is never read')
    grown = read.upTo === 0 ? grown * 2 : 1
    at += read.upTo
  }
  return { rows, fault: null }
}

export function emailsOf(upload: Upload, wish: Partial<Asked> = {}): string[] {
  return readAll(layoutOf(upload, wish), upload).rows.map(({ email }) => email)
}

export const RESULT: RowResult = {
  status: 'deliverable',
  reason: 'mailbox_accepted',
  level: 'confirmed',
  score: 98,
  advice: 'accept',
  suggestion: null,
  flags: [],
  checkedAt: Date.parse('2026-11-21T09:44:04.934Z'),
  duplicateOf: null,
}
