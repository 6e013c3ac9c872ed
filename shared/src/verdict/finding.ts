// What goes into a judgement and what comes out of it: shared by the rules, so that none of them knows another.
import type { Fact } from './evidence.ts'
import type { Level, Reason, Status } from './reasons.ts'

/** What is to be judged. The recipient domain is needed for provider rows; it is in A-form. */
export interface Case {
  readonly facts: readonly Fact[]
  readonly domain: string
  /** Instant in milliseconds since the epoch. */
  readonly now: number
  /** Signals that an account wants shown and not counted against an address. */
  readonly flagOnly?: readonly string[]
}

/** A rule's finding. `cites` are the facts without which it would not stand; `rule` names the row of the published table. */
export interface Finding {
  readonly reason: Reason
  readonly level: Level
  readonly rule: string
  readonly cites: readonly Fact[]
  /** Instant from which asking again can help, or null. */
  readonly retryAt: number | null
}

export interface Verdict extends Finding {
  readonly status: Status
}

export type Rule = (judged: Case) => Finding | null
