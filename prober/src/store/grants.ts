// The rule behind permits and breaker, pure: what one destination has been granted of late, and whether it may be dialled now.

export interface Limits {
  readonly connections: number
  readonly connectionsPerSecond: number
  readonly recipientsPerMinute: number
}

export interface Grants {
  /** [instant ms, RCPTs] of the last 65 s, oldest first. */
  readonly granted: readonly (readonly [number, number])[]
  /** Connections that may be open now: owner and the instant at which a slot is void. */
  readonly slots: readonly { readonly owner: string; readonly until: number }[]
  /** Connection failures in a row. */
  readonly failures: number
  /** Instant until which nobody dials; 0 while closed. */
  readonly openUntil: number
}

export interface Wanted {
  readonly owner: string
  readonly recipients: number
  /** Instant at which the slot is void if nobody gives it back. */
  readonly until: number
}

export type Decision =
  | { readonly kind: 'granted'; readonly grants: Grants }
  | { readonly kind: 'permit' | 'breaker_open'; readonly retryAt: number }

export const NO_GRANTS: Grants = { granted: [], slots: [], failures: 0, openUntil: 0 }

const REMEMBERED_MS = 65_000
const MINUTE_MS = 60_000
const SECOND_MS = 1_000
const FAILURES_TO_OPEN = 5
const OPEN_MS = 5 * 60_000
/** While one probe tries whether the destination is back, the others wait this long. */
const HALF_OPEN_MS = 30_000
/** A slot that is taken comes free within a conversation's length; asking much earlier costs more than it wins. */
const SLOT_RETRY_MS = 120

/** May `wanted` dial now? A granted answer holds the state to be stored. */
export function grant(stored: Grants, wanted: Wanted, { limits, now }: { limits: Limits; now: number }): Decision {
  const grants = believable(stored, now)
  if (grants.openUntil > now) return { kind: 'breaker_open', retryAt: grants.openUntil }
  const slots = grants.slots.filter((slot) => slot.until > now && slot.owner !== wanted.owner)
  const granted = grants.granted.filter(([at]) => now - at < REMEMBERED_MS)
  if (slots.length >= limits.connections) {
    return { kind: 'permit', retryAt: Math.min(now + SLOT_RETRY_MS, ...slots.map(({ until }) => until)) }
  }
  const retryAt = rateAllowsAt(granted, wanted, { limits, now })
  if (retryAt > now) return { kind: 'permit', retryAt }
  return {
    kind: 'granted',
    grants: {
      granted: [...granted, [now, wanted.recipients]],
      slots: [...slots, { owner: wanted.owner, until: wanted.until }],
      failures: grants.failures,
      openUntil: grants.failures >= FAILURES_TO_OPEN ? now + HALF_OPEN_MS : 0,
    },
  }
}

/** No longer than this does anybody hold a slot: a job's longest budget and some grace. */
const LONGEST_SLOT_MS = 75_000

/** What a clock that ran ahead has written would bar a destination until the others catch up: it is left out. */
function believable(grants: Grants, now: number): Grants {
  return {
    granted: grants.granted.filter(([at]) => at <= now + SECOND_MS),
    slots: grants.slots.filter(({ until }) => until <= now + LONGEST_SLOT_MS),
    failures: grants.failures,
    openUntil: grants.openUntil <= now + OPEN_MS ? grants.openUntil : 0,
  }
}

function rateAllowsAt(
  granted: Grants['granted'],
  wanted: Wanted,
  { limits, now }: { limits: Limits; now: number },
): number {
  const lastSecond = granted.filter(([at]) => now - at < SECOND_MS)
  const [nth] = lastSecond.slice(-limits.connectionsPerSecond)
  const connectionsAt = lastSecond.length >= limits.connectionsPerSecond && nth ? nth[0] + SECOND_MS : now
  return Math.max(connectionsAt, recipientsAllowedAt(granted, wanted, { limits, now }))
}

function recipientsAllowedAt(
  granted: Grants['granted'],
  wanted: Wanted,
  { limits, now }: { limits: Limits; now: number },
): number {
  const lastMinute = granted.filter(([at]) => now - at < MINUTE_MS)
  let excess =
    lastMinute.reduce((sum, [, recipients]) => sum + recipients, wanted.recipients) - limits.recipientsPerMinute
  for (const [at, recipients] of lastMinute) {
    if (excess <= 0) break
    excess -= recipients
    if (excess <= 0) return at + MINUTE_MS
  }
  return excess > 0 ? now + MINUTE_MS : now
}

/**
 * The state after a conversation: the slot is free; `reached` closes the breaker, `failed` brings it nearer, null says
 * nothing. A failure counts while its slot is held, so that one that is told twice counts once.
 */
export function settle(
  grants: Grants,
  owner: string,
  { reached, now }: { reached: boolean | null; now: number },
): Grants {
  const slots = grants.slots.filter((slot) => slot.owner !== owner)
  if (reached === true) return { ...grants, slots, failures: 0, openUntil: 0 }
  if (reached === null || slots.length === grants.slots.length) return { ...grants, slots }
  const failures = grants.failures + 1
  return { ...grants, slots, failures, openUntil: failures >= FAILURES_TO_OPEN ? now + OPEN_MS : grants.openUntil }
}
