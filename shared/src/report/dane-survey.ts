// DANE of a domain's exchanges (RFC 7672): what is published for each, whether mail may use it, and whether it holds.
import { daneFindings } from './dane-findings.ts'
import {
  activeOf,
  type DaneGiven,
  type DaneHost,
  type DaneStatus,
  isTelling,
  presentedBy,
  statusOf,
} from './dane-host.ts'
import { isAnyMeant, isMeant } from './dane-match.ts'
import type { Finding } from './finding.ts'
import { allOf, anyOf } from './three-valued.ts'
import type { Tlsa } from './tlsa.ts'

interface SurveyedHost {
  readonly host: string
  readonly status: DaneStatus
  /** Each with whether an address was seen for which it is meant; null where that cannot be told. */
  readonly records: readonly (Tlsa & { readonly matches: boolean | null })[]
  /** False where an address presents what no usable record means; null where that cannot be told of one. */
  readonly matches: boolean | null
}

export interface DaneSurvey {
  /** Senders that check are held to it by one exchange at least; null where what was not learned could make it so. */
  readonly active: boolean | null
  readonly hosts: readonly SurveyedHost[]
  readonly findings: readonly Finding[]
}

export function surveyDane(given: DaneGiven): DaneSurvey {
  return {
    active: activeOf(given),
    hosts: given.hosts.map((one) => surveyed(given, one)),
    findings: daneFindings(given),
  }
}

/** Hosts of which a sender that goes by DANE has nothing else to check: neither chain, name nor time (RFC 7672 §3.1.1). */
export function pinnedHosts(given: DaneGiven): string[] {
  return given.hosts
    .map((one) => surveyed(given, one))
    .filter(isPinned)
    .map(({ host }) => host)
}

function isPinned({ status, matches, records }: SurveyedHost): boolean {
  return status === 'usable' && matches === true && records.some((one) => one.usage === 3 && one.matches === true)
}

function surveyed(given: DaneGiven, one: DaneHost): SurveyedHost {
  const presented = presentedBy(given, one)
  const records = one.records ?? []
  // What was seen once, or under another name, may be in order and is never out of it.
  const told = (value: boolean | null): boolean | null => (value === false && !isTelling(one) ? null : value)
  const ofRecord = (record: Tlsa) =>
    presented.length === 0 ? null : anyOf(presented.map((each) => isMeant(record, each)))
  const ofHost = presented.length === 0 ? null : allOf(presented.map((each) => isAnyMeant(records, each)))
  return {
    host: one.host,
    status: statusOf(given, one),
    records: records.map((record) => ({ ...record, matches: told(ofRecord(record)) })),
    matches: told(ofHost),
  }
}
