// TLSA records of an exchange that are worth publishing: of the keys that a lane has read there, where they can do no harm.
import { providerOf } from '../dns/provider.ts'
import { type DaneGiven, type DaneHost, type PresentedAt, presentedBy } from './dane-host.ts'
import { pinsOf, type ToPublish } from './publish.ts'
import { addressesOf, isSeenWhole, type SentCertificate } from './seen.ts'
import { isUsable } from './tlsa.ts'

/**
 * Of an exchange that has none that mail can use. From then on senders refuse whatever presents another key, at all of its
 * addresses (RFC 7672 §2.2, RFC 7671 §8.1): one that was not seen just now, or had no key to present, may be one of those. An
 * alias has the zones of two to be signed, and records of an operator's exchanges are the operator's to publish.
 */
export function firstPins(given: DaneGiven, one: DaneHost): ToPublish[] {
  const { host, base, seen } = one
  const isOwn = base === host && providerOf(host, given.domain).id === 'default'
  if (seen === null || !isOwn || !isSigned(given, one)) return []
  const keys = presentedBy(given, one).flatMap((each) => leafOf(each) ?? [])
  const isEverywhere = isSeenWhole(seen) && keys.length === addressesOf(seen).length
  return isEverywhere && keys.every(({ spkiSha256 }) => spkiSha256 !== null) ? pinsOf(host, keys) : []
}

/** Records in a zone that is not signed are a fault of their own. */
function isSigned({ mx, mxDiffers }: DaneGiven, { addresses, tlsa, differs }: DaneHost): boolean {
  return !mxDiffers && !differs && [mx, addresses, tlsa].every((part) => part === 'secure')
}

/** What of these is known not to be signed, in words. */
export function unsignedIn({ domain, mx, mxDiffers }: DaneGiven, hosts: readonly DaneHost[]): string[] {
  const isUnsigned = ({ addresses, differs }: DaneHost): boolean => addresses === 'insecure' && !differs
  return [
    ...(mx === 'insecure' && !mxDiffers ? [`the MX records of ${domain}`] : []),
    ...hosts.filter(isUnsigned).map(({ host }) => `the addresses of ${host}`),
  ]
}

/**
 * Beside records that do not mean these: of a usage and selector senders compare the strongest digest alone (RFC 7671 §9), so
 * that SHA-256 helps nobody where there is SHA-512.
 */
export function pinsBeside({ base, records }: DaneHost, wrong: readonly PresentedAt[]): ToPublish[] {
  const keys = wrong.flatMap((each) => leafOf(each) ?? [])
  const isStrong = hasStrongest({ records })
  const held = new Set(
    (records ?? []).map(({ usage, selector, matching, data }) => `${usage} ${selector} ${matching} ${data}`),
  )
  const pins = [...pinsOf(base, keys), ...(isStrong ? pinsOf(base, keys, 2) : [])]
  return pins.filter(({ value }) => !held.has(value))
}

/** A key's digest of SHA-512 is among the records. */
export function hasStrongest({ records }: Pick<DaneHost, 'records'>): boolean {
  const usable = (records ?? []).filter(isUsable)
  return usable.some(({ usage, selector, matching }) => usage === 3 && selector === 1 && matching === 2)
}

export const leafOf = ({ tls }: PresentedAt): SentCertificate | undefined => tls.chain[0]

export const keyOf = (each: PresentedAt): string | null => leafOf(each)?.spkiSha256 ?? null
