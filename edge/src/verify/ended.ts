// What a copy of an account says about one of its keys.
import type { Snapshot } from '../accounts/snapshot.ts'

/** True where the copy knows that the key was revoked or replaced; a copy that is not there knows nothing. */
export function hasEnded(copy: Snapshot | null, keyId: string, now: number): boolean {
  const endsAt = copy?.ended[keyId]
  return endsAt !== undefined && endsAt <= now
}
