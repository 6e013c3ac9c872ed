// Fast mode: nothing far is waited for. The last known copy of the account decides, and the answer is counted after it was given.
import { type Cost, cost, free, PRICE } from '@postern/shared/verdict/cost.ts'
import type { Entry } from '../accounts/till.ts'
import { partitionOf } from '../accounts/places.ts'
import { type Pseudonyms, pseudonyms } from '../accounts/pseudonym.ts'
import { isToldAbused } from '../accounts/patterns.ts'
import { hasEnded, type Snapshot } from '../accounts/snapshot.ts'
import type { Services } from '../routes/context.ts'
import { type Answered, type AskedByKey, recordOf, settlementOf } from './counted.ts'
import { admissionOf, ENDED, refusedNear } from './enter.ts'
import { render } from './render.ts'
import { verify } from './verify.ts'
import { withAbuse } from './abuse.ts'
import type { Verified } from './verified.ts'

export async function answerFast(asked: AskedByKey, services: Services): Promise<Answered> {
  const { caller, request } = asked
  const refused = asked.entered === null ? refusedNear({ ...asked, mode: 'fast' }, services) : null
  if (refused !== null) return refused
  const before = services.till.peek(caller.account)

  const named = pseudonyms(services.secrets, request.email)
  // An account that is known to be at its end is asked beside the look-ups.
  const early = isTrusted(before) ? null : named.then((names) => admit(asked, { names, units: PRICE.fast }, services))
  const [names, verified] = await Promise.all([
    named,
    verify(request, {
      ...services.verify,
      lanes: [],
      memo: services.verify.memoOf(partitionOf(caller.account)),
      account: null,
      mayAsk: async () => false,
    }),
  ])
  const copy = services.till.peek(caller.account)
  if (hasEnded(copy, caller.keyId, verified.checkedAt)) return ENDED
  const address = names.wire
  const price = priceOf(asked, verified, services.till.paidNearby(caller.account, address[0] ?? '', request.id))
  const entry = early ?? (isTrusted(copy) ? null : admit(asked, { names, units: price.units }, services))
  const judged = { asked, verified, names, price }
  return entry === null ? countLater(judged, copy, services) : countNow(judged, await entry, services)
}

/** A copy that is not there yet is no reason to wait: the README states what that may cost. */
function isTrusted(copy: Snapshot | null): boolean {
  return copy === null || copy.standing === 'good'
}

function priceOf({ request }: AskedByKey, { verdict, checkedAt }: Verified, paidAt: number | null): Cost {
  const price = cost(verdict, 'fast')
  const isRepeat = price.charged && paidAt !== null && checkedAt - paidAt <= request.maxAgeS * 1_000
  return isRepeat ? free('repeat') : price
}

interface Judged {
  readonly asked: AskedByKey
  readonly verified: Verified
  readonly names: Pseudonyms
  readonly price: Cost
}

function countLater({ asked, verified, names, price }: Judged, copy: Snapshot | null, services: Services): Answered {
  // Without a copy nobody knows what the account has seen.
  const abused = copy === null ? null : isToldAbused(copy.patterns, names.traces)
  const verification = render({ ...asked, verified: withAbuse(verified, abused), cost: price, ...copy })
  const settlement = settlementOf(asked, verified, { price, names })
  services.till.meter(asked.caller.account, settlement, recordOf(verification, names))
  return { ok: true, verification, quota: null }
}

async function countNow(
  { asked, verified, names, price }: Judged,
  entry: Entry,
  services: Services,
): Promise<Answered> {
  if (!entry.ok) return entry
  const due = entry.free && price.charged ? free('out_of_credits') : price
  const verification = render({ ...asked, verified: withAbuse(verified, entry.abused), cost: due, ...entry })
  const settlement = settlementOf(asked, verified, { price: due, names })
  const settled = await services.till.settle(asked.caller.account, settlement, recordOf(verification, names))
  return { ok: true, verification: { ...verification, cost: { ...settled } }, quota: entry.quota }
}

function admit(
  { caller, request }: AskedByKey,
  { names, units }: { names: Pseudonyms; units: number },
  { till }: Services,
): Promise<Entry> {
  const { id, maxAgeS, deadlineAt: expiresAt } = request
  const { wire: address, traces } = names
  const wanted = { id, units, address, traces, mode: 'fast' as const, maxAgeS, expiresAt }
  return till.admit(caller.account, admissionOf(caller, { policy: null, wanted }))
}
