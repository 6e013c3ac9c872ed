// A verification that was not made, as the problem that tells its caller what to do.
import type { Context } from 'hono'
import type { Answered } from '../verify/counted.ts'
import { invalidKey, refuse, unavailable } from '../http/problem.ts'
import { overLimit, tellQuota } from '../http/quota.ts'

type Refused = Exclude<Answered, { readonly ok: true }>

export function refused(context: Context, refusal: Refused) {
  switch (refusal.why) {
    case 'unauthenticated':
      return invalidKey(context)
    case 'rate-limited':
      return overLimit(context, refusal.quota)
    case 'too-fast': {
      const detail = `Too many requests from here within a short while: come back in ${refusal.waitS} s.`
      return refuse(context, 'rate-limited', { detail, headers: { 'retry-after': String(refusal.waitS) } })
    }
    case 'insufficient-credits': {
      tellQuota(context, refusal.quota)
      const detail =
        'Nothing is left beside what requests under way may cost: buy credits, or wait until those have ended.'
      return refuse(context, 'insufficient-credits', { detail })
    }
    case 'unavailable':
      return unavailable(context)
  }
}
