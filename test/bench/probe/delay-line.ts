// What is due later, in order and to a fraction of a millisecond: half of a way that has a length.

interface Due {
  readonly at: number
  readonly act: () => void
}

/** Acts in the order in which they were pushed, none before its instant of `performance.now()`. */
export class DelayLine {
  #waiting: Due[] = []
  #timer: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined

  push(at: number, act: () => void): void {
    this.#waiting.push({ at, act })
    if (this.#waiting.length === 1) this.#arm()
  }

  stop(): void {
    this.#waiting = []
    clearTimeout(this.#timer)
    clearImmediate(this.#turn)
  }

  /** Timers know whole milliseconds only: the last fraction is waited for turn by turn. */
  #arm(): void {
    const leftMs = (this.#waiting[0]?.at ?? 0) - performance.now()
    if (leftMs >= 1) this.#timer = setTimeout(() => this.#run(), Math.floor(leftMs))
    else this.#turn = setImmediate(() => this.#run())
  }

  #run(): void {
    for (;;) {
      const [first] = this.#waiting
      if (first === undefined) return
      if (first.at > performance.now()) return this.#arm()
      this.#waiting.shift()
      first.act()
    }
  }
}
