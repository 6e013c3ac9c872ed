// The object of one account: the one place that knows its keys, its credit and what was counted; everything else is a copy.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { type Admission, type Admitted, Gate } from './admission.ts'
import {
  type Balance,
  balanceOf,
  buy,
  fund,
  type Purchase,
  purchases,
  release,
  standingOf,
  tellWhenLow,
} from './credit.ts'
import { flushEvents, hasEvents, type Teller } from './events.ts'
import { addKey, keyById, keys, revoke, type Rotated, rotate, type StoredKey } from './key-book.ts'
import {
  forgetPaid,
  isPaidBefore,
  type PaidAnswer,
  prune,
  type RunningTotal,
  type Settlement,
  settle,
  settleTotal,
  waive,
} from './ledger.ts'
import { endList, pruneLists } from './list-book.ts'
import { ListKeeper } from './list-keeper.ts'
import { eraseWaiting, flushOutbox, hasWaiting, keepForLater, waiting, waitingById } from './outbox.ts'
import {
  type AccountChange,
  configure,
  createAccount,
  type NewAccount,
  type Profile,
  profile,
  setStanding,
  touch,
} from './profile.ts'
import { Publisher } from './publisher.ts'
import type { RecordRow, Records } from './records.ts'
import { migrate } from './schema.ts'
import { activeDays, type UsageRow, usage } from './usage.ts'

/** What the object is given besides its own storage. */
export interface AccountBindings {
  readonly SNAPSHOTS: KVNamespace
  readonly RECORDS: DurableObjectNamespace<Records>
  readonly DELIVERIES: DurableObjectNamespace<Teller>
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

export class Account extends ListKeeper<AccountBindings> {
  readonly #sql = this.ctx.storage.sql
  readonly #gate = new Gate()
  #armedAt = Infinity
  readonly #publisher = new Publisher(
    this.ctx.storage,
    () => this.env.SNAPSHOTS,
    (reason) => this.#warn('the copy is not written', reason),
  )

  constructor(state: DurableObjectState, env: AccountBindings) {
    super(state, env)
    migrate(this.ctx.storage)
  }

  async create(account: NewAccount): Promise<AccountView> {
    this.#commit(() => createAccount(this.#sql, account, Date.now()))
    await this.#publisher.publish()
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
    await this.#publisher.publish()
    return this.#view()
  }

  async buy(purchase: Purchase): Promise<{ purchase: Purchase; balance: Balance }> {
    const bought = this.#commit(() => buy(this.#sql, purchase))
    await this.#publisher.publish()
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

  /** What a list came to so far is settled, and credit reserved up to `upTo` units in all; resolves with what it may come to. */
  async fund(total: RunningTotal, upTo: number): Promise<number> {
    return this.#commit(() => {
      settleTotal(this.#sql, total, Date.now())
      return fund(this.#sql, { id: total.id, spent: total.units, upTo, now: Date.now() })
    })
  }

  /** The last word on a list: what it came to, and nothing is reserved for it any more. */
  async settleList(total: RunningTotal): Promise<void> {
    this.#commit(() => {
      settleTotal(this.#sql, total, Date.now())
      release(this.#sql, total.id)
      endList(this.#sql, total.id)
    })
  }

  /** Nothing is reserved any more for answers of these ids, nor charged. */
  async waive(ids: readonly string[]): Promise<void> {
    this.#commit(() => {
      for (const id of ids) waive(this.#sql, id, Date.now())
    })
  }

  /** Which of these answers the account has paid for before; the others are remembered as paid for now. */
  async repeats(answers: readonly PaidAnswer[]): Promise<boolean[]> {
    return this.#commit(() => answers.map((answer) => isPaidBefore(this.#sql, answer)))
  }

  /** These were not told after all: nothing was paid for them. */
  async unpaid(answers: readonly Pick<PaidAnswer, 'address' | 'mode' | 'by'>[]): Promise<void> {
    for (const answer of answers) forgetPaid(this.#sql, answer)
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
    const [, moved, told] = await Promise.allSettled([
      this.#publisher.publish(),
      flushOutbox(this.#sql, this.env),
      flushEvents(this.#sql, this.env),
    ])
    if (moved.status === 'rejected') this.#warn('records wait', moved.reason)
    if (told.status === 'rejected') this.#warn('events wait', told.reason)
    prune(this.#sql, Date.now())
    pruneLists(this.#sql, Date.now())
    if (this.#isBehind()) return
    await this.#publisher.refresh(PRUNE_MS)
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
    return (account !== null && account.version > account.published) || hasWaiting(this.#sql) || hasEvents(this.#sql)
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
      this.ctx.waitUntil(this.#publisher.publish())
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
    await this.#publisher.publish()
    return result
  }

  #arm(inMs: number): void {
    const at = Date.now() + inMs
    if (at >= this.#armedAt) return
    this.#armedAt = at
    // Not awaited: it is part of the same write as what made it necessary.
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at))
  }
}
