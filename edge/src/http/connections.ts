// At most six connections at a time: a Worker invocation gets no more, and a run on a desk must not pretend otherwise.

export type Connect = <T>(call: () => Promise<T>) => Promise<T>

/** One per invocation. Calls beyond the limit wait for their turn, first come first served. */
export function limitConnections(limit = 6): Connect {
  let open = 0
  const waiting: (() => void)[] = []
  return async (call) => {
    if (open >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else open += 1
    try {
      return await call()
    } finally {
      // The slot is handed over, not given back: nobody may take it between this call's end and the next one's start.
      const next = waiting.shift()
      if (next === undefined) open -= 1
      else next()
    }
  }
}
