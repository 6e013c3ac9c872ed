// Asked with a test key: nobody is asked and nothing charged; counted and kept apart, so that integrations can be tried whole.
import { free } from '@postern/shared/verdict/cost.ts'
import { pseudonyms } from '../accounts/pseudonym.ts'
import type { Services } from '../routes/context.ts'
import { type Answered, type AskedByKey, recordOf, settlementOf } from './counted.ts'
import { hasEnded } from './ended.ts'
import { render } from './render.ts'
import { sandboxed, sandboxProblem, SLOW_MS } from './sandbox.ts'

const EXAMPLE = { policy: 'full', limit: 60, windowS: 60, remaining: 0, resetS: 1 } as const

export async function answerSandbox(asked: AskedByKey, services: Services): Promise<Answered> {
  const { caller, request, wanted, startedAt } = asked
  const refused = await refusedKey(asked, services)
  if (refused !== null) return refused
  const named = sandboxProblem(request)
  if (named === 'rate_limit') return { ok: false, why: 'rate-limited', quota: EXAMPLE }
  if (named === 'insufficient_credits') return { ok: false, why: 'insufficient-credits', quota: null }
  if (named === 'slow') await services.verify.sleep(Math.min(SLOW_MS, request.deadlineAt - services.now()))
  const verified = sandboxed(request, services.now())
  const price = free('sandbox')
  const verification = render({ request, wanted, verified, cost: price, startedAt })
  const address = await pseudonyms(services.secrets, request.email)
  const settlement = settlementOf(asked, verified, { price, address })
  const keep = () => services.till.practise(caller.account, settlement, recordOf(verification, address))
  if (request.mode === 'fast') services.later(keep)
  else await keep()
  return { ok: true, verification, quota: null }
}

/** As with live keys: full mode asks the account's object, fast mode its last known copy. */
async function refusedKey({ caller, request, startedAt }: AskedByKey, { till }: Services): Promise<Answered | null> {
  if (request.mode === 'fast') {
    const ended = hasEnded(till.peek(caller.account), caller.keyId, startedAt)
    return ended ? { ok: false, why: 'unauthenticated' } : null
  }
  const key = { id: caller.keyId, sha256: caller.sha256 }
  const entry = await till.admit(caller.account, { key, operator: false, policy: 'full', wanted: null })
  return entry.ok ? null : entry
}
