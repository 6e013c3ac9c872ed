// Asked with a test key: nobody is asked and nothing charged; counted and kept apart, so that integrations can be tried whole.
import { free } from '@postern/shared/verdict/cost.ts'
import { pseudonyms } from '../accounts/pseudonym.ts'
import type { Services } from '../routes/context.ts'
import { type Answered, type AskedByKey, recordOf, settlementOf } from './counted.ts'
import { enter } from './enter.ts'
import { render } from './render.ts'
import { sandboxed, sandboxProblem, SLOW_MS } from './sandbox.ts'

/** What `rate_limit@…` shows: the refusals that either mode knows. */
const TOO_MANY = {
  fast: { ok: false, why: 'too-fast', waitS: 10 },
  full: {
    ok: false,
    why: 'rate-limited',
    quota: { policy: 'full', limit: 60, windowS: 60, remaining: 0, resetS: 1 },
  },
} as const

export async function answerSandbox(asked: AskedByKey, services: Services): Promise<Answered> {
  const { caller, request, wanted, startedAt } = asked
  const entered = asked.entered ?? (await enter({ ...asked, mode: request.mode }, services))
  if (!entered.ok) return entered
  const named = sandboxProblem(request)
  if (named === 'rate_limit') return TOO_MANY[request.mode]
  if (named === 'insufficient_credits') return { ok: false, why: 'insufficient-credits', quota: entered.quota }
  if (named === 'slow') await services.verify.sleep(Math.min(SLOW_MS, request.deadlineAt - services.now()))
  const verified = sandboxed(request, services.now())
  const price = free('sandbox')
  const verification = render({ request, wanted, verified, cost: price, startedAt })
  const names = await pseudonyms(services.secrets, request.email)
  const settlement = settlementOf(asked, verified, { price, names })
  const keep = () => services.till.practise(caller.account, settlement, recordOf(verification, names))
  // What may be repeated by its key has to be there by then.
  if (request.mode === 'fast' && asked.entered === null) services.later(keep)
  else await keep()
  return { ok: true, verification, quota: entered.quota }
}
