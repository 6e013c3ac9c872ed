// How long this process wanted the processor and did not get it: a machine that is shared makes everybody late.

const TICK_MS = 10

export interface Watch {
  /** Milliseconds so far. */
  starvedMs(): number
  stop(): void
}

/** Between two ticks there is nothing but waiting and work: what is neither, others have had. */
export function watch(): Watch {
  let [sum, last, cpu] = [0, performance.now(), process.cpuUsage()]
  const since = (): number => {
    const { user, system } = process.cpuUsage(cpu)
    return Math.max(0, performance.now() - last - TICK_MS - (user + system) / 1_000)
  }
  const timer = setInterval(() => {
    sum += since()
    ;[last, cpu] = [performance.now(), process.cpuUsage()]
  }, TICK_MS)
  return { starvedMs: () => sum + since(), stop: () => clearInterval(timer) }
}
