// What the story of one address is given, and what it comes to: for its parts and for whoever renders it.
import type { Address, Allow } from '@postern/shared/address/parse.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'

export interface VerifyRequest {
  readonly id: string
  readonly email: string
  readonly mode: 'fast' | 'full'
  readonly allow: Allow
  readonly maxAgeS: number
  /** Instant in milliseconds since the epoch; the one deadline of everything below. */
  readonly deadlineAt: number
}

export interface Verified {
  readonly address: Address | null
  readonly facts: readonly Fact[]
  readonly verdict: Verdict
  readonly smtpState: 'not_needed' | 'not_asked' | 'asked' | 'cached' | 'deferred'
  readonly lane: string | null
  readonly dnsMs: number | null
  readonly smtpMs: number | null
  /** What was said just now, `C:` and `S:`, without the names of mailboxes. */
  readonly transcript?: readonly string[] | undefined
  readonly checkedAt: number
  /** When the mailbox's server said what is shown, where that was before; null where it was just now, or not at all. */
  readonly saidAt: number | null
}
