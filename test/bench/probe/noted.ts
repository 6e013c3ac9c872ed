// What was done from when to when, and which of it was done side by side.

/** Instants of `performance.now()`. */
export interface Span {
  readonly what: string
  readonly from: number
  readonly to: number
  readonly failed: boolean
}

export async function noted<T>(spans: Span[], what: string, act: () => Promise<T>): Promise<T> {
  const from = performance.now()
  let failed = true
  try {
    const value = await act()
    failed = false
    return value
  } finally {
    spans.push({ what, from, to: performance.now(), failed })
  }
}

/** Spans that overlap make one turn. */
export function turns(spans: readonly Span[]): Span[] {
  const inOrder = spans.toSorted((one, other) => one.from - other.from)
  return inOrder.reduce<Span[]>((found, span) => {
    const last = found.at(-1)
    if (last === undefined || span.from >= last.to) return [...found, span]
    return [...found.slice(0, -1), { ...last, to: Math.max(last.to, span.to) }]
  }, [])
}

export const overlaps = (one: Span, other: Span): boolean => one.from < other.to && other.from < one.to
