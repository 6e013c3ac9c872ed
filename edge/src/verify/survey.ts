// One address that nobody waits for, as the edge sees it by itself: the story of one address, up to where its mail server would be asked.
import type { Services } from '../routes/context.ts'
import type { Verified, VerifyRequest } from './verified.ts'
import { verify } from './verify.ts'

/** Neither is what lanes lately told near here, nor a registry: lists are asked of whoever has the evidence. */
const NO_MEMO = { recall: async () => null, note: () => undefined, forget: async () => undefined }
const NO_AGE = { known: () => null, learn: async () => undefined }

export function surveyed(request: VerifyRequest, { verify: ports }: Pick<Services, 'verify'>): Promise<Verified> {
  return verify(request, {
    ...ports,
    lanes: [],
    memo: NO_MEMO,
    account: null,
    ageOf: () => NO_AGE,
    mayAsk: async () => false,
  })
}
