// What becomes of a delivery after an attempt: done, tried again later, or parked; pure, for the object that keeps deliveries.
import type { Failure } from '@postern/shared/contract/webhook.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** From the first attempt on; together nearly the day that is `LONGEST_MS`. */
const RUNGS_MS = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  8 * HOUR_MS,
  8 * HOUR_MS,
]
/** Sooner or later by up to this share, so that what failed together does not come back together. */
const JITTER = 0.2
export const LONGEST_MS = 24 * HOUR_MS
/** A receiver that asks for more is asked again all the same. */
const LONGEST_REST_MS = HOUR_MS

const GONE = 410

/** How one attempt ended. */
export interface Outcome {
  /** HTTP status, or null where there was no answer. */
  readonly status: number | null
  /** Null: delivered. */
  readonly why: Failure | null
  /** How long the receiver asked to be left alone, in milliseconds; null where it did not. */
  readonly restMs: number | null
}

/** How far a delivery has come since it was told or replayed. */
export interface Progress {
  /** Failures before this attempt. */
  readonly rung: number
  readonly since: number
  readonly now: number
  /** 0–1. */
  readonly roll: number
}

/** `disable`: the receiver wants nothing any more, of this delivery or any other. */
export type Fate =
  | { readonly state: 'delivered' }
  | { readonly state: 'parked'; readonly disable: boolean }
  | { readonly state: 'pending'; readonly dueAt: number }

export function fateOf(outcome: Outcome, progress: Progress): Fate {
  if (outcome.why === null) return { state: 'delivered' }
  if (outcome.status === GONE) return { state: 'parked', disable: true }
  const dueAt = nextAttempt(outcome.restMs, progress)
  return dueAt === null ? { state: 'parked', disable: false } : { state: 'pending', dueAt }
}

/** Null where the ladder or the day is over; the last attempt is at the end of the day at the latest. */
function nextAttempt(restMs: number | null, { rung, since, now, roll }: Progress): number | null {
  const usualMs = RUNGS_MS[rung]
  const endsAt = since + LONGEST_MS
  if (usualMs === undefined || now >= endsAt) return null
  const jitteredMs = usualMs * (1 + JITTER * (2 * roll - 1))
  const waitMs = Math.max(jitteredMs, Math.min(restMs ?? 0, LONGEST_REST_MS))
  return Math.min(Math.round(now + waitMs), endsAt)
}
