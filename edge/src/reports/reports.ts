// The object of one domain's reports: the last thirty of them, what changed from one to the next, and none after half a year.
import { DurableObject } from 'cloudflare:workers'
import type { DomainHistory, DomainReport } from '@postern/shared/contract/domain-report.ts'
import { type Changes, changesBetween } from './changes.ts'

/** api.md: history of the last 30. */
const MOST = 30
const KEPT_MS = 180 * 86_400_000
/** Two that were made at once are one. */
const APART_MS = 60_000

const SCHEMA = `
  -- One report as JSON; changes against the one before it, as JSON, or null for the first.
  CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL, changes TEXT) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS reports_at ON reports (at);
`

interface Row {
  readonly id: string
  readonly at: number
  readonly body: string
  readonly changes: string | null
}

export class Reports extends DurableObject {
  #hasTables = false

  /** With its tables, which an end takes away. */
  get #sql(): SqlStorage {
    const { sql } = this.ctx.storage
    if (!this.#hasTables) sql.exec(SCHEMA)
    this.#hasTables = true
    return sql
  }

  /** The newest report as JSON, or null. */
  latest(): string | null {
    return this.#newest()?.body ?? null
  }

  /**
   * Keeps a report (as JSON), and gives it back with what changed since the one before it. The same one again changes
   * nothing; one that was made beside another takes its place.
   */
  async keep(text: string): Promise<string> {
    const report = JSON.parse(text) as DomainReport
    const at = Date.parse(report.generated_at)
    const known = this.#sql.exec<{ body: string }>('SELECT body FROM reports WHERE id = ?', report.id).toArray()[0]
    if (known !== undefined) return known.body
    const before = this.#before(at)
    const changes = before === null ? null : changesBetween(before, report)
    const since =
      before === null || changes === null ? null : { report: before.id, generated_at: before.generated_at, ...changes }
    const body = JSON.stringify({ ...report, since })
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM reports WHERE at > ? AND at < ?', at - APART_MS, at + APART_MS)
      this.#sql.exec(
        'INSERT INTO reports (id, at, body, changes) VALUES (?, ?, ?, ?)',
        report.id,
        at,
        body,
        changes === null ? null : JSON.stringify(changes),
      )
      this.#sql.exec('DELETE FROM reports WHERE id NOT IN (SELECT id FROM reports ORDER BY at DESC LIMIT ?)', MOST)
    })
    await this.ctx.storage.setAlarm(Date.now() + KEPT_MS)
    return body
  }

  /** Newest first. */
  history(): DomainHistory['reports'] {
    return this.#sql
      .exec<Pick<Row, 'id' | 'body' | 'changes'> & Record<string, SqlStorageValue>>(
        'SELECT id, body, changes FROM reports ORDER BY at DESC',
      )
      .toArray()
      .map(({ id, body, changes }) => {
        const report = JSON.parse(body) as DomainReport
        return {
          id,
          generated_at: report.generated_at,
          by_severity: countsOf(report),
          since: changes === null ? null : (JSON.parse(changes) as Changes),
        }
      })
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
    this.#hasTables = false
  }

  #newest(): Row | null {
    return this.#one('SELECT * FROM reports ORDER BY at DESC LIMIT 1')
  }

  /** What a report of that instant follows upon. */
  #before(at: number): DomainReport | null {
    const row = this.#one('SELECT * FROM reports WHERE at <= ? ORDER BY at DESC LIMIT 1', at - APART_MS)
    return row === null ? null : (JSON.parse(row.body) as DomainReport)
  }

  #one(query: string, ...values: SqlStorageValue[]): Row | null {
    const [row] = this.#sql.exec(query, ...values).toArray()
    return row === undefined ? null : (row as unknown as Row)
  }
}

function countsOf({ findings }: DomainReport): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { severity } of findings) counts[severity] = (counts[severity] ?? 0) + 1
  return counts
}
