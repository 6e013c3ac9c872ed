// How often a key may ask: tiers, and the window that an object counts in.

export const TIERS = ['trial', 'standard', 'high'] as const
export type Tier = (typeof TIERS)[number]

export const POLICIES = ['full', 'calls'] as const
/** `full`: verifications that may cause a conversation. `calls`: everything else that reads or changes the account. */
export type Policy = (typeof POLICIES)[number]

/** Requests of one key within a minute, counted by its account's object. Fast mode is counted at each location instead. */
export const PER_MINUTE: Readonly<Record<Tier, Readonly<Record<Policy, number>>>> = {
  trial: { full: 60, calls: 60 },
  standard: { full: 600, calls: 300 },
  high: { full: 120_000, calls: 120_000 },
}

/** Fast mode, at each location: requests of one key, and of one address behind a browser key, within their windows. */
export const NEAR: Readonly<Record<Tier, { readonly fast: number; readonly ip: number }>> = {
  trial: { fast: 20, ip: 10 },
  standard: { fast: 1_000, ip: 60 },
  high: { fast: 20_000, ip: 120_000 },
}
export const FAST_WINDOW_S = 10
export const IP_WINDOW_S = 60

/** What a caller may be told of its limit, as `RateLimit` and `RateLimit-Policy` say it. */
export interface Quota {
  readonly policy: string
  readonly limit: number
  readonly windowS: number
  readonly remaining: number
  /** Seconds until the window begins anew, at least 1. */
  readonly resetS: number
}

export interface Count {
  readonly startedAt: number
  readonly used: number
}

export interface Rule {
  readonly policy: string
  readonly limit: number
  readonly windowS: number
}

/** One more request in a fixed window; `count` stays as it was where it is refused. Instants in milliseconds. */
export function count(rule: Rule, before: Count | null, now: number): { quota: Quota; count: Count; allowed: boolean } {
  const windowMs = rule.windowS * 1_000
  // A clock that jumped back must not keep a window open for longer than its length.
  const current =
    before !== null && now < before.startedAt + windowMs && now >= before.startedAt
      ? before
      : { startedAt: now, used: 0 }
  const allowed = current.used < rule.limit
  const used = allowed ? current.used + 1 : current.used
  const resetS = Math.max(1, Math.ceil((current.startedAt + windowMs - now) / 1_000))
  return { allowed, count: { ...current, used }, quota: { ...rule, remaining: rule.limit - used, resetS } }
}
