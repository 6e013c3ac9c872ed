// Full mode: credit is reserved while names are looked up, and the answer is given once it is in the ledger.
import { cost, PRICE } from '@postern/shared/verdict/cost.ts'
import type { Entry } from '../accounts/till.ts'
import { partitionOf } from '../accounts/places.ts'
import { type Pseudonyms, pseudonyms } from '../accounts/pseudonym.ts'
import type { Services } from '../routes/context.ts'
import { type Answered, type AskedByKey, recordOf, settlementOf } from './counted.ts'
import { admissionOf, ENDED, isKnownToHaveEnded } from './enter.ts'
import { render } from './render.ts'
import { verify } from './verify.ts'
import { withAbuse } from './abuse.ts'

/** A reservation outlives its request by this much: whoever reserved and died gives it back late, never too early. */
const RESERVED_BEYOND_MS = 60_000

export async function answerFull(asked: AskedByKey, services: Services): Promise<Answered> {
  const { caller, request, wanted, startedAt } = asked
  const { till } = services
  if (asked.entered === null && isKnownToHaveEnded(caller, services)) return ENDED
  const names = await pseudonyms(services.secrets, request.email)
  const admission = admit(asked, names, services)
  const verified = await verify(request, {
    ...services.verify,
    lanes: services.verify.lanesOf(partitionOf(caller.account)),
    memo: services.verify.memoOf(partitionOf(caller.account)),
    account: caller.account,
    // Beside the look-ups, before the mail server: whoever is refused causes no conversation.
    mayAsk: async () => (await admission).ok,
  })
  const entry = await admission
  if (!entry.ok) return entry
  const price = cost(verified.verdict, 'full')
  const { refuseFlags, flagOnly, abused } = entry
  const shown = withAbuse(verified, abused)
  const verification = render({ request, wanted, verified: shown, cost: price, startedAt, refuseFlags, flagOnly })
  const settlement = settlementOf(asked, verified, { price, names })
  const settled = await till.settle(caller.account, settlement, recordOf(verification, names))
  return {
    ok: true,
    verification: { ...verification, cost: { ...settled } },
    quota: entry.quota ?? asked.entered?.quota ?? null,
  }
}

function admit(asked: AskedByKey, { wire: address, traces }: Pseudonyms, { till }: Services): Promise<Entry> {
  const { caller, request, entered } = asked
  const { id, maxAgeS } = request
  const expiresAt = request.deadlineAt + RESERVED_BEYOND_MS
  const wanted = { id, units: PRICE.full, address, traces, mode: 'full' as const, maxAgeS, expiresAt }
  return till.admit(caller.account, admissionOf(caller, { policy: entered === null ? 'full' : null, wanted }))
}
