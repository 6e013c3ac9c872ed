// The verifications of one account and one day, kept 30 days: listed, found by id, erased by address.
import { DurableObject } from 'cloudflare:workers'
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { instantOf } from './ids.ts'
import { KEPT_MS } from './kept.ts'

/** A day's object outlives its last record by a day, so that a slow clock finds nothing missing. */
const OBJECT_MS = KEPT_MS + 2 * 86_400_000

export interface RecordRow {
  readonly id: string
  readonly at: number
  /** HMAC of the mailbox, or empty. */
  readonly address: string
  /** The public verification as JSON. */
  readonly record: string
}

/** `gone`: it was here, and was erased or has outlived its 30 days. */
export type Found =
  | { readonly kind: 'found'; readonly record: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'absent' }

const SCHEMA = `
  -- An erased record keeps its row without address or content: its id answers "gone", and a late write finds it taken.
  CREATE TABLE IF NOT EXISTS records (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, address TEXT NOT NULL, record TEXT);
  CREATE INDEX IF NOT EXISTS records_at ON records (at, id);
  CREATE INDEX IF NOT EXISTS records_address ON records (address);
  -- What an answer came to cost after it was given, where that differs.
  CREATE TABLE IF NOT EXISTS costs (id TEXT PRIMARY KEY, cost TEXT NOT NULL);
`

interface Row extends Record<string, SqlStorageValue> {
  id: string
  at: number
  record: string | null
  cost: string | null
}

/** What comes without content was erased on its way, and erases what came before it. */
const KEEP = `INSERT INTO records (id, at, address, record) VALUES (?, ?, ?, nullif(?, ''))
  ON CONFLICT DO UPDATE SET record = NULL, address = '' WHERE excluded.record IS NULL`

const ERASE = `UPDATE records SET record = NULL, address = '' WHERE address = ? RETURNING id`

const READ = 'SELECT records.id, records.at, record, cost FROM records LEFT JOIN costs USING (id)'

export class Records extends DurableObject {
  readonly #sql = this.ctx.storage.sql

  constructor(state: DurableObjectState, env: unknown) {
    super(state, env as never)
  }

  /** Only what is written to has storage: a day that somebody merely looks at leaves nothing behind. */
  #isThere(): boolean {
    return this.#sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'records'`).toArray().length > 0
  }

  /** The same record again changes nothing. */
  async keep(rows: readonly RecordRow[]): Promise<void> {
    this.#sql.exec(SCHEMA)
    await this.#endAfter(rows.map(({ id, at }) => Math.max(at, instantOf('ver', id) ?? at)))
    this.ctx.storage.transactionSync(() => {
      for (const { id, at, address, record } of rows) this.#sql.exec(KEEP, id, at, address, record)
    })
  }

  /** Takes the place of what was kept under its id; false where that was erased. */
  async complete(row: RecordRow): Promise<boolean> {
    await this.keep([row])
    this.#sql.exec(
      'UPDATE records SET at = ?, record = ? WHERE id = ? AND record IS NOT NULL',
      row.at,
      row.record,
      row.id,
    )
    const [kept] = this.#sql.exec<Row>(`${READ} WHERE records.id = ?`, row.id).toArray()
    return kept !== undefined && kept.record !== null
  }

  async amend(id: string, cost: Cost): Promise<void> {
    this.#sql.exec(SCHEMA)
    await this.#endAfter([instantOf('ver', id) ?? 0])
    this.#sql.exec('INSERT OR REPLACE INTO costs (id, cost) VALUES (?, ?)', id, JSON.stringify(cost))
  }

  /** The first write sets the end of the whole day's object. */
  async #endAfter(instants: readonly number[]): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) !== null) return
    await this.ctx.storage.setAlarm(Math.max(...instants) + OBJECT_MS)
  }

  async find(id: string, now: number): Promise<Found> {
    if (!this.#isThere()) return { kind: 'absent' }
    const [row] = this.#sql.exec<Row>(`${READ} WHERE records.id = ?`, id).toArray()
    if (row === undefined) return { kind: 'absent' }
    if (row.record === null || row.at <= now - KEPT_MS) return { kind: 'gone' }
    return { kind: 'found', record: withCost(row.record, row.cost) }
  }

  /** Newest first, those before `before` (an instant and an id) only; without their addresses' HMACs. */
  async list(before: { at: number; id: string }, limit: number, now: number): Promise<RecordRow[]> {
    if (!this.#isThere()) return []
    return this.#sql
      .exec<Row>(
        `${READ} WHERE (records.at, records.id) < (?, ?) AND records.at > ? AND record IS NOT NULL
         ORDER BY records.at DESC, records.id DESC LIMIT ?`,
        before.at,
        before.id,
        now - KEPT_MS,
        limit,
      )
      .toArray()
      .map(({ id, at, record, cost }) => ({ id, at, address: '', record: withCost(record ?? '', cost) }))
  }

  /** Returns how many were erased. */
  async erase(addresses: readonly string[]): Promise<number> {
    const named = this.#isThere() ? addresses.filter((address) => address !== '') : []
    return named.flatMap((address) => this.#sql.exec(ERASE, address).toArray()).length
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }
}

function withCost(record: string, cost: string | null): string {
  return cost === null ? record : JSON.stringify({ ...(JSON.parse(record) as object), cost: JSON.parse(cost) as Cost })
}
