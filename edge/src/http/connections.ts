// At most six connections at a time: a Worker invocation gets no more, and a run on a desk must not pretend otherwise.

export type Connect = <T>(call: () => Promise<T>) => Promise<T>

/** One per invocation. Calls beyond the limit wait for their turn, first come first served. */
export function limitConnections(limit = 6): Connect {
  let open = 0
  const waiting: (() => void)[] = []
  return async (call) => {
    if (open >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    open += 1
    try {
      return await call()
    } finally {
      open -= 1
      waiting.shift()?.()
    }
  }
}
