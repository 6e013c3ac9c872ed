// The rule behind permits, pure: what one destination has been granted of late, and whether it may be dialled now.
import { barredUntil, type Breaker, believable as believableBreakers, letThrough, type Try, tried } from './breaker.ts'
import {
  believable as believableStanding,
  learnedFrom,
  NO_STANDING,
  paceAt,
  type Showed,
  type Standing,
  standsAgainst,
} from './standing.ts'

export interface Limits {
  readonly connections: number
  readonly connectionsPerSecond: number
  readonly recipientsPerMinute: number
  readonly refusedPerHour: number
  /** How many times faster than the clock seconds, minutes and hours pass; 1 but on a desk. */
  readonly hurry?: number
}

export interface Grants {
  /** [instant ms, RCPTs] of the last 65 s and more, oldest first. */
  readonly granted: readonly (readonly [number, number])[]
  readonly slots: readonly Slot[]
  /** [instant ms, owner, of whom it learned something] of the last minute's visits, oldest first. */
  readonly visits: readonly (readonly [number, string, readonly string[]])[]
  /** Instants of the last hour at which recipients were refused, oldest first. */
  readonly refused: readonly number[]
  readonly standing: Standing
  readonly breakers: readonly Breaker[]
  readonly manners: readonly Manner[]
}

/** A connection that may be open now; `until` is the instant at which it is void. */
export interface Slot {
  readonly owner: string
  readonly about: readonly string[]
  readonly until: number
  /** How many recipients may yet be refused on it. */
  readonly refusable: number
}

/** How one address likes to be spoken to, as of `at`. */
export interface Manner {
  readonly address: string
  readonly at: number
  /** EHLO keywords that it offered together with PIPE_CONNECT; null where it may not be spoken to before it greets. */
  readonly early: readonly string[] | null
  /** True after it advertised PIPELINING and then stalled. */
  readonly stalls: boolean
}

export interface Wanted {
  readonly owner: string
  /** Which of the destination's addresses is to be dialled. */
  readonly address: string
  /**
   * Tokens of whom it asks about, nobody being asked about twice at a time, each with the instant at which what is known of
   * them was learned, 0 where nothing is: a later visit than that has an answer to be read.
   */
  readonly about: readonly (readonly [token: string, learnedAt: number])[]
  /** Tokens of the strangers it asks about: where somebody is asking about one, the answer is worth waiting for. */
  readonly controls: readonly string[]
  readonly recipients: number
  /** Of how many of them each connection tells, where they are shared out over several, one after the other. */
  readonly sessions?: readonly number[]
  /** How many of them may be refused. */
  readonly refusable: number
  /** Instant at which the slot is void if nobody gives it back. */
  readonly until: number
  /** Nobody waits for it: the last fifth of the recipients is left to those who do wait. */
  readonly patient: boolean
}

export type Decision =
  | {
      readonly kind: 'granted'
      readonly grants: Grants
      /** How many of the connections that were asked for, and how long after one another they are made, in milliseconds. */
      readonly sessions: number
      readonly gapMs: number
      /** When as many recipients would be granted again. */
      readonly nextAt: number
    }
  | { readonly kind: 'permit' | 'breaker_open' | 'shunned' | 'in_progress'; readonly retryAt: number }

/** What came of a visit. */
export interface Outcome extends Showed, Try {
  /** Recipients that were refused for good. */
  readonly refused: number
  /** Recipients named so late that the grant no longer covers them. */
  readonly late: number
  /** Tokens of those of whom an answer was learned that others may read. */
  readonly learned: readonly string[]
  /** What was seen of an address's manners; null where that is as it was known. */
  readonly manner: Manner | null
}

/** Of a visit at which nothing was said of anybody: only whether a connection came about counts. */
export const NOTHING_SHOWED: Omit<Outcome, keyof Try> = {
  pushedBack: false,
  refusal: null,
  refused: 0,
  late: 0,
  learned: [],
  manner: null,
}

export const NO_GRANTS: Grants = {
  granted: [],
  slots: [],
  visits: [],
  refused: [],
  standing: NO_STANDING,
  breakers: [],
  manners: [],
}

