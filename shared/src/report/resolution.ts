// How long the look-ups before a delivery take, as a model: cold, warm, and as a sender's cache has it. Milliseconds.

/** Hops that a resolver walks for one look-up, and how long its answer may be kept. */
export interface LookUp {
  readonly coldMs: number
  readonly warmMs: number
  readonly ttlS: number
}

/** What a hop costs where nobody has measured it: root, top-level domain, the zone's own server. */
export const HOP_MS = { root: 13, tld: 10, zone: 10 } as const

/** Where the exchanges' names lie, seen from the domain. */
export type Kinship = 'same_zone' | 'same_tld' | 'other_tld'

/** MX and address of a domain that nobody has asked about: what is known of the way to the one is not asked again for the other. */
export function coldMs(kinship: Kinship, hop: Readonly<Record<keyof typeof HOP_MS, number>> = HOP_MS): number {
  const walk = hop.root + hop.tld + hop.zone
  switch (kinship) {
    case 'same_zone':
      return walk + hop.zone
    case 'same_tld':
      return walk + hop.tld + hop.zone
    case 'other_tld':
      return 2 * walk
  }
}

/** Share of questions that a cache answers: Poisson demand of `perSecond`, kept for `ttlS`. */
export function hitRate(ttlS: number, perSecond: number): number {
  return (perSecond * ttlS) / (1 + perSecond * ttlS)
}

/** One sender in so many seconds. */
export const DEMAND_S = 600

export function expectedMs(lookUps: readonly LookUp[], perSecond = 1 / DEMAND_S): number {
  return lookUps.reduce((sum, { coldMs: cold, warmMs, ttlS }) => {
    const hit = hitRate(ttlS, perSecond)
    return sum + hit * warmMs + (1 - hit) * cold
  }, 0)
}

/** Our line, and no standard's: RFC 5321 §4.5.3.2 gives minutes. */
const SERVICE_MS = 150

export function isOverServiceLine(ms: number): boolean {
  return ms > SERVICE_MS
}
