// What becomes of rows of which their lane says nothing: what was known of them stays known, and they stay where greylists know us.
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { Hold } from '@postern/shared/verdict/evidence.ts'
import { LONGEST_MS } from '@postern/shared/verdict/ladder.ts'
import type { ProbeReport } from '@postern/shared/contract/probe.ts'
import type { ListReply } from '../probe/ask-list.ts'
import { BUSY_MS, isGivenUp, isUnfit, pauseAfter, UNCERTAIN_MS, untried } from '../verify/lost-lane.ts'
import type { Later } from './group-book.ts'
import type { Group, Member } from './groups.ts'

/** As the kinds of `ListReply`; `unfit`: the lane reports that it is broken. */
export type Silence = 'busy' | 'uncertain' | 'not_started' | 'unfit'

/** What a row comes to that nothing more is learned of. */
export const HOLD_OF = {
  busy: 'permit',
  uncertain: 'no_lane',
  not_started: 'no_lane',
  unfit: 'lane_unfit',
} as const satisfies Record<Silence, Hold>

const LEAST_MS = { busy: BUSY_MS, uncertain: UNCERTAIN_MS, not_started: UNCERTAIN_MS, unfit: 60_000 } as const

/** Null where the lane has something to say of the row. */
export function silenceOf({ kind }: ListReply, report: ProbeReport | undefined): Silence | null {
  if (kind !== 'report') return kind
  if (report === undefined) return 'uncertain'
  return isUnfit(report.facts) ? 'unfit' : null
}

/** When its place is worth another question: later, the longer nothing was heard. */
export function quietUntil(silence: Silence, member: Member, now: number): number {
  const lostMs = silence === 'busy' ? 0 : now - (member.lostAt ?? now)
  return now + pauseAfter(lostMs, LEAST_MS[silence])
}

export interface Silent {
  readonly silence: Silence
  readonly group: Group
  readonly member: Member
  /** The one that said nothing, and all there are. */
  readonly lane: string
  readonly lanes: readonly Lane[]
  readonly now: number
  /** What the row comes to by this silence, packed. */
  readonly result: string
}

/** `later` is null where nothing of the row has to be written: it is as due as it was, once its place may be asked again. */
export type AfterSilence =
  | { readonly kind: 'ended'; readonly result: string }
  | { readonly kind: 'waits'; readonly later: Later | null }

export function afterSilence(silent: Silent): AfterSilence {
  const { silence, group, member, now } = silent
  const last = member.last ?? silent.result
  if (now - group.since >= LONGEST_MS) return { kind: 'ended', result: last }
  const lostAt = lostSince(silence, member, now)
  const lane = otherLane(silent, lostAt)
  const known = { ...found(member), last }
  if (lane !== null) return { kind: 'waits', later: { member: { ...known, dueAt: now }, lane } }
  if (member.last !== undefined && lostAt === (member.lostAt ?? null)) return { kind: 'waits', later: null }
  return { kind: 'waits', later: { member: lostAt === null ? known : { ...known, lostAt } } }
}

/** The row, of which something was heard. */
export function found(member: Member): Member {
  return (member.lostAt ?? null) === null ? member : { ...member, lostAt: null }
}

/** Since when the lane is of no use; one that is busy is there. */
function lostSince(silence: Silence, { lostAt }: Member, now: number): number | null {
  return silence === 'busy' ? null : (lostAt ?? now)
}

/** Another lane where this one is broken, or has been out of reach for longer than a greylist remembers; null where it stays. */
function otherLane({ silence, group, lane, lanes, now }: Silent, lostAt: number | null): string | null {
  const isLost = silence === 'not_started' && lostAt !== null && isGivenUp(now - lostAt)
  const isOffTheMap = !lanes.some(({ id }) => id === lane)
  if (silence !== 'unfit' && !isLost && !isOffTheMap) return null
  return untried(lanes, group.domain, [...group.tried, lane])?.id ?? null
}
