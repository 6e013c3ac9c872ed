// One mailbox is taken out of a list: its rows' octets are blanked in the upload, and whatever was found of them goes.
import type { Agenda } from './agenda.ts'
import { chunk, page } from './chunk-book.ts'
import { keepRemaining } from './group-book.ts'
import type { Layout } from './layout.ts'
import { readRows } from './read-rows.ts'
import { without } from './keys.ts'
import { KEY_OCTETS } from './seen.ts'
import { fetchRange } from './split.ts'
import { counted, NOT_PROBED } from './counting.ts'
import type { Course } from './course.ts'
import { PART_OCTETS, uploadKey } from './spool.ts'
import type { State } from './state.ts'

const SPACE = 0x20
const QUOTE = 0x22

interface Place {
  readonly storage: DurableObjectStorage
  readonly course: Course
  readonly bucket: R2Bucket
}

/** How many rows that were. @throws where the store does not answer: nothing has changed then. */
export async function scrub({ storage, course, bucket }: Place, keys: readonly Uint8Array[]): Promise<number> {
  const { sql } = storage
  const rows = rowsWith(sql, keys)
  const state = course.state()
  if (state === null) return 0
  // What was never read has no keys: of a list that ended before, the rest goes.
  if (rows.size === 0 && state.isRead) {
    // Whoever was cut off may have left an upload as it was.
    await sweep(bucket, state, state.upload.key)
    return 0
  }
  const octets = state.isRead ? state.upload.octets : state.readTo
  const upload = { ...state.upload, octets }
  const ranges = await rangesOf(sql, state, { rows, spool: bucket })
  const key = `${upload.key}~`
  await rewritten(bucket, { ...state, upload }, { ranges, key })
  if (course.state() === null) {
    // It was erased as a whole meanwhile: what was written just now goes too.
    await sweep(bucket, state, null)
    return 0
  }
  storage.transactionSync(() => {
    const open = forgetRows(sql, course.agenda(), rows)
    for (const row of [...rows.values()].flat()) sql.exec('INSERT OR IGNORE INTO erased (row) VALUES (?)', row)
    let after: State = { ...course.here(), isRead: true, upload: { ...upload, key } }
    // Whoever was still to be asked about is asked about no more.
    const uncounted = after.finishedAt === null ? open : 0
    for (let n = 0; n < uncounted; n += 1) after = counted(after, { row: 0, result: NOT_PROBED, price: 0 }).state
    course.keep(after)
  })
  await sweep(bucket, state, key)
  await course.go()
  return [...rows.values()].flat().length
}

/** All that lies in the store for a list but what is to stay, left by whoever was cut off too. */
export async function sweep(
  bucket: R2Bucket | null,
  { account, id }: Pick<State, 'account' | 'id'>,
  stays: string | null,
): Promise<void> {
  const found = await bucket?.list({ prefix: uploadKey(account, id, '') })
  const keys = found?.objects.map(({ key }) => key).filter((key) => key !== stays) ?? []
  if (keys.length > 0) await bucket?.delete(keys)
}

/** Rows with one of these keys, by chunk. */
function rowsWith(sql: SqlStorage, keys: readonly Uint8Array[]): Map<number, number[]> {
  const found = new Map<number, number[]>()
  const wanted = new Set(keys.map((key) => nameOf(key, 0)))
  const all = sql.exec<{ n: number; first: number; mailboxes: ArrayBuffer }>('SELECT n, first, mailboxes FROM chunks')
  for (const { n, first, mailboxes } of all) {
    const octets = new Uint8Array(mailboxes)
    for (let at = 0; at < octets.length; at += KEY_OCTETS) {
      if (wanted.has(nameOf(octets, at))) found.set(n, [...(found.get(n) ?? []), first + at / KEY_OCTETS])
    }
  }
  return found
}

function nameOf(octets: Uint8Array, at: number): string {
  return octets.subarray(at, at + KEY_OCTETS).join()
}

/** Nobody finds those rows of a chunk by their keys any more. */
function unname(sql: SqlStorage, n: number, places: readonly number[]): void {
  const [row] = sql
    .exec<{ keys: ArrayBuffer; mailboxes: ArrayBuffer }>('SELECT keys, mailboxes FROM chunks WHERE n = ?', n)
    .toArray()
  if (row === undefined) return
  const [keys, mailboxes] = [row.keys, row.mailboxes].map((octets) => without(new Uint8Array(octets), places))
  sql.exec('UPDATE chunks SET keys = ?, mailboxes = ? WHERE n = ?', keys?.buffer, mailboxes?.buffer, n)
}

