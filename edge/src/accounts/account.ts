// The object of one account: the one place that knows its keys, its credit and what was counted; everything else is a copy.
import { DurableObject } from 'cloudflare:workers'
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { type Admission, type Admitted, Gate } from './admission.ts'
import { type Balance, balanceOf, buy, type Purchase, purchases, standingOf, tellWhenLow } from './credit.ts'
import { addKey, endings, keyById, keys, revoke, type Rotated, rotate, type StoredKey } from './key-book.ts'
import { prune, type RunningTotal, type Settlement, settle, settleTotal } from './ledger.ts'
import { eraseWaiting, flushOutbox, hasWaiting, keepForLater, waiting, waitingById } from './outbox.ts'
import { patternsTold } from './patterns.ts'
import {
  type AccountChange,
  configure,
  createAccount,
  markPublished,
  type NewAccount,
  type Profile,
  profile,
  setStanding,
  touch,
} from './profile.ts'
import type { RecordRow, Records } from './records.ts'
import { migrate } from './schema.ts'
import { snapshotKey, snapshotOf } from './snapshot.ts'
import { activeDays, type UsageRow, usage } from './usage.ts'

/** What the object is given besides its own storage. */
export interface AccountBindings {
  readonly SNAPSHOTS: KVNamespace
  readonly RECORDS: DurableObjectNamespace<Records>
  /** JSON of `Partitions`. */
  readonly PARTITIONS: string
}

export interface AccountView {
  readonly profile: Profile
  readonly balance: Balance
}

/** An answer that is paid for now, with its record. */
export interface Charge {
  readonly settlement: Settlement
  /** Null where the record is written by somebody else. */
  readonly record: RecordRow | null
}

const SOON_MS = 1_000
const LATER_MS = 60_000
const PRUNE_MS = 6 * 3_600_000

export class Account extends DurableObject<AccountBindings> {
  readonly #sql = this.ctx.storage.sql
  readonly #gate = new Gate()
  #armedAt = Infinity
  #publishing = Promise.resolve()

  constructor(state: DurableObjectState, env: AccountBindings) {
    super(state, env)
    migrate(this.ctx.storage)
  }

  async create(account: NewAccount): Promise<AccountView> {
    this.#commit(() => createAccount(this.#sql, account, Date.now()))
    await this.#publish()
    return this.#view()
  }

