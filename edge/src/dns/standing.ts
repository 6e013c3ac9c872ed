// What an isolate has seen of its resolvers: how soon each answers, whether it is worth asking, how often one may be overtaken.

export interface Standing {
  /** False while its breaker is open, or half-open with its one question on the way. */
  readonly available: () => boolean
  readonly begin: () => void
  /** After this long a second resolver may be asked beside it, in milliseconds. */
  readonly hedgeAfterMs: () => number
  /** It spoke, whatever it said: SERVFAIL and NXDOMAIN are the name's affair. */
  readonly spoke: (tookMs: number) => void
  /** Out of reach, not HTTP 200, no DNS message; `restMs` is what it asked for (`Retry-After`), or null. */
  readonly failed: (restMs: number | null) => void
  /** Another resolver answered what this one had been silent about for so long. */
  readonly overtaken: (silentMs: number) => void
}

export interface Standings {
  readonly of: (resolver: string) => Standing
  /** A question was asked: what hedges are counted against. */
  readonly asked: () => void
  /** Takes one hedge out of the budget; false where it is spent. */
  readonly hedge: () => boolean
}

// A resolver without history is overtaken after this long.
const START_MS = 120
const LEAST_HEDGE_MS = 30
const MOST_HEDGE_MS = 400
const SAMPLES = 32
const ENOUGH_SAMPLES = 8

const QUESTIONS_PER_HEDGE = 10
/** Three look-ups of four questions: by then the breaker of a resolver that is silent has opened. */
const MOST_HEDGES = 12

/** One look-up asks four questions at once, so that silence has to last for three look-ups, a fault for two. */
const SILENCE = 1
const FAULT = 2
const OPENS_AT = 10
const LEAST_OPEN_MS = 2_000
const MOST_OPEN_MS = 60_000
/** A question that was to close the breaker, and was never heard of again, bars the next one for this long. */
const TRIAL_MS = 3_000

export function createStandings(now: () => number): Standings {
  const standings = new Map<string, Standing>()
  let credit = MOST_HEDGES * QUESTIONS_PER_HEDGE
  return {
    of: (resolver) => {
      const standing = standings.get(resolver) ?? createStanding(now)
      standings.set(resolver, standing)
      return standing
    },
    asked: () => {
      credit = Math.min(MOST_HEDGES * QUESTIONS_PER_HEDGE, credit + 1)
    },
    hedge: () => {
      if (credit < QUESTIONS_PER_HEDGE) return false
      credit -= QUESTIONS_PER_HEDGE
      return true
    },
  }
}

function createStanding(now: () => number): Standing {
  const latency = createLatency()
  const breaker = createBreaker(now)
  return {
    available: breaker.admits,
    begin: breaker.begin,
    hedgeAfterMs: latency.hedgeAfterMs,
    spoke: (tookMs) => {
      latency.add(tookMs)
      breaker.close()
    },
    failed: (restMs) => {
      if (restMs === null) breaker.add(FAULT)
      else breaker.open(Math.min(restMs, MOST_OPEN_MS))
    },
    overtaken: (silentMs) => {
      // Whoever was not given its usual time was not silent.
      if (silentMs < latency.hedgeAfterMs()) return
      latency.add(silentMs)
      breaker.add(SILENCE)
    },
  }
}

function createLatency() {
  const samples: number[] = []
  let at = 0
  let hedgeAfterMs = START_MS
  return {
    hedgeAfterMs: () => hedgeAfterMs,
    add: (ms: number): void => {
      samples[at] = ms
      at = (at + 1) % SAMPLES
      if (samples.length < ENOUGH_SAMPLES) return
      const p95 = samples.toSorted((one, other) => one - other)[Math.ceil(samples.length * 0.95) - 1] ?? START_MS
      hedgeAfterMs = Math.min(MOST_HEDGE_MS, Math.max(LEAST_HEDGE_MS, p95))
    },
  }
}

function createBreaker(now: () => number) {
  let weight = 0
  let openings = 0
  let openUntil = 0
  let triedAt: number | null = null
  const open = (ms: number): void => {
    openings += 1
    openUntil = now() + ms
    triedAt = null
  }
  return {
    admits: () => openings === 0 || (now() >= openUntil && (triedAt === null || now() - triedAt >= TRIAL_MS)),
    begin: (): void => {
      if (openings > 0) triedAt = now()
    },
    close: (): void => {
      weight = 0
      openings = 0
      triedAt = null
    },
    open,
    /** What is still coming in from before it opened makes it no longer open. */
    add: (more: number): void => {
      if (openings > 0 && triedAt === null) return
      weight = openings > 0 ? OPENS_AT : weight + more
      if (weight >= OPENS_AT) open(Math.min(MOST_OPEN_MS, LEAST_OPEN_MS * 2 ** openings))
    },
  }
}
