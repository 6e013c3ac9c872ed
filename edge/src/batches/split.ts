// Reads an upload from where it was left, window by window, and hands its rows on in chunks: whoever comes after goes on from there.
import { MOST_ROWS } from '@postern/shared/contract/batch.ts'
import type { Secrets } from '../accounts/secrets.ts'
import type { Reading } from './batch.ts'
import type { NewChunk } from './chunk-book.ts'
import { isInDoubt } from './doubt.ts'
import { keysOf, without } from './keys.ts'
import { readRows } from './read-rows.ts'
import { atRow, type Read } from './row.ts'
import type { State } from './state.ts'

/** What of the object reading needs. */
export interface ReadingObject {
  reading(): Promise<Reading | null>
  addChunk(chunk: NewChunk, isLast: boolean): Promise<Reading | null>
  readOn(): Promise<void>
  readFailed(failure: { detail: string; row: number | null }): Promise<void>
}

export interface SplitPorts {
  readonly spool: Pick<R2Bucket, 'get'>
  readonly secrets: Secrets
  readonly now: () => number
}

/** Rows of a chunk, and octets that are fetched at a time. */
const CHUNK_ROWS = 500
export const WINDOW_OCTETS = 1_048_576
/** Others want the queue too. */
const TURN_MS = 10_000

/** @throws where the store or the object does not answer: the message is delivered again. */
export async function split(object: ReadingObject, ports: SplitPorts): Promise<void> {
  const until = ports.now() + TURN_MS
  let reading = await object.reading()
  while (reading !== null && ports.now() < until) reading = await readWindow(object, reading, ports)
  if (reading !== null) await object.readOn()
}

async function readWindow(object: ReadingObject, reading: Reading, ports: SplitPorts): Promise<Reading | null> {
  const { upload, layout } = reading.state
  const startAt = reading.state.readTo
  const length = Math.min(WINDOW_OCTETS, upload.octets - startAt)
  const window =
    length === 0 ? new Uint8Array(0) : await fetchRange(ports.spool, upload.key, { offset: startAt, length })
  const isEnd = startAt + length >= upload.octets
  let at = 0
  let next: Reading | null = reading
  for (;;) {
    const read = readRows(layout, window.subarray(at), { isEnd, most: CHUNK_ROWS })
    const failure = failureOf(read, next.state)
    if (failure !== null) return fail(object, failure)
    const isLast = isEnd && at + read.upTo >= window.length
    const isShort = read.rows.length < CHUNK_ROWS && !isLast
    // A chunk that the window's end cut short is read again with what follows, unless the window holds no more than that.
    if (isShort && at > 0) return next
    const emails = read.rows.map(({ email }) => email)
    const { exact, canonical, mailboxes } = await keysOf(emails, ports.secrets)
    const inDoubt = read.rows.flatMap((row, place) => (isInDoubt(row) ? [place] : []))
    const keys = without(next.state.dedupe === 'canonical' ? canonical : exact, inDoubt)
    const place = { n: next.chunk, at: startAt + at, upto: startAt + at + read.upTo }
    next = await object.addChunk({ ...place, rows: emails.length, keys, mailboxes }, isLast)
    if (next === null || next.state.readTo !== place.upto) return next
    at += read.upTo
    if (at >= window.length) return next
  }
}

function failureOf({ fault, rows }: Read, { rows: before, layout }: State): { detail: string; row: number } | null {
  if (fault !== undefined) {
    const row = before + fault.row
    return { detail: atRow(row, fault.detail, layout.type === 'csv' && layout.header !== null), row }
  }
  if (before + rows.length <= MOST_ROWS) return null
  return { detail: `A batch has at most ${MOST_ROWS.toLocaleString('en')} rows: split the list.`, row: MOST_ROWS + 1 }
}

async function fail(object: ReadingObject, failure: { detail: string; row: number }): Promise<null> {
  await object.readFailed(failure)
  return null
}

/** @throws where the upload is not there. */
export async function fetchRange(
  spool: Pick<R2Bucket, 'get'>,
  key: string,
  range: { offset: number; length: number },
): Promise<Uint8Array> {
  const found = await spool.get(key, { range })
  if (found === null) throw new Error('the upload is not there')
  return new Uint8Array(await found.arrayBuffer())
}
