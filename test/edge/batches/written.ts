// Lists with results beside their rows, as tests read them.
import type { RowResult } from '../../../edge/src/batches/result.ts'
import type { Asked } from '../../../edge/src/batches/sniff.ts'
import { csvHeader, csvRow } from '../../../edge/src/batches/write-csv.ts'
import { layoutOf, octets, readAll, RESULT, text, type Upload } from './uploads.ts'

export type Wish = Partial<Asked>

export const OWN =
  'postern_status,postern_reason,postern_level,postern_score,postern_advice,postern_suggestion,postern_flags,postern_checked_at,postern_duplicate_of'
export const TOLD = 'deliverable,mailbox_accepted,confirmed,98,accept,,,2026-11-21T09:44:04.934Z,'

/** Each row of the list as `write` has it. */
export function each<T>(
  upload: Upload,
  wish: Wish,
  write: (layout: ReturnType<typeof layoutOf>, raw: Uint8Array) => T,
): T[] {
  const layout = layoutOf(upload, wish)
  return readAll(layout, upload).rows.map(({ from, to }) => write(layout, octets(upload).slice(from, to)))
}

export function csvOf(upload: Upload, result: RowResult | null = RESULT, wish: Wish = {}): string {
  const rows = each(upload, wish, (layout, raw) => text(csvRow(layout, raw, result)))
  return csvHeader(layoutOf(upload, wish)) + rows.join('')
}
