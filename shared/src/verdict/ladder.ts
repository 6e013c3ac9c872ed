// When an inquiry that nobody waits for is worth another visit: what the reply names, else the next rung, and never beyond a day.
import { meaning } from '../smtp/meaning.ts'
import { type Fact, isProbeFact } from './evidence.ts'
import type { Verdict } from './finding.ts'
import { DAY_MS, lastWord } from './lifetimes.ts'
import { worthOf } from './reasons.ts'

const MINUTE_MS = 60_000
/** Greylists let the second visit pass after one to five minutes, some after thirty, few after hours. */
const RUNGS_MS = [1, 2, 4, 30, 120].map((minutes) => minutes * MINUTE_MS)
/** Nobody was put off where nobody spoke: who does not come back within minutes seldom does within hours. */
const SILENT_RUNGS_MS = [1, 4].map((minutes) => minutes * MINUTE_MS)
/** Later by up to this share, so that those who were put off together do not come back together. */
const JITTER = 0.1
/** Whoever was in the way tells when it will not be; where nobody did, this long is a fair guess. */
const HELD_MS = MINUTE_MS
/** Whoever says "now", or has said so a while ago, is not asked again and again within one second. */
const LEAST_MS = 1_000
/** From its first visit on, an inquiry is no older than this. */
export const LONGEST_MS = DAY_MS

export interface Progress {
  readonly verdict: Verdict
  readonly facts: readonly Fact[]
  /** Visits at which somebody was named or a server spoke; 0 where something was in the way of each. */
  readonly visits: number
  /** When the inquiry began, in milliseconds since the epoch. */
  readonly since: number
  readonly now: number
  /** 0–1. */
  readonly roll: number
}

/** Instant of the next visit, in milliseconds since the epoch; null where the verdict stands, or no visit could change it in time. */
export function nextVisit(progress: Progress): number | null {
  const { verdict, since, now, roll } = progress
  if (verdict.status !== 'unknown') return null
  if (worthOf(verdict.reason).retryable !== true && verdict.retryAt === null) return null
  const at = atOf(progress)
  if (at === null) return null
  const next = Math.max(now + LEAST_MS, Math.round(at + (at - now) * JITTER * roll))
  return next > since + LONGEST_MS ? null : next
}

function atOf({ verdict, facts, visits, now }: Progress): number | null {
  const probed = facts.filter(isProbeFact)
  const held = verdict.cites.some(({ kind }) => kind === 'hold')
  if (held) return verdict.retryAt ?? now + HELD_MS
  const word = lastWord(probed)
  const rungs = word?.kind === 'reply' ? RUNGS_MS : SILENT_RUNGS_MS
  const rung = rungs[Math.max(0, visits - 1)]
  const named = word?.kind === 'reply' ? meaning(word.reply, word).retryAfterS : null
  if (rung === undefined) return null
  // The first delay that a class of replies stands for is in the verdict; the ladder takes over from there.
  return named !== null || visits <= 1 ? (verdict.retryAt ?? now + rung) : now + rung
}
