// A report as one caller wants it told: findings weighed by a profile, exchanges as available as that caller takes them to be.
import type { DomainReport, ReportPart } from '@postern/shared/contract/domain-report.ts'
import { inOrder, underProfile } from '@postern/shared/report/finding.ts'
import { profileOf, type ProfileName } from '@postern/shared/report/profiles.ts'
import { countsOf } from './board.ts'
import { type Availability, availabilityOfGroups } from './render-availability.ts'

export interface ToldAs {
  readonly profile: ProfileName
  /** Of each exchange by itself, between 0 and 1; null as everybody is told. */
  readonly availability: number | null
}

/** As it is kept, and told to whoever wants nothing else. */
export const USUAL: ToldAs = { profile: 'default', availability: null }

export function reportAs(report: DomainReport, told: ToldAs): DomainReport {
  const findings = inOrder(underProfile(report.findings, profileOf(told.profile)))
  const availability = availabilityAs(report.availability, told)
  return { ...report, profile: told.profile, by_severity: countsOf(findings), findings, availability }
}

/** A part of a stream: a section with its findings, or the whole. */
export function partAs({ section, value, findings }: ReportPart, told: ToldAs): ReportPart {
  if (section === 'report') return { section, value: reportAs(value as DomainReport, told), findings }
  const shown = section === 'availability' ? availabilityAs(value as Availability | null, told) : value
  return { section, value: shown, findings: underProfile(findings, profileOf(told.profile)) }
}

/** Which exchanges fail together was learned, and stays. */
function availabilityAs(shown: Availability | null, { availability: each }: ToldAs): Availability | null {
  return shown === null || each === null ? shown : availabilityOfGroups(shown.groups, each)
}
