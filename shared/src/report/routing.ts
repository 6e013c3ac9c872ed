// The routing tree of a domain as a model: in which order senders try its exchanges, who takes the mail, and when. Seconds.

export interface Exchange {
  readonly host: string
  readonly preference: number
  /** Probability that it does not take the mail, 0–1. */
  readonly failure: number
  /** What a failure costs before the next one is tried, and what success takes. */
  readonly failS: number
  readonly okS: number
}

/** `gapS`: pause before the next exchange; `requeueS`: pause when all have failed. */
export interface Profile {
  readonly gapS: number
  readonly requeueS: number
}

/** RFC 5321 §4.5.4.1 has senders wait 30 minutes at least; Postfix begins with five; some queue before they go on to a backup. */
export const PROFILES = {
  rfc: { gapS: 0, requeueS: 1_800 },
  postfix: { gapS: 0, requeueS: 300 },
  queued_failover: { gapS: 300, requeueS: 300 },
} as const satisfies Record<string, Profile>

interface Tree {
  /** Probability that the first round finds somebody. */
  readonly firstRound: number
  /** Mean time of mail that is taken in the first round; null where none ever is. */
  readonly roundS: number | null
  /** As `roundS`, with the rounds after it; null where nobody ever takes mail. */
  readonly expectedS: number | null
  /** By host, the share of mail that it takes in the first round. */
  readonly shares: ReadonlyMap<string, number>
}

/** What is assumed of an exchange that nobody has tried. */
export const ASSUMED_FAILURE = 0.01
/** A connection that is not answered is given up after so long. */
export const TIMEOUT_S = 30

/** `dnsS`: look-ups before the first try. */
export function routingTree(exchanges: readonly Exchange[], dnsS: number, { gapS, requeueS }: Profile): Tree {
  const shares = new Map(exchanges.map(({ host }) => [host, 0]))
  const levels = levelsOf(exchanges)
  let takenS = 0
  let reached = { probability: 1, atS: dnsS }
  for (const [n, level] of levels.entries()) {
    const { taken, lost } = tryLevel(level, { gapS, isLast: n === levels.length - 1 })
    for (const { host, probability, afterS } of taken) {
      const share = reached.probability * probability
      shares.set(host, (shares.get(host) ?? 0) + share)
      takenS += share * (reached.atS + afterS)
    }
    reached = { probability: reached.probability * lost.probability, atS: reached.atS + lost.afterS }
  }
  const firstRound = [...shares.values()].reduce((sum, share) => sum + share, 0)
  if (firstRound === 0) return { firstRound, roundS: null, expectedS: null, shares }
  const roundS = takenS / firstRound
  const { probability: lost, atS: lostS } = reached
  return { firstRound, roundS, expectedS: roundS + (lost / (1 - lost)) * (lostS + requeueS), shares }
}

function levelsOf(exchanges: readonly Exchange[]): Exchange[][] {
  const preferences = [...new Set(exchanges.map(({ preference }) => preference))].toSorted((a, b) => a - b)
  return preferences.map((preference) => exchanges.filter((one) => one.preference === preference))
}

interface Level {
  readonly taken: readonly { readonly host: string; readonly probability: number; readonly afterS: number }[]
  /** All of the level have failed: the mean is exact, as each order fails with the same probability and time. */
  readonly lost: { readonly probability: number; readonly afterS: number }
}

/**
 * Equals are tried in any order, each as likely (RFC 5321 §5.1). Instead of the n! orders, what precedes a host is counted by
 * how many failed: sums over subsets of one size, which are polynomials in the others' failures.
 */
function tryLevel(level: readonly Exchange[], { gapS, isLast }: { gapS: number; isLast: boolean }): Level {
  const taken = level.map((host, at) => {
    const others = level.filter((_, other) => other !== at)
    const { probability, timeS } = before(others, gapS)
    const mine = (1 - host.failure) * probability
    return { host: host.host, probability: mine, afterS: (probability === 0 ? 0 : timeS / probability) + host.okS }
  })
  const failS = level.reduce((sum, host) => sum + host.failS, 0) + (level.length - (isLast ? 1 : 0)) * gapS
  return { taken, lost: { probability: level.reduce((all, { failure }) => all * failure, 1), afterS: failS } }
}

/** Probability that one comes to its turn among `others`, and the time that takes, weighted by it. */
function before(others: readonly Exchange[], gapS: number): { probability: number; timeS: number } {
  // By number of hosts before it: sum over subsets of the product of failures, and of product times time.
  const sums = others.reduce(
    (known, { failure, failS }) =>
      Array.from({ length: known.length + 1 }, (_, k) => {
        const [without, withIt] = [known[k], known[k - 1]]
        const product = (without?.product ?? 0) + failure * (withIt?.product ?? 0)
        const time = failure * ((withIt?.time ?? 0) + (withIt?.product ?? 0) * (failS + gapS))
        return { product, time: (without?.time ?? 0) + time }
      }),
    [{ product: 1, time: 0 }],
  )
  const n = others.length
  return sums.reduce(
    ({ probability, timeS }, { product, time }, k) => {
      // Of all orders, so many have exactly this subset before it: k! (n - k)! of (n + 1)!.
      const weight = 1 / ((n + 1) * choose(n, k))
      return { probability: probability + weight * product, timeS: timeS + weight * time }
    },
    { probability: 0, timeS: 0 },
  )
}

function choose(n: number, k: number): number {
  let ways = 1
  for (let at = 1; at <= k; at += 1) ways = (ways * (n - k + at)) / at
  return ways
}

const BANDS = ['green', 'yellow', 'amber', 'red'] as const
type Band = (typeof BANDS)[number]

/** 300 s is our service line, 1800 s a sender's usual pause (RFC 5321 §4.5.4.1). */
export function bandOf(seconds: number): Band {
  if (seconds < 30) return 'green'
  if (seconds < 300) return 'yellow'
  return seconds < 1_800 ? 'amber' : 'red'
}

/** When a sender that backs off by a factor tries for the nth time after a failure, n from 0. */
export function backOffS(
  n: number,
  { firstS, factor, mostS }: { firstS: number; factor: number; mostS: number },
): number {
  return Math.min(mostS, firstS * factor ** n)
}
