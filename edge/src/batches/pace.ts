// How fast a batch goes, from what its object has counted lately, whoever asks and however seldom.
import { isGoing, type Pace, type State } from './state.ts'

/** The rate is that of the last minute. */
const SPAN_MS = 60_000
/** Shorter spans tell nothing; what is counted within one is one sample. */
const LEAST_MS = 500

type Sample = readonly [at: number, done: number]

export class Rate {
  /** An object that has slept knows nothing of what it counted before. */
  readonly #awakeSince = Date.now()
  /** The first is what was done at the beginning of the span, or before it. */
  #seen: readonly Sample[] = []

  /** Rows were counted. What is closed unasked at an end is nobody's speed. */
  note(before: State, after: State): void {
    if (!isGoing(after) || after.done <= before.done) return
    const now = Date.now()
    const begun = Math.max(this.#awakeSince, after.startedAt ?? after.createdAt)
    const seen: readonly Sample[] = this.#seen.length === 0 ? [[begun, before.done]] : this.#seen
    const last = seen.at(-1)
    // The first says where the span begins, and stays what it is.
    const isOneWith = seen.length > 1 && last !== undefined && now - last[0] < LEAST_MS
    const earlier = isOneWith ? seen.slice(0, -1) : seen
    this.#seen = within([...earlier, [isOneWith ? last[0] : now, after.done]], now)
  }

  now(): Pace {
    const now = Date.now()
    const [first, ...later] = within(this.#seen, now)
    if (first === undefined) return { now, rate: null }
    const spanMs = now - Math.max(first[0], now - SPAN_MS)
    const done = (later.at(-1) ?? first)[1] - first[1]
    return { now, rate: spanMs < LEAST_MS ? null : (done * 1_000) / spanMs }
  }
}

/** Those of the span, behind the last one before it. */
function within(samples: readonly Sample[], now: number): readonly Sample[] {
  const next = samples.findIndex(([at]) => now - at <= SPAN_MS)
  return samples.slice(next === -1 ? -1 : Math.max(0, next - 1))
}
