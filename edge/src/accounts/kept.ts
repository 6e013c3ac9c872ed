// How long verifications are kept: for their lists, their objects and whoever erases them.

/** 30 days, in milliseconds. */
export const KEPT_MS = 30 * 86_400_000
