// The object of verifications that are finished after their answer: each until it has ended, found by its id alone.
import { DurableObject } from 'cloudflare:workers'
import type { VerificationRequest } from '@postern/shared/contract/verification.ts'
import { tailOf } from '../accounts/ids.ts'
import type { Scope } from '../accounts/places.ts'

/** One verification that was answered before it had ended. */
export interface Inquiry {
  readonly id: string
  readonly account: string
  readonly scope: Scope
  readonly keyId: string
  readonly wanted: VerificationRequest
  /** HMACs of the mailbox, by which it is erased. */
  readonly subjects: readonly string[]
  readonly since: number
  readonly dueAt: number
  /** Visits at which somebody was named or a server spoke. */
  readonly visits: number
  /** The lane that has begun, and those that turned out to be broken. */
  readonly lane: string | null
  readonly tried: readonly string[]
}

/** What a queue carries: ids only. */
export interface InquiryMessage {
  readonly kind: 'inquiry'
  readonly account: string
  readonly id: string
}

export interface PendingBindings {
  readonly INQUIRIES: Queue<InquiryMessage>
}

/** Shards of an account: one object has the inquiries of an id's last digit. */
export function shardName(account: string, id: string): string {
  return `${account}/${tailOf(id).slice(-1)}`
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS inquiries (id TEXT PRIMARY KEY, due_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  -- What came of an inquiry, for whom it is told later that it was.
  CREATE TABLE IF NOT EXISTS parked (id TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
`

interface Row extends Record<string, SqlStorageValue> {
  id: string
  due_at: number
  body: string
}

/** Whoever took an inquiry and is not heard of for so long has lost it. */
const LEASE_MS = 90_000
const WATCH_MS = 60_000
const MOST_AT_ONCE = 100

export class Pending extends DurableObject<PendingBindings> {
  readonly #sql = this.ctx.storage.sql
  #armedAt = Infinity

  constructor(state: DurableObjectState, env: PendingBindings) {
    super(state, env)
    this.#sql.exec(SCHEMA)
  }

  /** Told again, it is the same one. */
  async begin(inquiry: Inquiry): Promise<void> {
    this.#sql.exec(
      'INSERT OR IGNORE INTO inquiries (id, due_at, body) VALUES (?, ?, ?)',
      inquiry.id,
      inquiry.dueAt,
      JSON.stringify(inquiry),
    )
    await this.#arm(inquiry.dueAt)
  }

  /** The inquiry, for whoever goes on with it now; null where it has ended, or somebody is at it. */
  async take(id: string): Promise<Inquiry | null> {
    const now = Date.now()
    const [row] = this.#sql.exec<Row>('SELECT * FROM inquiries WHERE id = ? AND due_at <= ?', id, now).toArray()
    if (row === undefined) return null
    this.#sql.exec('UPDATE inquiries SET due_at = ? WHERE id = ?', now + LEASE_MS, id)
    await this.#arm(now + LEASE_MS)
    return JSON.parse(row.body) as Inquiry
  }

  /** It is to be gone on with at `dueAt`. */
  async again(inquiry: Inquiry): Promise<void> {
    this.#sql.exec(
      'UPDATE inquiries SET due_at = ?, body = ? WHERE id = ?',
      inquiry.dueAt,
      JSON.stringify(inquiry),
      inquiry.id,
    )
    await this.#arm(inquiry.dueAt)
  }

  async done(id: string): Promise<void> {
    this.#sql.exec('DELETE FROM inquiries WHERE id = ?', id)
    this.#sql.exec('DELETE FROM parked WHERE id = ?', id)
  }

  /** How many of them were about the mailbox; they end without an answer. */
  async erase(subjects: readonly string[]): Promise<number> {
    const rows = this.#sql.exec<Row>('SELECT * FROM inquiries').toArray()
    const theirs = rows.filter(({ body }) =>
      (JSON.parse(body) as Inquiry).subjects.some((subject) => subjects.includes(subject)),
    )
    for (const { id } of theirs) await this.done(id)
    return theirs.length
  }

  /** Its message failed too often: it comes due again, later each time. Returns how often that was. */
  async park(id: string): Promise<number> {
    const { times } = this.#sql
      .exec<{ times: number }>(
        'INSERT INTO parked (id, times) VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times',
        id,
      )
      .one()
    const dueAt = Date.now() + WATCH_MS * 2 ** Math.min(times, 6)
    this.#sql.exec('UPDATE inquiries SET due_at = ? WHERE id = ?', dueAt, id)
    await this.#arm(dueAt)
    return times
  }

  override async alarm(): Promise<void> {
    // Re-armed first: whatever fails below is tried again, also after the platform has given up retrying.
    this.#armedAt = Infinity
    const now = Date.now()
    const rows = this.#sql.exec<Row>('SELECT * FROM inquiries ORDER BY due_at LIMIT ?', MOST_AT_ONCE).toArray()
    const due = rows.filter(({ due_at: at }) => at <= now)
    const next = rows.find(({ due_at: at }) => at > now)?.due_at ?? now + WATCH_MS
    // A message that is lost is sent again.
    if (rows.length > 0) await this.#arm(due.length > 0 ? Math.min(next, now + WATCH_MS) : next)
    if (due.length === 0) return
    const messages = due.map(({ id, body }) => {
      const { account } = JSON.parse(body) as Inquiry
      return { body: { kind: 'inquiry' as const, account, id } }
    })
    await Promise.allSettled([this.env.INQUIRIES.sendBatch(messages)])
  }

  async #arm(at: number): Promise<void> {
    const soon = Math.max(at, Date.now())
    if (soon >= this.#armedAt) return
    this.#armedAt = soon
    await this.ctx.storage.setAlarm(soon)
  }
}