/** What is granted is on the wire within this span, or it is counted again: spans are that much longer than the limits'. */
export const ON_THE_WIRE_MS = 5_000
const MINUTE_MS = 60_000 + ON_THE_WIRE_MS
const SECOND_MS = 1_000
/** A clock that runs ahead by this much is believed. */
const SKEW_MS = 1_000
const HOUR_MS = 3_600_000
const VISIT_MS = 60_000
/** What an address offered yesterday may be another machine's today. */
const MANNERS_MS = 24 * HOUR_MS
/** An operator has more addresses than this, and an item has to stay small. */
const MOST_MANNERS = 32
/** A slot that is taken comes free within a conversation's length; asking much earlier costs more than it wins. */
const SLOT_RETRY_MS = 200
/** Of the recipients of a minute, those that a list may have: the rest is left to whoever waits. */
export const PATIENT_SHARE = 0.8
/** No longer than this does anybody hold a slot: a job's longest budget and some grace. */
const LONGEST_SLOT_MS = 75_000

/** May `wanted` dial now? A granted answer holds the state to be stored. */
export function grant(stored: Grants, wanted: Wanted, { limits, now }: { limits: Limits; now: number }): Decision {
  const { hurry = 1 } = limits
  const grants = believable(stored, now, hurry)
  const against = standsAgainst(grants.standing, now)
  if (against !== null) return against
  const barred = barredUntil(grants.breakers, wanted.address, now)
  if (barred !== null) return { kind: 'breaker_open', retryAt: barred }
  const slots = grants.slots.filter(({ owner }) => owner !== wanted.owner)
  if (isAskedAbout(grants, wanted)) return { kind: 'in_progress', retryAt: now + SLOT_RETRY_MS }
  const waited = slots.some((slot) => wanted.controls.some((token) => slot.about.includes(token)))
  if (waited || slots.length >= limits.connections) {
    return { kind: 'permit', retryAt: Math.min(now + SLOT_RETRY_MS, ...slots.map(({ until }) => until)) }
  }
  const gapMs = Math.ceil((SECOND_MS * paceAt(grants.standing, now)) / hurry)
  const fit = sessionsThatFit({ ...grants, slots }, wanted, { limits, now, gapMs })
  const [recipients = wanted.recipients] = wanted.sessions ?? []
  const first = { ...wanted, recipients, refusable: refusableIn(wanted, 1) }
  if (fit.length === 0) return { kind: 'permit', retryAt: allowedAt({ ...grants, slots }, first, { limits, now }) }
  const { owner, until } = wanted
  const refusable = refusableIn(wanted, fit.length)
  const about = [...wanted.about.map(([token]) => token), ...wanted.controls]
  const granted = [...grants.granted, ...fit]
  return {
    kind: 'granted',
    sessions: fit.length,
    gapMs,
    // Where the first connection's worth fits again, those behind it do at their distance.
    nextAt: allowedAt({ ...grants, granted, slots }, first, { limits, now }),
    grants: {
      granted,
      slots: [...slots, { owner, about, until, refusable }],
      visits: grants.visits,
      refused: grants.refused,
      standing: grants.standing,
      breakers: letThrough(grants.breakers, wanted.address, now),
      manners: grants.manners,
    },
  }
}

/** Each further connection may cause one refusal more. */
function refusableIn({ refusable, sessions = [] }: Wanted, count: number): number {
  return Math.max(0, refusable - Math.max(0, sessions.length - count))
}

/** The first of the wished-for connections, as many as all rates allow, each at its own instant. */
function sessionsThatFit(
  grants: Grants,
  wanted: Wanted,
  { limits, now, gapMs }: { limits: Limits; now: number; gapMs: number },
): (readonly [at: number, recipients: number])[] {
  const fit: (readonly [number, number])[] = []
  for (const [n, recipients] of (wanted.sessions ?? [wanted.recipients]).entries()) {
    const at = now + n * gapMs
    const granted = [...grants.granted, ...fit]
    const part = { ...wanted, recipients, refusable: refusableIn(wanted, n + 1) }
    if (allowedAt({ ...grants, granted }, part, { limits, now: at }) > at) break
    fit.push([at, recipients])
  }
  return fit
}

/** Somebody else is asking about them, or has asked since the asker looked; then the answer is there to be read. */
function isAskedAbout({ slots, visits }: Grants, { owner, about }: Wanted): boolean {
  return about.some(
    ([token, learnedAt]) =>
      slots.some((slot) => slot.owner !== owner && slot.about.includes(token)) ||
      visits.some(([at, other, whom]) => other !== owner && at > learnedAt && whom.includes(token)),
  )
}

