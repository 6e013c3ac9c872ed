// What a caller is told of its limits: `RateLimit` and `RateLimit-Policy` fields, and `Retry-After` when it is over.
import type { Context } from 'hono'
import type { Quota } from '../accounts/limits.ts'
import { refuse } from './problem.ts'

/** Structured fields as draft-ietf-httpapi-ratelimit-headers has them: `"full";r=599;t=31`. */
export function quotaHeaders({ policy, limit, windowS, remaining, resetS }: Quota): Record<string, string> {
  return {
    'ratelimit-policy': `"${policy}";q=${limit};w=${windowS}`,
    ratelimit: `"${policy}";r=${remaining};t=${resetS}`,
  }
}

export function tellQuota(context: Context, quota: Quota | null): void {
  for (const [name, value] of Object.entries(quota === null ? {} : quotaHeaders(quota))) context.header(name, value)
}

export function overLimit(context: Context, quota: Quota) {
  const headers = { ...quotaHeaders(quota), 'retry-after': String(quota.resetS) }
  const detail = `At most ${quota.limit} requests in ${quota.windowS} s here: come back in ${quota.resetS} s.`
  return refuse(context, 'rate-limited', { detail, headers })
}
