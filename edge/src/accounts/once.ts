// One idempotency key of one account for 24 hours: who is first does it, who comes meanwhile waits, another body is refused.
import { DurableObject } from 'cloudflare:workers'

const KEPT_MS = 86_400_000

/** `first` does the work; `again` finds it done. Either is told the seed, which stays the same through every repeat. */
export type Turn =
  | { readonly role: 'first'; readonly seed: string }
  | { readonly role: 'again'; readonly seed: string; readonly answer: string | null }
  | { readonly role: 'mismatch' }

export interface Attempt {
  /** Hash of method, path and body. */
  readonly body: string
  /** Becomes the seed if this attempt is the first. */
  readonly seed: string
  readonly leaseMs: number
}

interface State {
  readonly body: string
  readonly seed: string
  /** Null once it is done; else whoever is at it has until then. */
  readonly leaseUntil: number | null
  /** The answer, where it may be kept: one without secrets and addresses. */
  readonly answer: string | null
}

export class Once extends DurableObject {
  #waiting: (() => void)[] = []

  async begin({ body, seed, leaseMs }: Attempt): Promise<Turn> {
    for (;;) {
      const now = Date.now()
      const state = this.#state()
      if (state !== null && state.body !== body) return { role: 'mismatch' }
      if (state?.leaseUntil === null) return { role: 'again', seed: state.seed, answer: state.answer }
      if (state === null || state.leaseUntil <= now) {
        // Whoever takes over goes on under the first one's seed, so that what it began is not begun again.
        const taken = { body, seed: state?.seed ?? seed, leaseUntil: now + leaseMs, answer: null }
        if (state === null) await this.ctx.storage.setAlarm(now + KEPT_MS)
        this.ctx.storage.kv.put('state', taken)
        return { role: 'first', seed: taken.seed }
      }
      await this.#change(Math.min(state.leaseUntil - now, leaseMs))
    }
  }

  /** `done`: repeats find it. Otherwise it was refused, and the next attempt is as good as the first. */
  async end(done: boolean, answer: string | null = null): Promise<void> {
    const state = this.#state()
    if (state !== null && state.leaseUntil !== null) {
      if (done) this.ctx.storage.kv.put('state', { ...state, leaseUntil: null, answer })
      else this.ctx.storage.kv.delete('state')
    }
    for (const wake of this.#waiting.splice(0)) wake()
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