/** What is still of account; what a clock that ran ahead has written would bar a destination and is left out. */
function believable(grants: Grants, now: number, hurry: number): Grants {
  const standing = believableStanding(grants.standing, now)
  const pace = paceAt(standing, now)
  return {
    granted: grants.granted.filter(([at]) => at <= now + LONGEST_SLOT_MS && now - at < (MINUTE_MS * pace) / hurry),
    slots: grants.slots.filter(({ until }) => until > now && until <= now + LONGEST_SLOT_MS),
    visits: grants.visits.filter(([at]) => at <= now + SKEW_MS && now - at < VISIT_MS),
    refused: grants.refused.filter((at) => at <= now + SKEW_MS && now - at < HOUR_MS / hurry),
    standing,
    breakers: believableBreakers(grants.breakers, now),
    manners: grants.manners.filter(({ at }) => at <= now + SKEW_MS && now - at < MANNERS_MS),
  }
}

/** The first instant at which all rates allow it. */
function allowedAt(grants: Grants, wanted: Wanted, { limits, now }: { limits: Limits; now: number }): number {
  const { hurry = 1 } = limits
  const pace = paceAt(grants.standing, now) / hurry
  const share = wanted.patient ? PATIENT_SHARE : 1
  // A connection that is yet to be made leaves this second alone.
  const connections = grants.granted.filter(([at]) => at < now + SECOND_MS * pace).map(([at]) => [at, 1] as const)
  const refused = grants.refused.map((at) => [at, 1] as const)
  const refusable = Math.min(wanted.refusable, limits.refusedPerHour)
  // Those who are still talking may yet tell of as many as they were let in with.
  const untold = grants.slots.reduce((sum, slot) => sum + slot.refusable, 0)
  const crowded = untold > 0 && refusable > 0 && refused.length + untold + refusable > limits.refusedPerHour
  return Math.max(
    fitsAt(connections, { more: 1, most: limits.connectionsPerSecond, spanMs: SECOND_MS * pace, now }),
    fitsAt(grants.granted, {
      more: wanted.recipients,
      most: Math.floor(limits.recipientsPerMinute * share),
      spanMs: MINUTE_MS * pace,
      now,
    }),
    fitsAt(refused, { more: refusable, most: limits.refusedPerHour, spanMs: HOUR_MS / hurry, now }),
    crowded ? now + SLOT_RETRY_MS : now,
  )
}

interface Rate {
  readonly more: number
  readonly most: number
  readonly spanMs: number
  readonly now: number
}

/** When `more` fit beside what is `counted` of the last span; what alone is more than `most` fits once the span is empty. */
function fitsAt(counted: readonly (readonly [number, number])[], { more, most, spanMs, now }: Rate): number {
  const within = counted.filter(([at]) => now - at < spanMs)
  let excess = within.reduce((sum, [, count]) => sum + count, Math.min(more, most)) - most
  let allowed = now
  for (const [at, count] of within) {
    if (excess <= 0) break
    excess -= count
    allowed = at + Math.ceil(spanMs)
  }
  return allowed
}

/**
 * The state after a visit. A try counts while its slot is held, and what was heard counts once, however often it is told: a
 * write whose answer was lost is written again.
 */
export function settle(grants: Grants, owner: string, { outcome, now }: { outcome: Outcome; now: number }): Grants {
  const slots = grants.slots.filter((slot) => slot.owner !== owner)
  const isHeld = slots.length < grants.slots.length
  const wasTold = grants.visits.some(([, teller]) => teller === owner)
  if (!isHeld && (wasTold || outcome.reached !== true)) return { ...grants, slots }
  return {
    granted: outcome.late > 0 ? [...grants.granted, [now, outcome.late]] : grants.granted,
    slots,
    visits: [...grants.visits, [now, owner, outcome.learned]],
    refused: [...grants.refused, ...Array.from({ length: outcome.refused }, () => now)],
    standing: learnedFrom(grants.standing, outcome, now),
    breakers: tried(grants.breakers, outcome, now),
    manners: outcome.manner === null ? grants.manners : learnedManners(grants.manners, outcome.manner),
  }
}

function learnedManners(known: readonly Manner[], seen: Manner): readonly Manner[] {
  const others = known.filter(({ address }) => address !== seen.address)
  return seen.early === null && !seen.stalls ? others : [...others, seen].slice(-MOST_MANNERS)
}
