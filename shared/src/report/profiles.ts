// Profiles with names: how those weigh findings who want something else of their mail than most, each weight with its reason.
import type { FindingId, Profile, Severity } from './finding.ts'
import data from './profiles.json' with { type: 'json' }

export const PROFILE_NAMES = ['default', 'strict', 'receiving_only', 'parked'] as const
export type ProfileName = (typeof PROFILE_NAMES)[number]

interface Weight {
  readonly severity: Severity | null
  readonly why: string
  /** What to do instead; records that are offered are for others then. */
  readonly fix?: string
}

export interface NamedProfile {
  /** Completes "for …". */
  readonly for: string
  /** `null` leaves a finding out. */
  readonly weighs: Readonly<Partial<Record<FindingId, Weight>>>
}

export const PROFILES = data as Readonly<Record<ProfileName, NamedProfile>>

export function profileOf(name: ProfileName): Profile {
  return PROFILES[name].weighs
}
