// What the fast path knows of an account without asking it: a copy in KV, as old as KV is slow, never waited for.
import { z } from 'zod'
import type { Profile } from './profile.ts'
import { TIERS } from './limits.ts'

export const snapshot = z.object({
  tier: z.enum(TIERS),
  standing: z.enum(['good', 'strict', 'out']),
  whenOut: z.enum(['refuse', 'free']),
  refuseFlags: z.array(z.string()),
  /** Flags that are shown and change no verdict. */
  flagOnly: z.array(z.string()).default([]),
  /** Beginnings of HMACs of patterns of abuse. */
  patterns: z.array(z.string()).default([]),
  /** Key id → instant from which it is refused. */
  ended: z.record(z.string(), z.number()),
  version: z.number(),
})
export type Snapshot = z.infer<typeof snapshot>

export function snapshotOf(
  { settings, standing, version }: Profile,
  ended: Readonly<Record<string, number>>,
  patterns: readonly string[],
): Snapshot {
  return {
    tier: settings.tier,
    standing,
    whenOut: settings.when_out_of_credits,
    refuseFlags: [...settings.refuse_flags],
    flagOnly: [...settings.flag_only],
    patterns: [...patterns],
    ended: { ...ended },
    version,
  }
}

export function snapshotKey(account: string): string {
  return `account/${account}`
}

/** Null for a text that is none of ours. */
export function readSnapshot(value: unknown): Snapshot | null {
  return snapshot.safeParse(value).data ?? null
}

/** True where the copy knows that the key was revoked or replaced; a copy that is not there knows nothing. */
export function hasEnded(copy: Snapshot | null, keyId: string, now: number): boolean {
  const endsAt = copy?.ended[keyId]
  return endsAt !== undefined && endsAt <= now
}
