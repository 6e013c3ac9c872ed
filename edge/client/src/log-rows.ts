// A log as rows, read piece by piece: CSV with a header (RFC 4180) or a JSON object a line, whichever it is.
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { parse } from 'csv-parse'

/** One row by column, all text; `at` is its place, counted from 1 without a header. */
export type LogRow =
  | { readonly ok: true; readonly at: number; readonly cells: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly at: number; readonly why: string }

export const COLUMNS = ['id', 'code', 'enhanced_code', 'text', 'stage', 'exchange'] as const

/** The file cannot be read as rows at all. */
export class UnreadableLog extends Error {}

/** @throws UnreadableLog where neither a code nor a text is among the columns. */
export async function* logRows(octets: AsyncIterable<Buffer | string>): AsyncGenerator<LogRow> {
  const { beginning, whole } = await begun(octets)
  yield* /^[\s\uFEFF]*\{/.test(beginning) ? jsonRows(whole) : csvRows(whole)
}

/** The first piece that says anything, and the stream with it. */
async function begun(octets: AsyncIterable<Buffer | string>): Promise<{ beginning: string; whole: Readable }> {
  const pieces = octets[Symbol.asyncIterator]()
  const held: (Buffer | string)[] = []
  let beginning = ''
  while (beginning.trim() === '') {
    const { value, done } = await pieces.next()
    if (done === true) break
    held.push(value)
    beginning += value.toString()
  }
  async function* again(): AsyncGenerator<Buffer | string> {
    yield* held
    yield* { [Symbol.asyncIterator]: () => pieces }
  }
  return { beginning, whole: Readable.from(again(), { objectMode: false }) }
}

async function* jsonRows(whole: Readable): AsyncGenerator<LogRow> {
  let at = 0
  for await (const line of createInterface({ input: whole, crlfDelay: Infinity })) {
    const text = line.replace(/^\uFEFF/, '')
    if (text.trim() === '') continue
    at += 1
    yield jsonRow(text, at)
  }
}

function jsonRow(text: string, at: number): LogRow {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { ok: false, at, why: 'is no object' }
    const cells = Object.entries(value).map(([name, cell]) => [name, cell === null ? '' : String(cell)])
    return { ok: true, at, cells: Object.fromEntries(cells) as Record<string, string> }
  } catch {
    return { ok: false, at, why: 'is not JSON' }
  }
}

async function* csvRows(whole: Readable): AsyncGenerator<LogRow> {
  const options = { bom: true, columns: named, relax_column_count: true, relax_quotes: true, skip_empty_lines: true }
  const rows = whole.pipe(parse(options))
  // A pipe passes no errors on.
  whole.once('error', (error) => rows.destroy(error))
  let at = 0
  for await (const cells of rows as AsyncIterable<Record<string, string>>) {
    at += 1
    yield { ok: true, at, cells }
  }
}

function named(header: string[]): string[] {
  const names = header.map((name) => name.trim().toLowerCase())
  if (names.includes('code') || names.includes('text')) return names
  throw new UnreadableLog(`there is no column "code" or "text" among: ${names.join(', ')}`)
}
