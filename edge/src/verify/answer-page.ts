// Asked by a page of ours: counted by the visitor's address, charged to nobody, kept nowhere.
import { free } from '@postern/shared/verdict/cost.ts'
import { base32 } from '../accounts/ids.ts'
import { sign } from '../accounts/secrets.ts'
import { subscriber } from '../http/near-limits.ts'
import type { Services } from '../routes/context.ts'
import type { Answered, Asked } from './counted.ts'
import { render } from './render.ts'
import { verify } from './verify.ts'

export async function answerPage(asked: Asked, services: Services): Promise<Answered> {
  const name = base32((await sign(services.secrets, 'visitor', subscriber(asked.ip))).subarray(0, 20))
  const { allowed, quota } = await services.visitor(name, asked.request.mode)
  if (!allowed) return { ok: false, why: 'rate-limited', quota }
  const [lanes, memo] = [services.verify.lanesOf('default'), services.verify.memoOf('default')]
  const ports = { ...services.verify, lanes, memo, account: null, mayAsk: async () => true }
  const verified = await verify(asked.request, ports)
  return { ok: true, verification: render({ ...asked, verified, cost: free('page') }), quota }
}
