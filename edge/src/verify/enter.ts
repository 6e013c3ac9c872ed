// Whether a caller may ask just now: full mode is told by the account's object, fast mode by what this isolate knows.
import type { Admission } from '../accounts/admission.ts'
import { hasEnded } from '../accounts/snapshot.ts'
import { isPublic, type KeyCaller } from '../http/authenticate.ts'
import { subscriber } from '../http/near-limits.ts'
import type { Services } from '../routes/context.ts'
import type { Answered, Entered } from './counted.ts'

export interface Visit {
  readonly caller: KeyCaller
  readonly mode: 'fast' | 'full'
  readonly ip: string
}

/** Counts the request; a repeat by idempotency key is one too. */
export async function enter(visit: Visit, services: Services): Promise<Exclude<Answered, { ok: true }> | Entered> {
  if (visit.mode === 'fast') return refusedNear(visit, services) ?? { ok: true, quota: null }
  if (isKnownToHaveEnded(visit.caller, services)) return ENDED
  return services.till.admit(visit.caller.account, admissionOf(visit.caller, { policy: 'full', wanted: null }))
}

export const ENDED = { ok: false, why: 'unauthenticated' } as const

/** Spares the object those whom the last copy knows already. */
export function isKnownToHaveEnded({ account, keyId }: KeyCaller, { till, now }: Services): boolean {
  return hasEnded(till.peek(account), keyId, now())
}

export function admissionOf({ keyId, sha256, kind }: KeyCaller, more: Pick<Admission, 'policy' | 'wanted'>): Admission {
  return { key: { id: keyId, sha256, kind }, operator: false, ...more }
}

/** Waits for nothing; null where the caller may go on. */
export function refusedNear({ caller, ip }: Visit, { till, limits, later, now }: Services) {
  const copy = till.peek(caller.account)
  if (hasEnded(copy, caller.keyId, now())) return ENDED
  const from = isPublic(caller) ? subscriber(ip) : null
  const waitS = limits.waitS(
    { name: `${caller.account} ${caller.kind}`, ip: from, tier: copy?.tier ?? 'standard' },
    later,
  )
  return waitS === null ? null : ({ ok: false, why: 'too-fast', waitS } as const)
}
