// What one inquiry at one domain is about, for the stories that ask and for what they share.
import type { Fitness } from '@postern/shared/contract/audit.ts'
import type { ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'

/** One address under test. */
export interface Subject {
  readonly localPart: string
  /** Exactly what RCPT says. */
  readonly wire: string
  readonly smtpUtf8: boolean
  /** When what is on record of it was learned, in milliseconds since the epoch; 0 where nothing is. */
  readonly learnedAt: number
}

export interface Inquiry {
  readonly jobId: string
  readonly domain: string
  /** Names by preference; equals in an order of the first address's own. */
  readonly exchanges: readonly string[]
  readonly deadlineAt: number
  /** True where nobody waits: rates leave room for those who do, and providers that take their time are asked. */
  readonly patient: boolean
  /** Strangers' answers and acceptances that are on record. */
  readonly domainFacts: readonly ReplyFact[]
  /** What the lane has measured of itself, operators' canaries included. */
  readonly fitness: Fitness
}

/** What was heard of some of an inquiry's subjects. */
export interface Heard {
  /** Replies to nobody's name, strangers' and postmaster's, faults before anybody was named, and why nobody was asked. */
  readonly shared: readonly ProbeFact[]
  /** By wire address: replies to its RCPT, and how the conversation broke off in its stead. */
  readonly own: ReadonlyMap<string, readonly ProbeFact[]>
  /** Wire addresses that were named to a server, and how often. */
  readonly named: ReadonlyMap<string, number>
  /** Recipients of any kind that were refused for good. */
  readonly refused: number
  /** What was said, redacted; of one inquiry at most. */
  readonly transcript: readonly string[]
}

export const NOTHING_HEARD: Heard = {
  shared: [],
  own: new Map(),
  named: new Map(),
  refused: 0,
  transcript: [],
}

/** Two tries at one host: whom the second did not come to keeps what the first one heard. */
export function retried(first: Heard, second: Heard): Heard {
  return { ...together(first, second), shared: second.shared, own: new Map([...first.own, ...second.own]) }
}

/** Both, in that order. */
export function together(one: Heard, other: Heard): Heard {
  const own = new Map(one.own)
  for (const [wire, facts] of other.own) own.set(wire, [...(own.get(wire) ?? []), ...facts])
  return {
    shared: [...one.shared, ...other.shared],
    own,
    named: summed(one.named, other.named),
    refused: one.refused + other.refused,
    transcript: [...one.transcript, ...other.transcript],
  }
}

function summed(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sum = new Map(one)
  for (const [wire, times] of other) sum.set(wire, (sum.get(wire) ?? 0) + times)
  return sum
}
