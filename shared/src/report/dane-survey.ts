// DANE of a domain's exchanges (RFC 7672): what is published for each, whether mail may use it, and whether it holds.
import type { Dnssec } from '../dns/dnssec.ts'
import { isAnyMeant, isMeant, type Presented } from './dane-match.ts'
import { type Finding, type FindingId, finding, type Severity } from './finding.ts'
import { type Connected, connectedOf, isWithoutTls, type SeenAddress, type SeenHost } from './seen.ts'
import { allOf, anyOf } from './three-valued.ts'
import { isUsable, type Tlsa } from './tlsa.ts'

export interface DaneHost {
  readonly host: string
  /** Of its addresses, and of the answer to TLSA. */
  readonly addresses: Dnssec
  readonly tlsa: Dnssec
  /** Null where they were not learned. */
  readonly records: readonly Tlsa[] | null
  /** Null where no lane has looked. */
  readonly seen: SeenHost | null
}

export interface DaneGiven {
  readonly domain: string
  readonly mx: Dnssec
  readonly hosts: readonly DaneHost[]
}

/** `insecure`, `bogus`: there are records, and senders may not use them, or not the host. */
export type DaneStatus = 'none' | 'usable' | 'unusable' | 'insecure' | 'bogus' | 'unlearned'

export interface SurveyedHost {
  readonly host: string
  readonly status: DaneStatus
  /** Each with whether an address was seen for which it is meant; null where that cannot be told. */
  readonly records: readonly (Tlsa & { readonly matches: boolean | null })[]
  /** False where an address presents what no usable record means; null where that cannot be told of one. */
  readonly matches: boolean | null
}

export interface DaneSurvey {
  /** Senders that check are held to it by one exchange at least. */
  readonly active: boolean
  readonly hosts: readonly SurveyedHost[]
  readonly findings: readonly Finding[]
}

export function surveyDane(given: DaneGiven): DaneSurvey {
  const hosts = given.hosts.map((one) => surveyed(given, one))
  return { active: hosts.some(({ status }) => status === 'usable'), hosts, findings: findingsOf(given, hosts) }
}

function surveyed({ domain, mx }: DaneGiven, one: DaneHost): SurveyedHost {
  const presented = presentedBy(one.seen, domain)
  const records = one.records ?? []
  return {
    host: one.host,
    status: statusOf(mx, one),
    records: records.map((record) => ({ ...record, matches: matchesAny(record, presented) })),
    matches: presented.length === 0 ? null : allOf(presented.map((each) => isAnyMeant(records, each))),
  }
}

function matchesAny(record: Tlsa, presented: readonly Presented[]): boolean | null {
  return presented.length === 0 ? null : anyOf(presented.map((each) => isMeant(record, each)))
}

function presentedBy(seen: SeenHost | null, domain: string): (Presented & { readonly address: string })[] {
  return reached(seen).flatMap(({ address, observedAt, result: { startTls } }) =>
    startTls?.kind === 'secured' ? [{ address, observedAt, domain, tls: startTls.tls }] : [],
  )
}

const reached = (seen: SeenHost | null): SeenAddress<Connected>[] => (seen === null ? [] : connectedOf(seen))

/** RFC 7672 §2.2: MX, addresses and TLSA are secure, all three. */
function statusOf(mx: Dnssec, { addresses, tlsa, records }: DaneHost): DaneStatus {
  // RFC 7672 §2.1.1: senders that check pass over what is bogus, whatever it is that they do not see.
  if (addresses === 'bogus' || tlsa === 'bogus') return 'bogus'
  if (records === null) return 'unlearned'
  if (records.length === 0) return 'none'
  const parts = [mx, addresses, tlsa]
  if (parts.includes('bogus')) return 'bogus'
  if (parts.includes('insecure')) return 'insecure'
  if (parts.includes('indeterminate')) return 'unlearned'
  return records.some(isUsable) ? 'usable' : 'unusable'
}

function findingsOf(given: DaneGiven, hosts: readonly SurveyedHost[]): Finding[] {
  const isAnyUsable = hosts.some(({ status }) => status === 'usable')
  const isNowhere = hosts.length > 0 && hosts.every(({ status }) => status === 'none')
  const ofHosts = given.hosts.flatMap((one) => {
    const status = statusOf(given.mx, one)
    if (status === 'none' && isAnyUsable) return [finding('DANE_PARTIAL', { domain: given.domain, subject: one.host })]
    return ofHost(given, one, status)
  })
  return isNowhere ? [finding('DANE_NONE', { domain: given.domain })] : ofHosts
}

