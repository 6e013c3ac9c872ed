// What DANE of a domain's exchanges gives to think of, from what is published, who vouches for it, and what a lane saw.
import { providerOf } from '../dns/provider.ts'
import {
  type DaneGiven,
  type DaneHost,
  isTelling,
  type PresentedAt,
  presentedBy,
  reached,
  statusOf,
} from './dane-host.ts'
import { isAnyMeant } from './dane-match.ts'
import { type Finding, finding, type Severity } from './finding.ts'
import { pinsOf, type ToPublish } from './publish.ts'
import { isWithoutTls, seenAt } from './seen.ts'
import { isUsable, type Tlsa } from './tlsa.ts'

export function daneFindings(given: DaneGiven): Finding[] {
  const { hosts } = given
  const statuses = hosts.map((one) => statusOf(given, one))
  if (hosts.length > 0 && statuses.every((status) => status === 'none')) return [none(given)]
  const isAnyUsable = statuses.includes('usable')
  const ofHosts = hosts.flatMap((one, at) => {
    const isLeftOut = statuses[at] === 'none' && isAnyUsable
    return isLeftOut ? [partial(given, one)] : ofHost(given, one)
  })
  return [...mxDiffer(given), ...ofHosts]
}

function none(given: DaneGiven): Finding {
  const { domain, mx, hosts } = given
  const publish = hosts.flatMap((one) => firstPins(given, one))
  const exchanges = hosts.map((one) => ({ host: one.host, dnssec: one.addresses, keys: keysAt(given, one) }))
  return finding('DANE_NONE', { domain, publish, evidence: { mx, exchanges } })
}

function partial(given: DaneGiven, one: DaneHost): Finding {
  const evidence = { dnssec: one.addresses, keys: keysAt(given, one) }
  return finding('DANE_PARTIAL', { domain: given.domain, subject: one.host, publish: firstPins(given, one), evidence })
}

function keysAt(given: DaneGiven, one: DaneHost) {
  return presentedBy(given, one).map((each) => ({ ...seenAt(each), spkiSha256: keyOf(each) }))
}

const keyOf = ({ tls }: PresentedAt): string | null => tls.chain[0]?.spkiSha256 ?? null

/**
 * Of an exchange that has none. Where somebody answers without TLS a record would keep senders away, an alias has the zones
 * of two to be signed, and records of an operator's exchanges are the operator's to publish.
 */
function firstPins(given: DaneGiven, one: DaneHost): ToPublish[] {
  const { host, base, seen } = one
  const isOwn = base === host && providerOf(host, given.domain).id === 'default'
  const presented = presentedBy(given, one)
  const asked = reached(seen).filter(({ result }) => result.startTls !== null)
  const isEverywhere = presented.length === asked.length
  return isOwn && isEverywhere ? pinsOf(host, presented.map(keyOf)) : []
}

function ofHost(given: DaneGiven, one: DaneHost): Finding[] {
  const about = { domain: given.domain, subject: one.host, value: one.base, evidence: securityOf(given, one) }
  switch (statusOf(given, one)) {
    case 'none':
      return []
    case 'unlearned': {
      const isFailing = one.records === null && one.tlsa === 'indeterminate' && one.addresses === 'secure'
      return isFailing ? [finding('DANE_TLSA_UNLEARNED', about)] : []
    }
    case 'bogus':
      // MX records that are bogus are the domain's fault, and no host's.
      return one.addresses === 'bogus' || one.tlsa === 'bogus' ? [finding('DANE_BOGUS', about)] : []
    case 'insecure':
      return insecure(given, one)
    case 'unusable':
      return [finding('DANE_UNUSABLE', about), ...withoutTls(given, one)]
    case 'usable':
      return [...mismatch(given, one, 'critical'), ...withoutTls(given, one), ...single(given, one)]
  }
}

function securityOf({ mx }: DaneGiven, { base, addresses, tlsa, records }: DaneHost): Record<string, unknown> {
  return { base, mx, addresses, tlsa, records: textsOf(records) }
}

