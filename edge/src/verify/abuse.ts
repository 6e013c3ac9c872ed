// What an account's own sign-ups say of an address, as a fact among the others.
import type { Verified } from './verified.ts'

const SOURCE = 'patterns of the account 2026-11'

/** `abused` null: nobody looked. */
export function withAbuse(verified: Verified, abused: boolean | null): Verified {
  // An object that is older than this code says nothing at all.
  if (typeof abused !== 'boolean' || verified.address === null) return verified
  const fact = {
    kind: 'signal',
    signal: 'abuse',
    value: abused,
    source: SOURCE,
    observedAt: verified.checkedAt,
  } as const
  return { ...verified, facts: [...verified.facts, fact] }
}
