// The object of one domain's reports: the last thirty of them, what changed from one to the next, and none after half a year.
import { DurableObject } from 'cloudflare:workers'
import { type DomainHistory, type DomainReport, reportRow } from '@postern/shared/contract/domain-report.ts'
import { changesBetween } from './changes.ts'
import { isUnheard, knowsAsMuch, readKept } from './kept-report.ts'

/** api.md: history of the last 30. */
const MOST = 30
const KEPT_MS = 180 * 86_400_000
/** Two that were made at once are one. */
const APART_MS = 60_000

const SCHEMA = `
  -- One report as JSON, with what changed since the one before it.
  CREATE TABLE IF NOT EXISTS reports (id TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS reports_at ON reports (at);
`

/** A row of the history. */
const SHOWN = Object.keys(reportRow.shape).map((name) => `'${name}', json_extract(body, '$.${name}')`)
const HISTORY = `
  SELECT json_object(${SHOWN.join(', ')}) AS row FROM reports
    WHERE json_extract(body, '$.schema') = 'domain-report/1' ORDER BY at DESC
`

/** As `isUnheard`, of rows. */
const UNHEARD = "json_extract(body, '$.mx.why') IS 'no_answer'"
const HEARD = `NOT (${UNHEARD})`
/** Before an instant, back to the last one before it that has heard something. */
const FORGET_UNHEARD = `
  DELETE FROM reports WHERE at < ? AND ${UNHEARD}
    AND at > coalesce((SELECT max(at) FROM reports WHERE at < ? AND ${HEARD}), 0)
`

export class Reports extends DurableObject {
  /** Null where nothing was ever kept: whoever only asks makes no tables, which nobody would take away. */
  get #kept(): SqlStorage | null {
    const { sql } = this.ctx.storage
    const tables = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'reports'").toArray()
    return tables.length === 0 ? null : sql
  }

  /** The newest report as JSON, or null. */
  latest(): string | null {
    return this.#body('SELECT body FROM reports ORDER BY at DESC LIMIT 1')
  }

  /** The newest one to which the DNS had anything to say of the domain's exchanges, as JSON, or null. */
  heard(): string | null {
    return this.#body(`SELECT body FROM reports WHERE ${HEARD} ORDER BY at DESC LIMIT 1`)
  }

  /** One of those that are kept, as JSON, or null. */
  report(id: string): string | null {
    return this.#body('SELECT body FROM reports WHERE id = ?', id)
  }

  /**
   * Keeps a report (as JSON), and gives it back with what changed since the one before it. The same one again changes
   * nothing. Of two that were made side by side the first is kept, unless the second learned more; of those in a row that
   * heard nothing, the last: an outage takes one place in the history, and nobody's report out of it.
   */
  async keep(text: string): Promise<string> {
    const report = JSON.parse(text) as DomainReport
    const at = Date.parse(report.generated_at)
    const { sql } = this.ctx.storage
    sql.exec(SCHEMA)
    const known = this.report(report.id) ?? this.#beside(report, at)
    if (known !== null) return known
    const before = this.#before(at)
    const since =
      before === null
        ? null
        : { report: before.id, generated_at: before.generated_at, ...changesBetween(before, report) }
    const body = JSON.stringify({ ...report, since })
    this.ctx.storage.transactionSync(() => {
      sql.exec('DELETE FROM reports WHERE at > ? AND at < ?', at - APART_MS, at + APART_MS)
      if (isUnheard(report)) sql.exec(FORGET_UNHEARD, at, at)
      sql.exec('INSERT INTO reports (id, at, body) VALUES (?, ?, ?)', report.id, at, body)
      sql.exec('DELETE FROM reports WHERE id NOT IN (SELECT id FROM reports ORDER BY at DESC LIMIT ?)', MOST)
      sql.exec('DELETE FROM reports WHERE at < ?', at - KEPT_MS)
    })
    await this.ctx.storage.setAlarm(Date.now() + KEPT_MS)
    return body
  }

  /** Newest first. Thirty whole reports may be megabytes: only what is shown of them is read. */
  history(): DomainHistory['reports'] {
    const rows = this.#kept?.exec<{ row: string }>(HISTORY).toArray() ?? []
    return rows.flatMap(({ row }) => reportRow.safeParse(JSON.parse(row)).data ?? [])
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }

  /** One that was made within a minute of it, and has learned as much. */
  #beside(report: DomainReport, at: number): string | null {
    const body = this.#body(
      'SELECT body FROM reports WHERE at > ? AND at < ? ORDER BY at DESC LIMIT 1',
      at - APART_MS,
      at + APART_MS,
    )
    const beside = readKept(body)
    return beside !== null && knowsAsMuch(beside, report) ? body : null
  }

  /** What a report of that instant follows upon: what changed during an outage is told after it. */
  #before(at: number): DomainReport | null {
    const query = `SELECT body FROM reports WHERE at <= ? AND ${HEARD} ORDER BY at DESC LIMIT 1`
    return readKept(this.#body(query, at - APART_MS))
  }

  #body(query: string, ...values: SqlStorageValue[]): string | null {
    const [row] = this.#kept?.exec<{ body: string }>(query, ...values).toArray() ?? []
    return row?.body ?? null
  }
}
