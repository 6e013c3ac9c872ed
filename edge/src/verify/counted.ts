// A request on its way to the ledger: who asked, what came of it, and its settlement and record.
import type { Verification } from '@postern/shared/contract/verification.ts'
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { validUntil } from '@postern/shared/verdict/valid-until.ts'
import type { Entry } from '../accounts/till.ts'
import type { Settlement } from '../accounts/ledger.ts'
import type { Quota } from '../accounts/limits.ts'
import type { Pseudonyms } from '../accounts/pseudonym.ts'
import type { RecordRow } from '../accounts/records.ts'
import type { VerificationRequest } from '@postern/shared/contract/verification.ts'
import type { Caller, KeyCaller } from '../http/authenticate.ts'
import type { Verified, VerifyRequest } from './verified.ts'

/** One checked request of a known caller. */
export interface Asked<C extends Caller = Caller> {
  readonly caller: C
  readonly wanted: VerificationRequest
  readonly request: VerifyRequest
  readonly startedAt: number
  /** Where the request came from, for callers who are limited by address. */
  readonly ip: string
  /** What the door said of a request that was counted there already; null where it is still to be counted. */
  readonly entered: Entered | null
}

export interface Entered {
  readonly ok: true
  readonly quota: Quota | null
}

export type AskedByKey = Asked<KeyCaller>

/** `too-fast`: counted near, so all that is known is when to come back. */
export type Answered =
  | { readonly ok: true; readonly verification: Verification; readonly quota: Quota | null }
  | Exclude<Entry, { readonly ok: true }>
  | { readonly ok: false; readonly why: 'too-fast'; readonly waitS: number }

export function settlementOf(
  { caller, request }: { readonly caller: Pick<KeyCaller, 'keyId'>; readonly request: VerifyRequest },
  verified: Verified,
  { price, names }: { price: Cost; names: Pseudonyms },
): Settlement {
  return {
    id: request.id,
    keyId: caller.keyId,
    mode: request.mode,
    price,
    address: names.wire,
    checkedAt: verified.checkedAt,
    validUntil: validUntil(verified.verdict, verified.checkedAt),
    maxAgeS: request.maxAgeS,
    // Names were looked up on purpose, and no stored answer of a mail server took the place of asking it.
    // What is tried in the sandbox is nobody's pattern.
    ...(price.why === 'sandbox' ? {} : { traces: names.traces }),
    asked: verified.dnsMs !== null && verified.smtpState !== 'cached',
  }
}

/** Whatever was typed, a record keeps no more of it than an address could have. */
const MOST_KEPT = 1_000

export function recordOf(verification: Verification, names: Pseudonyms): RecordRow {
  const email = verification.email.slice(0, MOST_KEPT)
  return {
    id: verification.id,
    at: Date.parse(verification.checked_at),
    address: names.mailbox[0] ?? '',
    record: JSON.stringify({ ...verification, email }),
  }
}
