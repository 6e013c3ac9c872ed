// Results on their way out: chunk by chunk in input order, the rows read again from the upload, never held as a whole.
import { joined } from '../accounts/secrets.ts'
import { fetchRange } from './split.ts'
import type { Page } from './chunk-book.ts'
import { NOT_PROBED } from './counting.ts'
import type { Layout } from './layout.ts'
import { readRows } from './read-rows.ts'
import { type RowResult, unpack } from './result.ts'
import { isOpen, type State } from './state.ts'
import { csvHeader, csvRow } from './write-csv.ts'
import { jsonRow, ndjsonRow } from './write-json.ts'

export interface ExportPorts {
  /** How it stands with a chunk's rows; null behind the last one. */
  readonly page: (n: number) => Promise<Page | null>
  readonly spool: Pick<R2Bucket, 'get'>
}

export interface Written {
  /** Counted from 1. */
  readonly row: number
  readonly raw: Uint8Array
  /** Null while it is not known. */
  readonly result: RowResult | null
}

/** The rows of one chunk; null behind the last one. */
export async function rowsOf(state: State, n: number, ports: ExportPorts): Promise<Written[] | null> {
  const page = await ports.page(n)
  // Whoever reads a list that is erased meanwhile is not to take what they have for all of it.
  if (page === null && n < state.chunks) throw new Error('the list is not there any more')
  if (page === null) return null
  const { chunk, results } = page
  const range = { offset: chunk.at, length: chunk.upto - chunk.at }
  const window = await fetchRange(ports.spool, state.upload.key, range)
  const { rows } = readRows(state.layout, window, { isEnd: true, most: chunk.rows })
  return rows.map(({ from, to, email }, at) => ({
    row: chunk.first + at + 1,
    raw: window.subarray(from, to),
    result: resultOf(state, { kept: results[at] ?? null, email }, chunk.duplicates.get(chunk.first + at)),
  }))
}

/** A batch that has ended has a result for every row but those that were erased: of these nothing is left to be said. */
function resultOf(
  state: State,
  { kept, email }: { kept: string | null; email: string },
  duplicateOf: number | undefined,
): RowResult | null {
  const isUnknown = isOpen(state) || state.status === 'previewed' || email === ''
  const text = kept ?? (isUnknown ? null : NOT_PROBED)
  const first = duplicateOf === undefined ? null : duplicateOf + 1
  return text === null ? null : { ...unpack(text), duplicateOf: first }
}

export type Format = 'csv' | 'ndjson'

/** All rows with one of `statuses`, or all rows where that is null. */
export function stream(
  state: State,
  { format, statuses }: { format: Format; statuses: readonly string[] | null },
  ports: ExportPorts,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const write = writerOf(state.layout, format)
  let n = -1
  let next: Promise<Written[] | null> | null = null
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (n === -1 && format === 'csv') controller.enqueue(encoder.encode(csvHeader(state.layout)))
      next ??= rowsOf(state, 0, ports)
      n += 1
      const rows = await next
      if (rows === null) return controller.close()
      // The next ones are fetched while these are on their way.
      next = rowsOf(state, n + 1, ports)
      // Its failure is told when its turn has come.
      void Promise.allSettled([next])
      const wanted = rows.filter(({ result }) => statuses === null || statuses.includes(result?.status ?? ''))
      controller.enqueue(joined(...wanted.map(write)))
    },
  })
}

function writerOf(layout: Layout, format: Format): (written: Written) => Uint8Array {
  const encoder = new TextEncoder()
  return format === 'csv'
    ? ({ raw, result }) => csvRow(layout, raw, result)
    : ({ raw, result }) => encoder.encode(ndjsonRow(layout, raw, result))
}

/** Where a page of rows begins: a chunk, and how many of its rows were told. */
export interface Place {
  readonly chunk: number
  readonly skip: number
}

export interface Rows {
  readonly rows: readonly Record<string, unknown>[]
  readonly next: Place | null
}

/** `limit` rows from a place on; those of other statuses are passed over. */
export async function pageOf(
  state: State,
  { place, limit, statuses }: { place: Place; limit: number; statuses: readonly string[] | null },
  ports: ExportPorts,
): Promise<Rows> {
  const found: Record<string, unknown>[] = []
  for (let { chunk, skip } = place; ; chunk += 1, skip = 0) {
    const rows = await rowsOf(state, chunk, ports)
    if (rows === null) return { rows: found, next: null }
    for (const [at, { raw, result }] of rows.entries()) {
      if (at < skip) continue
      if (found.length >= limit) return { rows: found, next: { chunk, skip: at } }
      if (statuses === null || statuses.includes(result?.status ?? '')) found.push(jsonRow(state.layout, raw, result))
    }
  }
}
