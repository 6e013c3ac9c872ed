// The rule behind a lane's fitness, pure: how audits are put together, and what they are worth now.
import {
  type Canary,
  canary,
  type CheckResult,
  checkResult,
  type Fitness,
  unfitnessOf,
} from '@postern/shared/contract/audit.ts'
import { DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { z } from 'zod'
import { CLOCK_SKEW_MS } from './items.ts'

export const audited = z.object({
  checks: z.array(checkResult).readonly(),
  /** Operator → whether its dead canary was refused when it was last asked. */
  canaries: z.record(z.string(), canary),
})
/** What one audit found, or several put together. */
export type Audited = Readonly<z.infer<typeof audited>>

export const NEVER_AUDITED: Audited = { checks: [], canaries: {} }

/** A measurement holds until a newer one, and no longer than this: a day, and two hourly audits that did not come about. */
export const HOLDS_MS = DAY_MS + 2 * 3_600_000

/** Without what is too old or dated ahead of `now`. */
export function believed({ checks, canaries }: Audited, now: number): Audited {
  const counts = ({ at }: { readonly at: number }) => now - at < HOLDS_MS && at <= now + CLOCK_SKEW_MS
  return {
    checks: checks.filter(counts),
    canaries: Object.fromEntries(Object.entries(canaries).filter(([, seen]) => counts(seen))),
  }
}

/**
 * Both, as if one had followed the other: of each check the newest measurement, and that nothing was measured only where
 * nothing was. Neither order nor repetition matters, so that two audits at the same time do not either.
 */
export function merged(one: Audited, other: Audited): Audited {
  const checks = [...one.checks, ...other.checks].toSorted(byWeight)
  const operators = [one, other].flatMap(({ canaries }) => Object.entries(canaries)).toSorted(byCanary)
  return {
    checks: [...new Map(checks.map((result) => [subjectOf(result), result])).values()].toSorted(bySubject),
    canaries: Object.fromEntries(new Map(operators)),
  }
}

const subjectOf = ({ check, operator }: CheckResult): string => `${check} ${operator ?? ''}`

const RANK: Readonly<Record<CheckResult['state'], number>> = { unmeasured: 0, ok: 1, unfit: 2 }

/** The heaviest last: what was measured, then what is newer, then what is worse. */
function byWeight(one: CheckResult, other: CheckResult): number {
  const measured = Math.min(RANK[one.state], 1) - Math.min(RANK[other.state], 1)
  return measured || one.at - other.at || RANK[one.state] - RANK[other.state] || compareText(one.detail, other.detail)
}

function byCanary([name, one]: [string, Canary], [otherName, other]: [string, Canary]): number {
  return compareText(name, otherName) || one.at - other.at || Number(other.refused) - Number(one.refused)
}

const bySubject = (one: CheckResult, other: CheckResult): number => compareText(subjectOf(one), subjectOf(other))

function compareText(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** What they amount to at `now`, in milliseconds since the epoch. */
export function fitnessOf(found: Audited, now: number): Fitness {
  const { checks, canaries } = believed(found, now)
  const ofLane = checks.filter(({ check }) => check !== 'canaries')
  const bad = ofLane.filter(({ state }) => state === 'unfit')
  const refusedAt = Object.entries(canaries).flatMap(([operator, { refused, at }]) =>
    refused && now - at < DAY_MS ? [[operator, at] as const] : [],
  )
  return {
    ...laneOf(ofLane, bad),
    unfitOperators: checks.flatMap(({ operator, state }) => (operator !== null && state === 'unfit' ? [operator] : [])),
    canaries: Object.fromEntries(refusedAt),
  }
}

const MOST_WORDS = 2_000

function laneOf(checks: readonly CheckResult[], bad: readonly CheckResult[]): Pick<Fitness, 'lane' | 'kind' | 'why'> {
  if (bad.length > 0) {
    const why = bad.map(({ check, detail }) => `${check}: ${detail}`).join('; ')
    // Who is listed stays, whatever else is wrong with it: moving its domains would look like running away.
    const isListed = bad.some(({ check }) => unfitnessOf(check) === 'reputation')
    return { lane: 'unfit', kind: isListed ? 'reputation' : 'technical', why: why.slice(0, MOST_WORDS) }
  }
  if (!checks.some(({ state }) => state === 'ok'))
    return { lane: 'unmeasured', kind: null, why: 'nothing was measured' }
  const open = checks.filter(({ state }) => state === 'unmeasured').map(({ check }) => check)
  return { lane: 'fit', kind: null, why: open.length === 0 ? '' : `not measured: ${open.join(', ')}` }
}

/** Why a lane may ask nobody, or null where it may: broken, or ill thought of. */
export function barOf({ lane, kind }: Pick<Fitness, 'lane' | 'kind'>): 'lane_unfit' | 'shunned' | null {
  if (lane !== 'unfit') return null
  return kind === 'technical' ? 'lane_unfit' : 'shunned'
}
