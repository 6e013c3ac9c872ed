// Looks at the beginning of an upload: how the list is laid out, or what is wrong with it, in a sentence one can act on.
import { foreign } from './foreign.ts'
import type { Layout, LineBreak } from './layout.ts'
import { mistaken } from './mistaken.ts'
import { sniffCsv } from './sniff-csv.ts'
import { sniffNdjson } from './sniff-ndjson.ts'

/** More of an upload need not be looked at. */
export const SNIFF_OCTETS = 262_144

export interface Asked {
  /** Whether this is all of the upload. */
  readonly isWhole: boolean
  readonly type: Layout['type']
  /** The column of addresses: its name, or for CSV its number counted from 1. */
  readonly column?: string | undefined
  readonly header: 'auto' | 'yes' | 'no'
}

/** The beginning of a list, behind its BOM if it has one. */
export interface Beginning extends Asked {
  readonly text: Uint8Array
  readonly hasBom: boolean
  /** Where `text` begins in the upload. */
  readonly start: number
  /** The only line break that there is, unless there are none or several. */
  readonly lineBreak: LineBreak
}

export type Sniffed =
  | { readonly ok: true; readonly layout: Layout }
  | {
      readonly ok: false
      /** The option or part of the body that is wrong; empty for the whole body. */
      readonly pointer: string
      readonly detail: string
    }

const BOM = [0xef, 0xbb, 0xbf]

/** Of `first`, the first `SNIFF_OCTETS` at most. */
export function sniff(first: Uint8Array, asked: Asked): Sniffed {
  const wrong = foreign(first)
  if (wrong !== null) return { ok: false, pointer: '', detail: wrong }
  const hasBom = BOM.every((octet, at) => first[at] === octet)
  const start = hasBom ? BOM.length : 0
  const text = first.subarray(start)
  const other = mistaken(text, asked.type)
  if (other !== null) return { ok: false, pointer: '', detail: other }
  // Lists with lone CRs are those of old Macs: they know no other line break.
  const lineBreak = text.includes(0x0d) && !text.includes(0x0a) ? '\r' : '\n'
  const beginning = { ...asked, text, hasBom, start, lineBreak } as const
  return asked.type === 'csv' ? sniffCsv(beginning) : sniffNdjson(beginning)
}