export interface Range {
  readonly from: number
  readonly to: number
}

/** Where the rows lie in the upload, without their line breaks. */
async function rangesOf(
  sql: SqlStorage,
  { upload, layout }: Pick<State, 'upload' | 'layout'>,
  { rows, spool }: { rows: ReadonlyMap<number, readonly number[]>; spool: Pick<R2Bucket, 'get'> },
): Promise<Range[]> {
  const ranges: Range[] = []
  for (const [n, wanted] of rows) {
    const found = chunk(sql, n)
    if (found === null) continue
    const window = await fetchRange(spool, upload.key, { offset: found.at, length: found.upto - found.at })
    const read = readRows(layout, window, { isEnd: true, most: found.rows })
    for (const row of wanted) {
      const one = read.rows[row - found.first]
      if (one !== undefined) ranges.push({ from: found.at + one.from, to: found.at + endOf(window, one) })
    }
  }
  return ranges
}

/** Behind the row's last octet that is no line break. */
export function endOf(window: Uint8Array, { from, to }: Range): number {
  let end = to
  while (end > from && (window[end - 1] === 0x0a || window[end - 1] === 0x0d)) end -= 1
  return end
}

/** The upload once more, of the same length, with blanks where those rows were. */
export async function rewritten(
  bucket: R2Bucket,
  { upload, layout }: Pick<State, 'upload' | 'layout'>,
  { ranges, key }: { ranges: readonly Range[]; key: string },
): Promise<void> {
  if (upload.octets === 0) return void (await bucket.put(key, ''))
  const open = await bucket.createMultipartUpload(key)
  const parts: R2UploadedPart[] = []
  for (let offset = 0; offset < upload.octets; offset += PART_OCTETS) {
    const length = Math.min(PART_OCTETS, upload.octets - offset)
    const octets = await fetchRange(bucket, upload.key, { offset, length })
    for (const range of ranges) blank(octets, layout, { from: range.from - offset, to: range.to - offset })
    parts.push(await open.uploadPart(parts.length + 1, octets))
  }
  await open.complete(parts)
}

/** A line of blanks is a row of CSV, and none of JSON lines: there an empty string stands for it. */
function blank(octets: Uint8Array, { type }: Layout, { from, to }: Range): void {
  octets.fill(SPACE, Math.max(0, from), Math.max(0, to))
  if (type === 'csv') return
  for (const at of [from, from + 1]) if (at >= 0 && at < Math.min(to, octets.length)) octets[at] = QUOTE
}

/** Results, work and stashes without those rows. Returns how many of them had no result yet. */
function forgetRows(sql: SqlStorage, agenda: Agenda, rows: ReadonlyMap<number, readonly number[]>): number {
  let open = 0
  for (const [n, gone] of rows) {
    const seen = page(sql, n)
    if (seen === null) continue
    const { first } = seen.chunk
    // Duplicates are counted as soon as they are known, and have no result of their own.
    open += gone.filter((row) => seen.results[row - first] === null && !seen.chunk.duplicates.has(row)).length
    unname(
      sql,
      n,
      gone.map((row) => row - first),
    )
    const [{ checked } = { checked: null }] = sql
      .exec<{ checked: string | null }>('SELECT checked FROM chunks WHERE n = ?', n)
      .toArray()
    if (checked !== null) {
      const results = JSON.parse(checked) as (string | null)[]
      for (const row of gone) results[row - first] = null
      sql.exec('UPDATE chunks SET checked = ? WHERE n = ?', JSON.stringify(results), n)
    }
    for (const row of gone) sql.exec('DELETE FROM results WHERE row = ?', row)
  }
  const done = new Set([...rows.values()].flat())
  for (const { id } of sql.exec<{ id: number }>('SELECT id FROM groups').toArray()) {
    keepRemaining(sql, agenda, { parcel: id, done, later: new Map() })
  }
  for (const { bucket, chunk: n, members } of sql
    .exec<{ bucket: number; chunk: number; members: string }>('SELECT * FROM stash')
    .toArray()) {
    const stash = JSON.parse(members) as { members: [row: number, ...rest: unknown[]][] }
    const left = { ...stash, members: stash.members.filter(([row]) => !done.has(row)) }
    sql.exec('UPDATE stash SET members = ? WHERE bucket = ? AND chunk = ?', JSON.stringify(left), bucket, n)
  }
  return open
}
