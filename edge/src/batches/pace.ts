// How fast a batch goes, from what its object has seen of it lately.
import type { Pace } from './state.ts'

/** The rate is that of the last minute. */
const SPAN_MS = 60_000
/** Shorter spans tell nothing. */
const LEAST_MS = 500

export class Rate {
  #seen: readonly (readonly [at: number, done: number])[] = []

  now(done: number): Pace {
    const now = Date.now()
    const [last] = this.#seen.slice(-1)
    if (last === undefined || now - last[0] >= LEAST_MS) this.#seen = [...this.#seen, [now, done] as const]
    this.#seen = this.#seen.filter(([at]) => now - at <= SPAN_MS)
    const [first] = this.#seen
    const spanMs = first === undefined ? 0 : now - first[0]
    return { now, rate: first === undefined || spanMs < LEAST_MS ? null : ((done - first[1]) * 1_000) / spanMs }
  }
}
