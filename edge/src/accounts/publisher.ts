// Writes the copy of an account that the fast path reads, for the account's object: one after the other, the newest last.
import { endings } from './key-book.ts'
import { patternsTold } from './patterns.ts'
import { markPublished, profile } from './profile.ts'
import { snapshotKey, snapshotOf } from './snapshot.ts'

export class Publisher {
  readonly #storage: DurableObjectStorage
  readonly #kv: () => KVNamespace
  readonly #warn: (reason: unknown) => void
  #publishing = Promise.resolve()

  constructor(storage: DurableObjectStorage, kv: () => KVNamespace, warn: (reason: unknown) => void) {
    this.#storage = storage
    this.#kv = kv
    this.#warn = warn
  }

  /**
   * One after the other, so that an older copy never lands behind a newer one. What fails (KV takes one write a second) is
   * nobody's failure: the alarm tries again.
   */
  async publish(): Promise<void> {
    this.#publishing = this.#publishing.then(() => this.#tryToWrite())
    await this.#publishing
  }

  /** Now and then the copy is written whether it changed or not: KV may have lost it, or kept an older one. */
  async refresh(afterMs: number): Promise<void> {
    const writtenAt = this.#storage.kv.get<number>('written at') ?? 0
    if (Date.now() - writtenAt >= afterMs) await this.#write({ anyway: true })
  }

  async #tryToWrite(): Promise<void> {
    const [written] = await Promise.allSettled([this.#write()])
    if (written.status === 'rejected') this.#warn(written.reason)
  }

  async #write({ anyway = false } = {}): Promise<void> {
    const { sql } = this.#storage
    const account = profile(sql)
    if (account === null || (account.published >= account.version && !anyway)) return
    const copy = JSON.stringify(snapshotOf(account, endings(sql), patternsTold(sql, Date.now())))
    const metadata = { name: account.name.slice(0, 100), created_at: account.createdAt }
    await this.#kv().put(snapshotKey(account.id), copy, { metadata })
    this.#storage.kv.put('written at', Date.now())
    markPublished(sql, account.version)
  }
}
