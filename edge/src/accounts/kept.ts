// How long verifications are kept: for their lists, their objects and whoever erases them.

export const DAY_MS = 86_400_000
export const KEPT_DAYS = 30
/** In milliseconds. */
export const KEPT_MS = KEPT_DAYS * DAY_MS
