// Which messages of a batch are under way: each is sent once, and again where nothing was heard of it. For its object alone.
import { idsOf, type State } from './state.ts'
import type { Work } from './work.ts'

/** Chunks that are being checked at a time: a long list leaves room for others in the queue. */
export const CHECKS = 6
/** A message of which nothing was heard for so long is sent again. */
const UNHEARD_MS = 120_000

/** Reading, or the number of the chunk that is checked. */
export type Errand = 'split' | number

/** Work whose messages the queue gave up this often is given up: about half an hour of tries. */
const HOPELESS = 3
/** Messages that were under way at the same time failed of the same cause, and count once. */
const APART_MS = 600_000

/** The queue gave up a message of that errand. */
export function parkedOnce(state: State, errand: Errand, now: number): State {
  const { times, at } = state.troubles?.[errand] ?? { times: 0, at: 0 }
  const trouble = times > 0 && now - at < APART_MS ? { times, at } : { times: times + 1, at: now }
  return { ...state, parked: state.parked + 1, troubles: { ...state.troubles, [errand]: trouble } }
}

/** The errand goes on: what kept it back is over. */
export function untroubled(state: State, errand: Errand): State {
  return { ...state, troubles: { ...state.troubles, [errand]: { times: 0, at: 0 } } }
}

export function isHopeless({ troubles }: State, errand: Errand): boolean {
  return (troubles?.[errand]?.times ?? 0) >= HOPELESS
}

export class Errands {
  readonly #sent = new Map<Errand, number>()

  heard(errand: Errand): void {
    this.#sent.delete(errand)
  }

  clear(): void {
    this.#sent.clear()
  }

  /** What is to be sent now, and is taken for sent from now on; `unchecked` are chunks in their order. */
  due(state: State, unchecked: readonly number[], now: number): Work[] {
    const due: Work[] = []
    if (!state.isRead && this.#leave('split', now)) due.push({ kind: 'split', ...idsOf(state) })
    let open = [...this.#sent].filter(([errand, at]) => errand !== 'split' && now - at < UNHEARD_MS).length
    for (const chunk of unchecked) {
      if (open >= CHECKS) break
      if (!this.#leave(chunk, now)) continue
      open += 1
      due.push({ kind: 'check', ...idsOf(state), chunk })
    }
    return due
  }

  /** False where it is under way. */
  #leave(errand: Errand, now: number): boolean {
    const at = this.#sent.get(errand)
    if (at !== undefined && now - at < UNHEARD_MS) return false
    this.#sent.set(errand, now)
    return true
  }
}
