// How a lane stands with one destination, pure: the pace it asked for, and whether it refuses us altogether.

export interface Standing {
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
  /** True where the destination said anything at all. */
  readonly reached: boolean | null
  /** 421 or 4.7.x: it wants us to come less often. */
  readonly pushedBack: boolean
  /** Our address or sender was refused; `wholly` where that holds for all domains behind the destination. */
  readonly refusal: { readonly domain: string; readonly wholly: boolean } | null
}

export const NO_STANDING: Standing = {
  pace: 1,
  pacedAt: 0,
  shuns: 0,
  shunnedUntil: 0,
  shunnedBy: [],
}

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const SLOWEST_PACE = 16
/** Half of what was taken away is given back each time this passes without another word. */
const RECOVERY_MS = 10 * 60_000
const DOMAINS_TO_SHUN = 3
const DAY_MS = 24 * HOUR_MS
const FIRST_SHUN_MS = HOUR_MS

/** Why nobody may dial at `now`, whatever the limits say, or null. */
export function standsAgainst(standing: Standing, now: number) {
  return standing.shunnedUntil > now ? ({ kind: 'shunned', retryAt: standing.shunnedUntil } as const) : null
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
    shunnedUntil: standing.shunnedUntil <= now + DAY_MS ? standing.shunnedUntil : 0,
    shunnedBy: standing.shunnedBy.filter(([at]) => at <= now + SECOND_MS && now - at < DAY_MS),
  }
}

/** The standing after a visit. */
export function learnedFrom(standing: Standing, showed: Showed, now: number): Standing {
  return afterRefusal(afterPushBack(standing, showed.pushedBack, now), showed, now)
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