  /** Null where there is no such account. */
  async describe(): Promise<AccountView | null> {
    return profile(this.#sql) === null ? null : this.#view()
  }

  /** What the change does not name stays as it is. Null where there is no such account. */
  async configure(change: AccountChange): Promise<AccountView | null> {
    if (profile(this.#sql) === null) return null
    this.#commit(() => configure(this.#sql, change))
    await this.#publish()
    return this.#view()
  }

  async buy(purchase: Purchase): Promise<{ purchase: Purchase; balance: Balance }> {
    const bought = this.#commit(() => buy(this.#sql, purchase))
    await this.#publish()
    return { purchase: bought, balance: this.#view().balance }
  }

  async purchases(): Promise<Purchase[]> {
    return purchases(this.#sql)
  }

  async keys(): Promise<StoredKey[]> {
    return keys(this.#sql)
  }

  /** Null where the account may have no more keys. The same key again is the key that is there. */
  async addKey(key: StoredKey): Promise<StoredKey | null> {
    const add = (): boolean => addKey(this.#sql, key)
    const added = key.expiresAt === null ? this.#commit(add) : await this.#commitEnding(add)
    return added ? keyById(this.#sql, key.id) : null
  }

  /** Null where there is no such key. Holds from now on for all that asks this object. */
  async revoke(id: string): Promise<StoredKey | null> {
    await this.#commitEnding(() => revoke(this.#sql, id, Date.now()))
    return keyById(this.#sql, id)
  }

  /** Adds the successor and lets the old key end, or neither. The same rotation again is the one that was made. */
  async rotate(id: string, successor: StoredKey, endsAt: number): Promise<Rotated> {
    return this.#commitEnding(() => rotate(this.#sql, { id, successor, endsAt, now: Date.now() }))
  }

  async admit(admission: Admission): Promise<Admitted> {
    return this.#commit(() => this.#gate.admit(this.#sql, admission, Date.now()))
  }

  /** Counts an answer and takes its record into charge; either once, however often it is told. */
  async settle({ settlement, record }: Charge): Promise<Cost> {
    return this.#commit(() => {
      const cost = settle(this.#sql, settlement, Date.now())
      if (record !== null) keepForLater(this.#sql, record, cost)
      return cost
    })
  }

  /** As `settle`, for answers whose records are elsewhere; in the order given. */
  async settleMany(settlements: readonly Settlement[]): Promise<Cost[]> {
    return this.#commit(() => settlements.map((settlement) => settle(this.#sql, settlement, Date.now())))
  }

  async settleTotal(total: RunningTotal): Promise<void> {
    this.#commit(() => settleTotal(this.#sql, total, Date.now()))
  }

  async usage(from: string, to: string): Promise<UsageRow[]> {
    return usage(this.#sql, from, to)
  }

  async activeDays(): Promise<string[]> {
    return activeDays(this.#sql)
  }

  /** Records that have not reached the object of their day yet. */
  async waiting(): Promise<RecordRow[]> {
    return waiting(this.#sql)
  }

  async waitingById(id: string): Promise<RecordRow | null> {
    return waitingById(this.#sql, id)
  }

  /** Erases what waits here and forgets that the address was paid for. Returns how many records that were. */
  async erase(addresses: readonly string[]): Promise<number> {
    return eraseWaiting(this.#sql, addresses)
  }

  override async alarm(): Promise<void> {
    // Re-armed first: whatever fails below is tried again, also after the platform has given up retrying.
    this.#armedAt = Infinity
    this.#arm(LATER_MS)
    const [, moved] = await Promise.allSettled([this.#publish(), flushOutbox(this.#sql, this.env)])
    if (moved.status === 'rejected') this.#warn('records wait', moved.reason)
    prune(this.#sql, Date.now())
    if (this.#isBehind()) return
    // Now and then the copy is written whether it changed or not: KV may have lost it, or kept an older one.
    const writtenAt = this.ctx.storage.kv.get<number>('written at') ?? 0
    if (Date.now() - writtenAt >= PRUNE_MS) await this.#write({ anyway: true })
    this.#armedAt = Date.now() + PRUNE_MS
    await this.ctx.storage.setAlarm(this.#armedAt)
  }

  #warn(what: string, reason: unknown): void {
    const fault = reason instanceof Error ? reason.name : 'fault'
    // oxlint-disable-next-line no-console -- an object's log is its console
    console.warn(JSON.stringify({ level: 'warn', what: `account object: ${what}`, fault }))
  }

  /** True while somebody has not been told what this object knows. */
  #isBehind(): boolean {
    const account = profile(this.#sql)
    return (account !== null && account.version > account.published) || hasWaiting(this.#sql)
  }

  /** One transaction: what was done, and what follows from it for the account's standing. */
  #commit<T>(work: () => T): T {
    const result = this.ctx.storage.transactionSync(() => {
      const before = profile(this.#sql)
      const worked = work()
      const account = profile(this.#sql)
      if (account !== null) this.#follow(before ?? account, account)
      return worked
    })
    if (this.#isBehind()) this.#arm(SOON_MS)
    return result
  }

  #follow(before: Profile, account: Profile): void {
    const standing = standingOf(this.#sql, account)
    if (standing !== account.standing) {
      setStanding(this.#sql, standing)
      this.ctx.waitUntil(this.#publish())
    }
    tellWhenLow(this.#sql, { before, account, now: Date.now() })
  }

  #view(): AccountView {
    const account = profile(this.#sql)
    if (account === null) throw new Error('the account was never created')
    return { profile: account, balance: balanceOf(this.#sql, account, Date.now()) }
  }

  /** As `#commit`, for ends of keys: that the copy has to tell of them is part of the same transaction. */
  async #commitEnding<T>(work: () => T): Promise<T> {
    const result = this.#commit(() => {
      const worked = work()
      touch(this.#sql)
      return worked
    })
    await this.#publish()
    return result
  }

  /**
   * Writes the copy that the fast path reads, one after the other, so that an older one never lands behind a newer one.
   * What fails (KV takes one write a second) is nobody's failure: the alarm tries again.
   */
  async #publish(): Promise<void> {
    this.#publishing = this.#publishing.then(() => this.#tryToWrite())
    await this.#publishing
  }

  async #tryToWrite(): Promise<void> {
    const [written] = await Promise.allSettled([this.#write()])
    if (written.status === 'rejected') this.#warn('the copy is not written', written.reason)
  }

  async #write({ anyway = false } = {}): Promise<void> {
    const account = profile(this.#sql)
    if (account === null || (account.published >= account.version && !anyway)) return
    const copy = JSON.stringify(snapshotOf(account, endings(this.#sql), patternsTold(this.#sql, Date.now())))
    const metadata = { name: account.name.slice(0, 100), created_at: account.createdAt }
    await this.env.SNAPSHOTS.put(snapshotKey(account.id), copy, { metadata })
    this.ctx.storage.kv.put('written at', Date.now())
    markPublished(this.#sql, account.version)
  }

  #arm(inMs: number): void {
    const at = Date.now() + inMs
    if (at >= this.#armedAt) return
    this.#armedAt = at
    // Not awaited: it is part of the same write as what made it necessary.
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at))
  }
}