function ofHost(given: DaneGiven, one: DaneHost, status: DaneStatus): Finding[] {
  const about = { domain: given.domain, subject: one.host, evidence: securityOf(given, one) }
  switch (status) {
    case 'none':
    case 'unlearned':
      return []
    case 'bogus':
      // MX records that are bogus are the domain's fault, and no host's.
      return one.addresses === 'bogus' || one.tlsa === 'bogus' ? [finding('DANE_BOGUS', about)] : []
    case 'insecure':
      return [insecure(given, one)]
    case 'unusable':
      return [finding('DANE_UNUSABLE', about), ...withoutTls(given, one)]
    case 'usable':
      return [...mismatch(given, one), ...withoutTls(given, one), ...single(given, one)]
  }
}

function securityOf({ mx }: DaneGiven, { addresses, tlsa, records }: DaneHost): Record<string, unknown> {
  return { mx, addresses, tlsa, records: textsOf(records) }
}

const textsOf = (records: readonly Tlsa[] | null): string[] =>
  (records ?? []).map(({ usage, selector, matching, data }) => `${usage} ${selector} ${matching} ${data}`)

function insecure(given: DaneGiven, one: DaneHost): Finding {
  const parts = [
    ...(given.mx === 'insecure' ? [`the MX records of ${given.domain}`] : []),
    ...(one.addresses === 'insecure' ? [`the addresses of ${one.host}`] : []),
    ...(one.tlsa === 'insecure' ? ['the TLSA records'] : []),
  ]
  // RFC 7672 §2.2.1: behind MX records that are insecure some senders use them all the same, which protects from fewer.
  const isMxAlone = one.addresses === 'secure' && one.tlsa === 'secure'
  return finding('DANE_TLSA_INSECURE', {
    domain: given.domain,
    subject: one.host,
    value: parts.join(', '),
    evidence: securityOf(given, one),
    ...(isMxAlone ? { severity: 'low' } : {}),
  })
}

function mismatch({ domain }: DaneGiven, { host, records, seen }: DaneHost): Finding[] {
  const usable = (records ?? []).filter(isUsable)
  const presented = presentedBy(seen, domain)
  const wrong = presented.filter((each) => isAnyMeant(usable, each) === false)
  const addresses = wrong.map(({ address, observedAt, tls: { chain, pkix } }) => ({
    address,
    observedAt,
    certSha256: chain[0]?.certSha256 ?? null,
    spkiSha256: chain[0]?.spkiSha256 ?? null,
    faults: pkix.faults,
  }))
  const evidence = { addresses, records: textsOf(usable) }
  return atSome('DANE_MISMATCH', { domain, host, evidence, some: wrong.length, all: presented.length })
}

/** RFC 7672 §2.2: also records that cannot be used demand TLS. */
function withoutTls({ domain }: DaneGiven, { host, seen }: DaneHost): Finding[] {
  const asked = reached(seen).filter(({ result }) => result.startTls !== null)
  const without = asked.filter(({ result }) => isWithoutTls(result))
  const evidence = { addresses: without.map(({ address }) => ({ address })) }
  return atSome('DANE_NO_STARTTLS', { domain, host, evidence, some: without.length, all: asked.length })
}

interface Counted {
  readonly domain: string
  readonly host: string
  readonly evidence: Readonly<Record<string, unknown>>
  /** Addresses of which it is so, of all that were seen. */
  readonly some: number
  readonly all: number
}

/** Where other addresses do better, senders come to them after a delay. */
function atSome(id: FindingId, { domain, host, evidence, some, all }: Counted): Finding[] {
  const severity: Severity = some < all ? 'high' : 'critical'
  return some === 0 ? [] : [finding(id, { domain, subject: host, severity, evidence })]
}

function single({ domain }: DaneGiven, { host, records }: DaneHost): Finding[] {
  const usable = (records ?? []).filter(isUsable)
  const evidence = { records: textsOf(usable) }
  return usable.length === 1 ? [finding('DANE_SINGLE_TLSA', { domain, subject: host, evidence })] : []
}
