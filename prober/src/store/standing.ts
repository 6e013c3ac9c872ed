// How a lane stands with one destination, pure: failures in a row, the pace it asked for, and whether it refuses us altogether.

export interface Standing {
  /** Connection failures in a row. */
  readonly failures: number
  /** Instant until which nobody dials because nobody was reached; 0 while closed. */
  readonly openUntil: number
  /** Every span is this many times as long; doubled whenever the destination asks us to slow down. */
  readonly pace: number
  readonly pacedAt: number
  /** How often in a row it refused us for what we are. */
  readonly shuns: number
  /** Instant until which nobody dials because we are refused; 0 where we are not. */
  readonly shunnedUntil: number
  /** [instant ms, token of a domain] of the last refusals of us, oldest first. */
  readonly shunnedBy: readonly (readonly [number, string])[]
}

/** What one conversation, or the try at one, showed. */
export interface Showed {
  /** False where no connection came about; null where that tells nothing, since nobody was waited for long enough. */
  readonly reached: boolean | null
  /** 421 or 4.7.x: it wants us to come less often. */
  readonly pushedBack: boolean
  /** Our address or sender was refused; `wholly` where that holds for all domains behind the destination. */
  readonly refusal: { readonly domain: string; readonly wholly: boolean } | null
}

export const NO_STANDING: Standing = {
  failures: 0,
  openUntil: 0,
  pace: 1,
  pacedAt: 0,
  shuns: 0,
  shunnedUntil: 0,
  shunnedBy: [],
}

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const FAILURES_TO_OPEN = 5
const OPEN_MS = 5 * 60_000
/** While one probe tries whether the destination is back, the others wait this long. */
const HALF_OPEN_MS = 30_000
const SLOWEST_PACE = 16
/** Half of what was taken away is given back each time this passes without another word. */
const RECOVERY_MS = 10 * 60_000
const DOMAINS_TO_SHUN = 3
const DAY_MS = 24 * HOUR_MS
const FIRST_SHUN_MS = HOUR_MS

/** Why nobody may dial at `now`, whatever the limits say, or null. */
export function standsAgainst(standing: Standing, now: number) {
  if (standing.shunnedUntil > now) return { kind: 'shunned', retryAt: standing.shunnedUntil } as const
  return standing.openUntil > now ? ({ kind: 'breaker_open', retryAt: standing.openUntil } as const) : null
}

/** The standing once somebody has been let through: behind an open breaker, one at a time. */
export function letThrough(standing: Standing, now: number): Standing {
  return { ...standing, openUntil: standing.failures >= FAILURES_TO_OPEN ? now + HALF_OPEN_MS : 0 }
}

/** By how much every span is longer at `now`. */
export function paceAt({ pace, pacedAt }: Standing, now: number): number {
  return Math.max(1, pace / 2 ** Math.max(0, Math.floor((now - pacedAt) / RECOVERY_MS)))
}

/** What a clock that ran ahead has written would bar a destination until the others catch up: it is left out. */
export function believable(standing: Standing, now: number): Standing {
  return {
    ...standing,
    pace: standing.pacedAt <= now + SECOND_MS ? standing.pace : 1,
    openUntil: standing.openUntil <= now + OPEN_MS ? standing.openUntil : 0,
    shunnedUntil: standing.shunnedUntil <= now + DAY_MS ? standing.shunnedUntil : 0,
    shunnedBy: standing.shunnedBy.filter(([at]) => at <= now + SECOND_MS && now - at < DAY_MS),
  }
}

/** Any reply closes the breaker; `showed.reached` false brings it nearer. */
export function learnedFrom(standing: Standing, showed: Showed, now: number): Standing {
  return afterRefusal(afterPushBack(afterTry(standing, showed.reached, now), showed.pushedBack, now), showed, now)
}

function afterTry(standing: Standing, reached: boolean | null, now: number): Standing {
  if (reached === null) return standing
  if (reached) return { ...standing, failures: 0, openUntil: 0 }
  const failures = standing.failures + 1
  return { ...standing, failures, openUntil: failures >= FAILURES_TO_OPEN ? now + OPEN_MS : standing.openUntil }
}

function afterPushBack(standing: Standing, pushedBack: boolean, now: number): Standing {
  return pushedBack ? { ...standing, pace: Math.min(SLOWEST_PACE, 2 * paceAt(standing, now)), pacedAt: now } : standing
}

/** One domain may dislike us for reasons of its own; three, or the operator itself, speak for all. */
function afterRefusal(standing: Standing, { reached, refusal }: Showed, now: number): Standing {
  if (refusal === null) {
    const forgiven = reached === true && now - standing.shunnedUntil > 2 * DAY_MS
    return forgiven && standing.shuns > 0 ? { ...standing, shuns: 0, shunnedUntil: 0 } : standing
  }
  const others = standing.shunnedBy.filter(([, domain]) => domain !== refusal.domain)
  const shunnedBy = [...others, [now, refusal.domain] as const].slice(-DOMAINS_TO_SHUN)
  if (!refusal.wholly && shunnedBy.length < DOMAINS_TO_SHUN) return { ...standing, shunnedBy }
  const shunnedUntil = now + Math.min(DAY_MS, FIRST_SHUN_MS * 2 ** standing.shuns)
  return { ...standing, shuns: standing.shuns + 1, shunnedUntil, shunnedBy: [] }
}
