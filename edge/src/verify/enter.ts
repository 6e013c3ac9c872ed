// Whether a caller may ask just now: full mode is told by the account's object, fast mode by what this isolate knows.
import type { Admission } from '../accounts/admission.ts'
import { isPublic, type KeyCaller } from '../http/authenticate.ts'
import { subscriber } from '../http/near-limits.ts'
import type { Services } from '../routes/context.ts'
import type { Answered, Entered } from './counted.ts'
import { hasEnded } from './ended.ts'

export interface Visit {
  readonly caller: KeyCaller
  readonly mode: 'fast' | 'full'
  readonly ip: string
}

/** Counts the request; a repeat by idempotency key is one too. */
export async function enter(visit: Visit, services: Services): Promise<Exclude<Answered, { ok: true }> | Entered> {
  if (visit.mode === 'fast') return refusedNear(visit, services) ?? { ok: true, quota: null }
  return services.till.admit(visit.caller.account, admissionOf(visit.caller, { policy: 'full', wanted: null }))
}

export function admissionOf({ keyId, sha256 }: KeyCaller, more: Pick<Admission, 'policy' | 'wanted'>): Admission {
  return { key: { id: keyId, sha256 }, operator: false, ...more }
}

/** Waits for nothing; null where the caller may go on. */
export function refusedNear({ caller, ip }: Visit, { till, limits, later, now }: Services) {
  const copy = till.peek(caller.account)
  if (hasEnded(copy, caller.keyId, now())) return { ok: false, why: 'unauthenticated' } as const
  const from = isPublic(caller) ? subscriber(ip) : null
  const waitS = limits.waitS({ keyId: caller.keyId, ip: from, tier: copy?.tier ?? 'standard' }, later)
  return waitS === null ? null : ({ ok: false, why: 'too-fast', waitS } as const)
}
