// The object of verifications that are finished after their answer: each until it has ended, found by its id alone.
import { DurableObject } from 'cloudflare:workers'
import type { VerificationRequest } from '@postern/shared/contract/verification.ts'
import { LONGEST_MS } from '@postern/shared/verdict/ladder.ts'
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
  /** Since when that lane is of no use; null where it is again. */
  readonly lostAt?: number | null
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
  -- How often an inquiry was taken, or its message given up, since anything was heard of it.
  CREATE TABLE IF NOT EXISTS parked (id TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
`

interface Row extends Record<string, SqlStorageValue> {
  id: string
  due_at: number
  body: string
}

/** Whoever took an inquiry and is not heard of for so long has lost it; each time it is longer. */
const LEASE_MS = 90_000
const WATCH_MS = 60_000
const MOST_DOUBLINGS = 6
/** What cannot be ended for a day after its last one is given up. */
const GIVEN_UP_MS = LONGEST_MS + 86_400_000
/** Of one object at a time, of which an account has thirty-two: its thousands keep nobody else's waiting. */
const MOST_UNDER_WAY = 2

export class Pending extends DurableObject<PendingBindings> {
  readonly #sql = this.ctx.storage.sql
  /** Null where this object has just woken and does not know. */
  #armedAt: number | null = null
  /** What was sent or taken, and until when it keeps its place where nothing is heard of it. */
  readonly #underWay = new Map<string, number>()

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
    const inquiry = JSON.parse(row.body) as Inquiry
    if (now - inquiry.since > GIVEN_UP_MS) return this.#giveUp(id)
    const until = now + LEASE_MS * 2 ** Math.min(this.#unheard(id) - 1, MOST_DOUBLINGS)
    this.#sql.exec('UPDATE inquiries SET due_at = ? WHERE id = ?', until, id)
    this.#underWay.set(id, now + LEASE_MS)
    await this.#arm(until)
    return inquiry
  }

  /** Counts once more that it was under way and nothing was heard of it yet. */
  #unheard(id: string): number {
    return this.#sql
      .exec<{ times: number }>(
        'INSERT INTO parked (id, times) VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times',
        id,
      )
      .one().times
  }

  async #giveUp(id: string): Promise<null> {
    await this.done(id)
    // oxlint-disable-next-line no-console -- an object's log is its console
    console.warn(JSON.stringify({ level: 'warn', what: 'an inquiry is given up', id }))
    return null
  }

  /** It is to be gone on with at `dueAt`. */
  async again(inquiry: Inquiry): Promise<void> {
    this.#sql.exec(
      'UPDATE inquiries SET due_at = ?, body = ? WHERE id = ?',
      inquiry.dueAt,
      JSON.stringify(inquiry),
      inquiry.id,
    )
    this.#sql.exec('DELETE FROM parked WHERE id = ?', inquiry.id)
    await this.#leave(inquiry.id)
  }

  async done(id: string): Promise<void> {
    this.#sql.exec('DELETE FROM inquiries WHERE id = ?', id)
    this.#sql.exec('DELETE FROM parked WHERE id = ?', id)
    await this.#leave(id)
  }

  /** Its place goes to whoever waits. */
  async #leave(id: string): Promise<void> {
    this.#underWay.delete(id)
    const next = this.#nextAfter(-Infinity)
    if (next !== null) await this.#arm(next)
  }

  /** When the first of them comes due that does so later than `at`. */
  #nextAfter(at: number): number | null {
    return this.#sql
      .exec<{ next: number | null }>('SELECT min(due_at) AS next FROM inquiries WHERE due_at > ?', at)
      .one().next
  }

  /** Ids of those that were about the mailbox; they end without an answer. */
  async erase(subjects: readonly string[]): Promise<string[]> {
    const rows = this.#sql.exec<Row>('SELECT * FROM inquiries').toArray()
    const theirs = rows.filter(({ body }) =>
      (JSON.parse(body) as Inquiry).subjects.some((subject) => subjects.includes(subject)),
    )
    for (const { id } of theirs) await this.done(id)
    return theirs.map(({ id }) => id)
  }

  /** Its message failed too often: it comes due again, later each time. Returns how often that was; 0 where it has ended. */
  async park(id: string): Promise<number> {
    if (this.#sql.exec('SELECT 1 FROM inquiries WHERE id = ?', id).toArray().length === 0) return 0
    const times = this.#unheard(id)
    const dueAt = Date.now() + WATCH_MS * 2 ** Math.min(times, MOST_DOUBLINGS)
    // An older message changes nothing for whoever waits for a later visit.
    this.#sql.exec('UPDATE inquiries SET due_at = max(due_at, ?) WHERE id = ?', dueAt, id)
    await this.#leave(id)
    return times
  }

  override async alarm(): Promise<void> {
    // Re-armed first: whatever fails below is tried again, also after the platform has given up retrying.
    this.#armedAt = Infinity
    const now = Date.now()
    for (const [id, until] of this.#underWay) if (until <= now) this.#underWay.delete(id)
    const due = this.#sql
      .exec<Row>('SELECT * FROM inquiries WHERE due_at <= ? ORDER BY due_at LIMIT ?', now, 2 * MOST_UNDER_WAY)
      .toArray()
    const next = this.#nextAfter(now)
    // A message that is lost is sent again.
    if (due.length > 0) await this.#arm(Math.min(now + WATCH_MS, ...this.#underWay.values()))
    if (next !== null) await this.#arm(next)
    const places = MOST_UNDER_WAY - this.#underWay.size
    await this.#send(due.filter(({ id }) => !this.#underWay.has(id)).slice(0, Math.max(0, places)), now)
  }

  async #send(rows: readonly Row[], now: number): Promise<void> {
    if (rows.length === 0) return
    const messages = rows.map(({ id, body }) => {
      const { account } = JSON.parse(body) as Inquiry
      return { body: { kind: 'inquiry' as const, account, id } }
    })
    const [sent] = await Promise.allSettled([this.env.INQUIRIES.sendBatch(messages)])
    if (sent.status === 'fulfilled') for (const { id } of rows) this.#underWay.set(id, now + WATCH_MS)
  }

  async #arm(at: number): Promise<void> {
    const soon = Math.max(at, Date.now())
    this.#armedAt ??= (await this.ctx.storage.getAlarm()) ?? Infinity
    if (soon >= this.#armedAt) return
    this.#armedAt = soon
    await this.ctx.storage.setAlarm(soon)
  }
}
