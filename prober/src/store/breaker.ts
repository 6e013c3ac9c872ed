// The connection breaker, pure: an address that was not reached five times in a row is left alone, then tried by one at a time.

export interface Breaker {
  readonly address: string
  /** Connection failures in a row. */
  readonly failures: number
  /** Instant until which nobody dials; 0 while closed. */
  readonly openUntil: number
}

const FAILURES_TO_OPEN = 5
const OPEN_MS = 5 * 60_000
/** While one probe tries whether the address is back, the others wait this long. */
const HALF_OPEN_MS = 30_000
/** An operator has more addresses than this, and an item has to stay small. */
const MOST_BREAKERS = 32

const of = (breakers: readonly Breaker[], address: string): Breaker | undefined =>
  breakers.find((one) => one.address === address)

/** Instant until which nobody dials the address, or null. */
export function barredUntil(breakers: readonly Breaker[], address: string, now: number): number | null {
  const until = of(breakers, address)?.openUntil ?? 0
  return until > now ? until : null
}

/** Once somebody has been let through: behind an open breaker, one at a time. */
export function letThrough(breakers: readonly Breaker[], address: string, now: number): readonly Breaker[] {
  const known = of(breakers, address)
  if (known === undefined || known.failures < FAILURES_TO_OPEN) return breakers
  return put(breakers, { ...known, openUntil: now + HALF_OPEN_MS })
}

export interface Try {
  readonly address: string
  /** False where no connection came about; null where that tells nothing, since nobody was waited for long enough. */
  readonly reached: boolean | null
}

/** Any reply closes the breaker of its address; a connection that never came about brings it nearer. */
export function tried(breakers: readonly Breaker[], { address, reached }: Try, now: number): readonly Breaker[] {
  if (reached === null) return breakers
  if (reached) return breakers.filter((one) => one.address !== address)
  const { failures: before = 0, openUntil = 0 } = of(breakers, address) ?? {}
  const failures = before + 1
  return put(breakers, { address, failures, openUntil: failures >= FAILURES_TO_OPEN ? now + OPEN_MS : openUntil })
}

/** What a clock that ran ahead has written would bar an address until the others catch up: it is left out. */
export function believable(breakers: readonly Breaker[], now: number): readonly Breaker[] {
  return breakers.map((one) => (one.openUntil <= now + OPEN_MS ? one : { ...one, openUntil: 0 }))
}

function put(breakers: readonly Breaker[], one: Breaker): readonly Breaker[] {
  return [...breakers.filter(({ address }) => address !== one.address), one].slice(-MOST_BREAKERS)
}
