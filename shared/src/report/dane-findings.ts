// What DANE of a domain's exchanges gives to think of, from what is published, who vouches for it, and what a lane saw.
import {
  type DaneGiven,
  type DaneHost,
  isTelling,
  type PresentedAt,
  presentedBy,
  reached,
  statusOf,
} from './dane-host.ts'
import { isAnyMeant, isWeaklyMeant } from './dane-match.ts'
import { firstPins, hasStrongest, keyOf, leafOf, pinsBeside, unsignedIn } from './dane-publish.ts'
import { type About, type Finding, finding, type Severity } from './finding.ts'
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
  const unsigned = unsignedIn(given, hosts)
  return finding('DANE_NONE', { domain, publish, evidence: { mx, exchanges }, ...toSign(unsigned) })
}

function partial(given: DaneGiven, one: DaneHost): Finding {
  const { domain } = given
  const evidence = { dnssec: one.addresses, keys: keysAt(given, one) }
  const about = { domain, subject: one.host, publish: firstPins(given, one), evidence }
  return finding('DANE_PARTIAL', { ...about, ...toSign(unsignedIn(given, [one])) })
}

/** Where something is not signed that is the first thing to do. */
const toSign = (unsigned: readonly string[]) =>
  unsigned.length === 0 ? {} : { when: 'unsigned', value: unsigned.join(', ') }

function unusable(given: DaneGiven, one: DaneHost): Finding {
  const keys = [...new Set(presentedBy(given, one).flatMap((each) => keyOf(each) ?? []))]
  const evidence = { ...securityOf(given, one), keys: keysAt(given, one) }
  const about = { domain: given.domain, subject: one.host, publish: firstPins(given, one), evidence }
  return finding('DANE_UNUSABLE', keys.length === 0 ? about : { ...about, when: 'seen', value: keys.join(', ') })
}

function keysAt(given: DaneGiven, one: DaneHost) {
  return presentedBy(given, one).map((each) => ({ ...seenAt(each), spkiSha256: keyOf(each) }))
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
      return [unusable(given, one), ...withoutTls(given, one)]
    case 'usable':
      return [...misfits(given, one, 'critical'), ...withoutTls(given, one), ...single(given, one)]
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
  const about = { domain: given.domain, subject: one.host, evidence: securityOf(given, one) }
  const value = `the addresses or the TLSA records of ${one.host}`
  const differ = one.differs ? [finding('DANE_RESOLVERS_DIFFER', { ...about, value })] : []
  // Of what resolvers say different things nobody knows that it is not signed.
  const ofHost = one.differs
    ? []
    : [
        ...(one.addresses === 'insecure' ? [`the addresses of ${one.host}`] : []),
        ...(one.tlsa === 'insecure' ? ['the TLSA records'] : []),
      ]
  const isMx = given.mx === 'insecure' && !given.mxDiffers
  const parts = [...(isMx ? [`the MX records of ${given.domain}`] : []), ...ofHost]
  if (parts.length === 0) return differ
  // RFC 7672 §2.2.1: behind MX records that are insecure some senders use them all the same, which protects from fewer.
  const severity: Severity = ofHost.length === 0 ? 'low' : 'high'
  return [...differ, ...notSigned(given, one, { ...about, value: parts.join(', '), severity })]
}

/** A signature puts records in force as they are: who does not use them now would refuse to deliver. */
function notSigned(given: DaneGiven, one: DaneHost, about: About): Finding[] {
  const misfit = one.differs ? [] : misfitting(given, one)
  if (misfit.length === 0) return [finding('DANE_TLSA_INSECURE', about)]
  const isUsedBySome = one.addresses === 'secure' && one.tlsa === 'secure'
  const evidence = { ...about.evidence, addresses: misfit.map(presentedAs) }
  const publish = isUsedBySome ? [] : pinsBeside(one, misfit)
  return [
    finding('DANE_TLSA_INSECURE', { ...about, evidence, publish, when: 'misfit' }),
    ...(isUsedBySome ? misfits(given, one, 'high') : []),
  ]
}

/** Known to be refused, by some senders at least, if the records are used as they are. */
function misfitting(given: DaneGiven, one: DaneHost): PresentedAt[] {
  const records = one.records ?? []
  const isMisfit = (each: PresentedAt): boolean =>
    isAnyMeant(records, each) === false || isWeaklyMeant(records, each)?.strongest === false
  return isTelling(one) ? presentedBy(given, one).filter(isMisfit) : []
}

const presentedAs = (each: PresentedAt) => ({
  ...seenAt(each),
  certSha256: leafOf(each)?.certSha256 ?? null,
  spkiSha256: keyOf(each),
  faults: each.tls.pkix.faults,
})

function misfits(given: DaneGiven, one: DaneHost, worst: Severity): Finding[] {
  return isTelling(one) ? [...mismatch(given, one, worst), ...weaklyMeant(given, one)] : []
}

function mismatch(given: DaneGiven, one: DaneHost, worst: Severity): Finding[] {
  const usable = (one.records ?? []).filter(isUsable)
  const presented = presentedBy(given, one)
  const wrong = presented.filter((each) => isAnyMeant(usable, each) === false)
  if (wrong.length === 0) return []
  const evidence = { addresses: wrong.map(presentedAs), records: textsOf(usable) }
  const severity = severityOf(wrong.length, presented.length, worst)
  const when = hasStrongest(one) ? 'sha512' : undefined
  const publish = pinsBeside(one, wrong)
  return [finding('DANE_MISMATCH', { domain: given.domain, subject: one.host, severity, evidence, publish, when })]
}

/** Senders refuse that compare the strongest digest alone, which are most; where that one cannot be compared, maybe. */
function weaklyMeant(given: DaneGiven, one: DaneHost): Finding[] {
  const usable = (one.records ?? []).filter(isUsable)
  const weak = presentedBy(given, one).flatMap((each) => {
    const meant = isWeaklyMeant(usable, each)
    return meant === null ? [] : [{ ...meant, each }]
  })
  if (weak.length === 0) return []
  const addresses = weak.map(({ each }) => ({ ...presentedAs(each), spkiSha512: leafOf(each)?.spkiSha512 ?? null }))
  const about = { domain: given.domain, subject: one.host, evidence: { addresses, records: textsOf(usable) } }
  const wrong = weak.filter(({ strongest }) => strongest === false).map(({ each }) => each)
  if (wrong.length === 0) return [finding('DANE_WEAKER_DIGEST', { ...about, severity: 'low', confidence: 'inferred' })]
  return [finding('DANE_WEAKER_DIGEST', { ...about, publish: pinsBeside(one, wrong) })]
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
