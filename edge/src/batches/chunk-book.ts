// The chunks of a batch in its object's tables: added in order, checked in any, read for whoever wants results.
import { duplicatesIn, type Seen } from './seen.ts'
import type { Stash } from './groups.ts'

/** Rows that were read from the upload, `[at, upto)` octets of it. */
export interface NewChunk {
  readonly n: number
  readonly at: number
  readonly upto: number
  readonly rows: number
  /** A key a row, by which duplicates are found; all zero where there is nothing to compare. */
  readonly keys: Uint8Array
  /** A key a row, of the mailbox, by which it is erased. */
  readonly mailboxes: Uint8Array
}

export interface Chunk {
  readonly n: number
  /** Number of its first row, from 0. */
  readonly first: number
  readonly at: number
  readonly upto: number
  readonly rows: number
  /** Row → the row that had the same address first. */
  readonly duplicates: ReadonlyMap<number, number>
}

interface Row extends Record<string, SqlStorageValue> {
  n: number
  first: number
  at: number
  upto: number
  rows: number
  duplicates: string
  checked: string | null
}

const COLUMNS = 'n, first, at, upto, rows, duplicates, checked'

/** Returns how many of its rows are duplicates. */
export function addChunk(
  sql: SqlStorage,
  chunk: NewChunk,
  { seen, first }: { seen: Seen | null; first: number },
): number {
  const duplicates = seen === null ? [] : duplicatesIn(seen, chunk.keys, first)
  sql.exec(
    'INSERT INTO chunks (n, first, at, upto, rows, keys, mailboxes, duplicates) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    chunk.n,
    first,
    chunk.at,
    chunk.upto,
    chunk.rows,
    buffer(chunk.keys),
    buffer(chunk.mailboxes),
    JSON.stringify(duplicates),
  )
  return duplicates.length
}

const buffer = (octets: Uint8Array): ArrayBuffer => octets.slice().buffer

/** What was seen so far, for an object that has slept. */
export function recallSeen(sql: SqlStorage, seen: Seen): void {
  for (const { first, keys } of sql.exec<{ first: number; keys: ArrayBuffer }>(
    'SELECT first, keys FROM chunks ORDER BY n',
  )) {
    duplicatesIn(seen, new Uint8Array(keys), first)
  }
}

export function chunk(sql: SqlStorage, n: number): (Chunk & { readonly isChecked: boolean }) | null {
  const [row] = sql.exec<Row>(`SELECT ${COLUMNS} FROM chunks WHERE n = ?`, n).toArray()
  return row === undefined ? null : { ...chunkOf(row), isChecked: row.checked !== null }
}

export function uncheckedFrom(sql: SqlStorage, limit: number): number[] {
  return sql
    .exec<{ n: number }>('SELECT n FROM chunks WHERE checked IS NULL ORDER BY n LIMIT ?', limit)
    .toArray()
    .map(({ n }) => n)
}

export function check(sql: SqlStorage, n: number, results: readonly (string | null)[]): void {
  sql.exec('UPDATE chunks SET checked = ? WHERE n = ?', JSON.stringify(results), n)
}

export function stash(sql: SqlStorage, n: number, stashes: ReadonlyMap<number, Stash>): void {
  for (const [bucket, members] of stashes) {
    sql.exec('INSERT INTO stash (bucket, chunk, members) VALUES (?, ?, ?)', bucket, n, JSON.stringify(members))
  }
}

/** Stashes that are sorted together: a list with one domain only is no more than this in memory. */
const SORTED_AT_ONCE = 40

export interface Taken {
  readonly stashes: readonly Stash[]
  /** Number of the first chunk among them. */
  readonly first: number
  /** True where the bucket is empty now. */
  readonly isLast: boolean
}

/** The next stashes of a bucket, which are then gone. */
export function takeStashes(sql: SqlStorage, bucket: number): Taken {
  const taken = sql
    .exec<{ chunk: number; members: string }>(
      'SELECT chunk, members FROM stash WHERE bucket = ? ORDER BY chunk LIMIT ?',
      bucket,
      SORTED_AT_ONCE,
    )
    .toArray()
  const last = taken.at(-1)?.chunk ?? 0
  sql.exec('DELETE FROM stash WHERE bucket = ? AND chunk <= ?', bucket, last)
  const stashes = taken.map(({ members }) => JSON.parse(members) as Stash)
  return { stashes, first: taken[0]?.chunk ?? 0, isLast: taken.length < SORTED_AT_ONCE }
}

export interface Page {
  readonly chunk: Chunk
  /** One packed result a row, null where there is none yet; a duplicate has its first row's. */
  readonly results: readonly (string | null)[]
}

/** The results of a chunk as they stand; null where there is no such chunk. */
export function page(sql: SqlStorage, n: number): Page | null {
  const [row] = sql.exec<Row>(`SELECT ${COLUMNS} FROM chunks WHERE n = ?`, n).toArray()
  if (row === undefined) return null
  const found = chunkOf(row)
  const own = ownResults(sql, row)
  const elsewhere = new Map<number, readonly (string | null)[]>()
  const resultOf = (at: number): string | null => {
    if (at >= found.first) return own[at - found.first] ?? null
    const [other] = sql.exec<Row>(`SELECT ${COLUMNS} FROM chunks WHERE n = ?`, chunkWith(sql, at)).toArray()
    if (other === undefined) return null
    const results = elsewhere.get(other.n) ?? ownResults(sql, other)
    elsewhere.set(other.n, results)
    return results[at - other.first] ?? null
  }
  const results = own.map((result, at) => {
    const first = found.duplicates.get(found.first + at)
    return first === undefined ? result : resultOf(first)
  })
  return { chunk: found, results }
}

function chunkWith(sql: SqlStorage, row: number): number {
  return sql.exec<{ n: number }>('SELECT n FROM chunks WHERE first <= ? ORDER BY n DESC LIMIT 1', row).one().n
}

function ownResults(sql: SqlStorage, { first, rows, checked }: Row): (string | null)[] {
  const results = checked === null ? Array<string | null>(rows).fill(null) : (JSON.parse(checked) as (string | null)[])
  const asked = sql.exec<{ row: number; result: string }>(
    'SELECT row, result FROM results WHERE row >= ? AND row < ?',
    first,
    first + rows,
  )
  for (const { row, result } of asked) results[row - first] = result
  return results
}

function chunkOf({ n, first, at, upto, rows, duplicates }: Row): Chunk {
  return { n, first, at, upto, rows, duplicates: new Map(JSON.parse(duplicates) as [number, number][]) }
}
