// Profiles with names: how those weigh findings who want something else of their mail than most, each weight with its reason.
import { z } from 'zod'
import { FINDING_IDS, type Profile, SEVERITIES } from './finding.ts'
import data from './profiles.json' with { type: 'json' }

export const PROFILE_NAMES = ['default', 'strict', 'receiving_only', 'parked'] as const
export type ProfileName = (typeof PROFILE_NAMES)[number]

const weight = z.strictObject({
  /** `null` leaves a finding out. */
  severity: z.enum(SEVERITIES).nullable(),
  why: z.string(),
  /** What to do instead; records that are offered are for others then. */
  fix: z.string().exactOptional(),
})
const named = z.strictObject({
  /** Completes "for …". */
  for: z.string(),
  weighs: z.partialRecord(z.enum(FINDING_IDS), weight),
})
export type NamedProfile = z.infer<typeof named>

/** Whatever types say of a file: a severity or a finding that is misspelt ends the start. Throws ZodError. */
export function profilesFrom(file: unknown): Readonly<Record<ProfileName, NamedProfile>> {
  return z.strictObject({ default: named, strict: named, receiving_only: named, parked: named }).parse(file)
}

export const PROFILES = profilesFrom(data)

export function profileOf(name: ProfileName): Profile {
  return PROFILES[name].weighs
}
