// Who may have an answer: a good key, within its limit, with credit for it; asked of the account's own object.
import { USUAL_SETTINGS } from '@postern/shared/contract/account.ts'
import { affords, reserve } from './credit.ts'
import { enterKey, isAccepted, isGood, keyById } from './key-book.ts'
import type { KeyKind } from './key-text.ts'
import { isRepeat, isSettled } from './ledger.ts'
import { type Count, count, PER_MINUTE, type Policy, type Quota } from './limits.ts'
import { isAbused, type Traces } from './patterns.ts'
import { type Profile, profile } from './profile.ts'

export interface Wanted {
  readonly id: string
  /** Public units that it may come to cost. */
  readonly units: number
  readonly address: readonly string[]
  readonly mode: 'fast' | 'full'
  readonly maxAgeS: number
  /** Of which patterns the address would be. */
  readonly traces?: Traces
  /** Instant after which whoever asked is no longer there. */
  readonly expiresAt: number
}

export interface Admission {
  readonly key: { readonly id: string; readonly sha256: Uint8Array; readonly kind: KeyKind }
  /** Operators' keys are good until they are revoked, wherever they were made. */
  readonly operator: boolean
  /** Null where the caller was counted already. */
  readonly policy: Policy | null
  /** What is to be reserved, or null where nothing will be charged. */
  readonly wanted: Wanted | null
}

export interface Admittance {
  readonly ok: true
  readonly quota: Quota | null
  readonly refuseFlags: readonly string[]
  readonly flagOnly: readonly string[]
  readonly free: boolean
  /** Whether the address belongs to a pattern of this account; null where none was named. */
  readonly abused: boolean | null
}

export type Admitted =
  | Admittance
  | { readonly ok: false; readonly why: 'unauthenticated' }
  | { readonly ok: false; readonly why: 'rate-limited'; readonly quota: Quota }
  | { readonly ok: false; readonly why: 'insufficient-credits'; readonly quota: Quota | null }

const MINUTE_S = 60

function abused(sql: SqlStorage, wanted: Wanted | null, now: number): boolean | null {
  return wanted?.traces === undefined ? null : isAbused(sql, wanted.traces, now)
}

/** One per object: counts live as long as the object does, and a minute is soon over. */
export class Gate {
  readonly #counts = new Map<string, Count>()

  admit(sql: SqlStorage, admission: Admission, now: number): Admitted {
    const account = profile(sql)
    // Counted first: whoever was refused for good may not knock as often as they like.
    const counted = this.#count(admission, account, now)
    if (counted !== null && !counted.allowed) return { ok: false, why: 'rate-limited', quota: counted.quota }
    if (!this.#knows(sql, admission, { account, now })) return { ok: false, why: 'unauthenticated' }
    const quota = counted?.quota ?? null
    const credit =
      admission.wanted === null || account === null ? 'enough' : credited(sql, account, admission.wanted, now)
    if (credit === 'none') return { ok: false, why: 'insufficient-credits', quota }
    // An operator is no account.
    const { refuse_flags: refuseFlags, flag_only: flagOnly } = account?.settings ?? USUAL_SETTINGS
    const free = credit === 'free'
    return { ok: true, quota, refuseFlags, flagOnly, free, abused: abused(sql, admission.wanted, now) }
  }

  #knows(sql: SqlStorage, { key, operator }: Admission, { account, now }: { account: Profile | null; now: number }) {
    if (!operator) return account !== null && isAccepted(sql, key, now)
    const stored = keyById(sql, key.id)
    // The first operator's key is made beside the book: its first use writes it in, so that it can be seen and revoked.
    if (stored === null) enterKey(sql, key, now)
    return stored === null || isGood(stored, now)
  }

  #count({ key, policy, operator }: Admission, account: Profile | null, now: number) {
    if (policy === null) return null
    const tier = operator ? 'high' : (account?.settings.tier ?? 'trial')
    const rule = { policy, limit: PER_MINUTE[tier][policy], windowS: MINUTE_S }
    // Keys cost nothing to make: those of a kind are counted together.
    const name = `${policy} ${key.kind}`
    const counted = count(rule, this.#counts.get(name) ?? null, now)
    this.#counts.set(name, counted.count)
    return counted
  }
}

/**
 * Repeats of what was paid for are free, so they need no credit; what they reserve, or that they may not, settles them too,
 * so that a repeat at the door is none that is charged inside.
 */
// oxlint-disable-next-line max-params -- storage, whose, what, when
function credited(sql: SqlStorage, account: Profile, wanted: Wanted, now: number): 'enough' | 'free' | 'none' {
  if (isSettled(sql, wanted.id, now)) return 'enough'
  if (affords(sql, account, { ...wanted, now })) {
    reserve(sql, wanted)
    return 'enough'
  }
  if (isRepeat(sql, { ...wanted, asked: true, checkedAt: now, validUntil: null })) {
    reserve(sql, { ...wanted, units: 0 })
    return 'enough'
  }
  return wanted.mode === 'fast' && account.settings.when_out_of_credits === 'free' ? 'free' : 'none'
}
