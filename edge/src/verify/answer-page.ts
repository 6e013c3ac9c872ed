// Asked by a page of ours: counted by the visitor's address, charged to nobody, kept nowhere.
import { free } from '@postern/shared/verdict/cost.ts'
import { DEFAULT_PARTITION } from '../accounts/places.ts'
import { countVisit } from '../http/visit.ts'
import type { Services } from '../routes/context.ts'
import type { Answered, Asked } from './counted.ts'
import { render } from './render.ts'
import { verify } from './verify.ts'

export async function answerPage(asked: Asked, services: Services): Promise<Answered> {
  const { allowed, quota } = await countVisit(asked.request.mode, asked.ip, services)
  if (!allowed) return { ok: false, why: 'rate-limited', quota }
  const [lanes, memo] = [services.verify.lanesOf(DEFAULT_PARTITION), services.verify.memoOf(DEFAULT_PARTITION)]
  const ports = { ...services.verify, lanes, memo, account: null, mayAsk: async () => true }
  const verified = await verify(asked.request, ports)
  return { ok: true, verification: render({ ...asked, verified, cost: free('page') }), quota }
}
