// One idempotency key of one account for 24 hours: who is first does it, who comes meanwhile waits, another body is refused.
import { DurableObject } from 'cloudflare:workers'

const KEPT_MS = 86_400_000

/** `first` does the work; `again` finds it done. Either is told the seed, which stays the same through every repeat. */
export type Turn =
  | { readonly role: 'first'; readonly seed: string; readonly lease: number }
  | { readonly role: 'again'; readonly seed: string; readonly answer: string | null }
  | { readonly role: 'mismatch' }

/**
 * How a first attempt ended. `done`: repeats find it. `refused`: nothing happened, and the next attempt is as good as the
 * first. `unknown`: something may have happened, so whoever comes next goes on under the same seed.
 */
export type Ending = 'done' | 'refused' | 'unknown'

export interface Attempt {
  /** Hash of method, path and body. */
  readonly body: string
  /** Becomes the seed if this attempt is the first. */
  readonly seed: string
  readonly leaseMs: number
}

interface State {
  /** Null where the attempt before was refused, so that nothing of it counts. */
  readonly body: string | null
  readonly seed: string
  /** Null once it is done; else whoever is at it has until then. */
  readonly leaseUntil: number | null
  /** Grows with everyone who takes it on: the word of one who lost the lease counts no more. */
  readonly lease: number
  /** The answer, where it may be kept: one without secrets and addresses. */
  readonly answer: string | null
}

export class Once extends DurableObject {
  #waiting: (() => void)[] = []

  async begin({ body, seed, leaseMs }: Attempt): Promise<Turn> {
    for (;;) {
      const now = Date.now()
      const state = this.#state()
      if (state !== null && state.body !== null && state.body !== body) return { role: 'mismatch' }
      if (state?.leaseUntil === null) return { role: 'again', seed: state.seed, answer: state.answer }
      if (state === null || state.leaseUntil <= now) return this.#take(state, { body, seed, leaseUntil: now + leaseMs })
      await this.#change(Math.min(state.leaseUntil - now, leaseMs))
    }
  }

  async end(lease: number, ending: Ending, answer: string | null = null): Promise<void> {
    const state = this.#state()
    if (state !== null && state.leaseUntil !== null && state.lease === lease) {
      // The count of leases stays, or the word of an earlier holder could be taken for a later one's.
      if (ending === 'refused') this.#keep({ ...state, body: null, leaseUntil: 0 })
      else this.#keep({ ...state, leaseUntil: ending === 'done' ? null : 0, answer })
    }
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Whoever takes over goes on under the first one's seed, so that what it began is not begun again. */
  async #take(before: State | null, taken: Pick<State, 'body' | 'seed'> & { leaseUntil: number }): Promise<Turn> {
    const seed = before === null || before.body === null ? taken.seed : before.seed
    const lease = (before?.lease ?? 0) + 1
    // Written before anything is awaited: those who wake at the same time find it taken.
    this.#keep({ ...taken, seed, lease, answer: null })
    if (before === null) await this.ctx.storage.setAlarm(Date.now() + KEPT_MS)
    return { role: 'first', seed, lease }
  }

  #keep(state: State): void {
    this.ctx.storage.kv.put('state', state)
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }

  #state(): State | null {
    return this.ctx.storage.kv.get<State>('state') ?? null
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      setTimeout(resolve, withinMs)
    })
  }
}
