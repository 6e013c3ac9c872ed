// A lane that is of no use to somebody who can wait: how seldom it is asked, how long it is waited for, and who goes on instead.
import { rank } from '@postern/shared/lanes/choose.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'

/** A lane that is busy is there, and asked again after this long. */
export const BUSY_MS = 1_000
/** One of which nothing is heard, after this long at least. */
export const UNCERTAIN_MS = 10_000
const LONGEST_PAUSE_MS = 5 * 60_000
/** A lane that is lost is waited for this long: it is the one that greylists know. */
const PATIENCE_MS = 30 * 60_000

/** The lane has asked nobody, and others may: it is broken, and not ill thought of. */
export function isUnfit(facts: readonly Fact[]): boolean {
  return facts.some((fact) => fact.kind === 'hold' && fact.hold === 'lane_unfit')
}

/** Until the next question, in milliseconds: longer, the longer the lane is lost. */
export function pauseAfter(lostMs: number, leastMs: number): number {
  return Math.max(leastMs, Math.min(LONGEST_PAUSE_MS, lostMs / 4))
}

export function isGivenUp(lostMs: number): boolean {
  return lostMs > PATIENCE_MS
}

/** The best one for `key` that was not tried yet. */
export function untried(lanes: readonly Lane[], key: string, tried: readonly string[]): Lane | null {
  return rank(lanes, key).find(({ id }) => !tried.includes(id)) ?? null
}
