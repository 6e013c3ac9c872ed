// How a batch goes on while parts of it are killed: when its rows grew, and how long they did not.

interface Look {
  readonly done: number
  readonly finished_at: string | null
}

interface Change {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly done: number
}

export class Progress {
  readonly #changes: Change[] = []
  #endedAt: number | null = null

  look({ done, finished_at: finishedAt }: Look): void {
    const at = Date.now()
    if (done !== (this.#changes.at(-1)?.done ?? 0)) this.#changes.push({ at, done })
    if (finishedAt !== null) this.#endedAt ??= at
  }

  /** Nobody looks any more. */
  end(): void {
    this.#endedAt ??= Date.now()
  }

  get hasEnded(): boolean {
    return this.#endedAt !== null
  }

  get done(): number {
    return this.#changes.at(-1)?.done ?? 0
  }

  /** The first growth after an instant, or null. */
  firstAfter(at: number): Change | null {
    return this.#changes.find((change) => change.at > at) ?? null
  }

  /** The longest time without growth between two instants, in milliseconds. */
  longestStandstill(from: number, to: number): number {
    const instants = this.#changes.map(({ at }) => at).filter((at) => at > from && at < to)
    const points = [from, ...instants, to]
    return Math.max(...points.slice(1).map((at, n) => at - (points[n] ?? at)))
  }
}
