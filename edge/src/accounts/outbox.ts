// Records on their way from the account's ledger to the object of their day: written with the charge, moved at leisure.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { dayOf, instantOf } from './ids.ts'
import { erasePatterns } from './patterns.ts'
import { type Partitions, partitionOf, recordsName, within } from './places.ts'
import { profile } from './profile.ts'
import type { RecordRow, Records } from './records.ts'

interface Row extends Record<string, SqlStorageValue> {
  id: string
  at: number
  address: string
  record: string
}

const ERASE = `UPDATE outbox SET record = '', address = '' WHERE address = ? RETURNING id`

const BATCH = 100
const MAX_BATCHES = 20

/** The record says what the ledger says. */
export function keepForLater(sql: SqlStorage, { id, at, address, record }: RecordRow, cost: Cost): void {
  const priced = JSON.stringify({ ...(JSON.parse(record) as object), cost })
  sql.exec('INSERT OR IGNORE INTO outbox (id, at, address, record) VALUES (?, ?, ?, ?)', id, at, address, priced)
}

export function hasWaiting(sql: SqlStorage): boolean {
  return sql.exec('SELECT 1 FROM outbox LIMIT 1').toArray().length > 0
}

export function waiting(sql: SqlStorage, limit = 1_000): RecordRow[] {
  return sql.exec<Row>('SELECT * FROM outbox ORDER BY at DESC, id DESC LIMIT ?', limit).toArray()
}

export function waitingById(sql: SqlStorage, id: string): RecordRow | null {
  return sql.exec<Row>('SELECT * FROM outbox WHERE id = ?', id).toArray()[0] ?? null
}

/** A record that goes on its way without address or content is "gone" where it arrives. */
export function eraseWaiting(sql: SqlStorage, addresses: readonly string[]): number {
  erasePatterns(sql, addresses)
  for (const address of addresses) sql.exec('DELETE FROM paid WHERE address = ?', address)
  return addresses.flatMap((address) => sql.exec(ERASE, address).toArray()).length
}

interface Bindings {
  readonly RECORDS: DurableObjectNamespace<Records>
  readonly PARTITIONS: string
}

/** @throws where an object of a day cannot be reached; what the others took is moved. */
export async function flushOutbox(sql: SqlStorage, env: Bindings): Promise<void> {
  const account = profile(sql)
  if (account === null) return
  const partitions = JSON.parse(env.PARTITIONS) as Partitions
  const namespace = within(env.RECORDS, partitionOf(account.id), partitions)
  const move = async (day: string, rows: readonly RecordRow[]): Promise<void> => {
    await namespace.getByName(recordsName(account.id, 'live', day)).keep(rows)
    // One that was erased meanwhile stays, and says so on the next round.
    for (const { id, record } of rows) sql.exec('DELETE FROM outbox WHERE id = ? AND record = ?', id, record)
  }
  for (let batch = 0; batch < MAX_BATCHES && hasWaiting(sql); batch += 1) {
    const rows = waiting(sql, BATCH)
    const days = [...new Set(rows.map(dayOfRecord))]
    const moved = await Promise.allSettled(
      days.map((day) =>
        move(
          day,
          rows.filter((row) => dayOfRecord(row) === day),
        ),
      ),
    )
    const failed = moved.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}

function dayOfRecord({ id, at }: RecordRow): string {
  return dayOf(instantOf('ver', id) ?? at)
}