const textsOf = (records: readonly Tlsa[] | null): string[] =>
  (records ?? []).map(({ usage, selector, matching, data }) => `${usage} ${selector} ${matching} ${data}`)

/** Where there is nothing to use it matters to nobody. */
function mxDiffer({ domain, mx, mxDiffers, hosts }: DaneGiven): Finding[] {
  const isPublished = hosts.some(({ records }) => records !== null && records.length > 0)
  const about = { domain, value: `the MX records of ${domain}`, evidence: { mx } }
  return mxDiffers && isPublished ? [finding('DANE_RESOLVERS_DIFFER', about)] : []
}

function insecure(given: DaneGiven, one: DaneHost): Finding[] {
  const { domain, mx, mxDiffers } = given
  const about = { domain, subject: one.host, evidence: securityOf(given, one) }
  const value = `the addresses or the TLSA records of ${one.host}`
  const differ = one.differs ? [finding('DANE_RESOLVERS_DIFFER', { ...about, value })] : []
  const isMx = mx === 'insecure' && !mxDiffers
  // Of what resolvers say different things nobody knows that it is not signed.
  const ofHost = one.differs
    ? []
    : [
        ...(one.addresses === 'insecure' ? [`the addresses of ${one.host}`] : []),
        ...(one.tlsa === 'insecure' ? ['the TLSA records'] : []),
      ]
  const parts = [...(isMx ? [`the MX records of ${domain}`] : []), ...ofHost]
  if (parts.length === 0) return differ
  const isHostSecure = !one.differs && one.addresses === 'secure' && one.tlsa === 'secure'
  // RFC 7672 §2.2.1: behind MX records that are insecure some senders use them all the same, which protects from fewer.
  const severity: Severity = ofHost.length === 0 ? 'low' : 'high'
  return [
    ...differ,
    finding('DANE_TLSA_INSECURE', { ...about, value: parts.join(', '), severity }),
    ...(isHostSecure ? mismatch(given, one, 'high') : []),
  ]
}

function mismatch(given: DaneGiven, one: DaneHost, worst: Severity): Finding[] {
  if (!isTelling(one)) return []
  const usable = (one.records ?? []).filter(isUsable)
  const presented = presentedBy(given, one)
  const wrong = presented.filter((each) => isAnyMeant(usable, each) === false)
  const addresses = wrong.map((each) => ({
    ...seenAt(each),
    certSha256: each.tls.chain[0]?.certSha256 ?? null,
    spkiSha256: keyOf(each),
    faults: each.tls.pkix.faults,
  }))
  if (wrong.length === 0) return []
  const evidence = { addresses, records: textsOf(usable) }
  const severity = severityOf(wrong.length, presented.length, worst)
  const publish = pinsOf(one.base, wrong.map(keyOf))
  return [finding('DANE_MISMATCH', { domain: given.domain, subject: one.host, severity, evidence, publish })]
}

/** RFC 7672 §2.2: also records that cannot be used demand TLS. What was not offered once may be by now. */
function withoutTls({ domain }: DaneGiven, { host, seen }: DaneHost): Finding[] {
  if (seen?.kind !== 'inspected' || seen.fromMemory) return []
  const asked = reached(seen).filter(({ result }) => result.startTls !== null)
  const without = asked.filter(({ result }) => isWithoutTls(result))
  const severity = severityOf(without.length, asked.length, 'critical')
  const evidence = { addresses: without.map(seenAt) }
  return without.length === 0 ? [] : [finding('DANE_NO_STARTTLS', { domain, subject: host, severity, evidence })]
}

/** Where other addresses do better, senders come to them after a delay. */
function severityOf(some: number, all: number, worst: Severity): Severity {
  return some < all ? 'high' : worst
}

function single({ domain }: DaneGiven, { host, records }: DaneHost): Finding[] {
  const usable = (records ?? []).filter(isUsable)
  const evidence = { records: textsOf(usable) }
  return usable.length === 1 ? [finding('DANE_SINGLE_TLSA', { domain, subject: host, evidence })] : []
}
