// An exchange with its TLSA records as a survey of DANE is given it: whether mail may use them, and what the host presents.
import type { Dnssec } from '../dns/dnssec.ts'
import type { Presented } from './dane-match.ts'
import { type Connected, connectedOf, type SeenAddress, type SeenHost } from './seen.ts'
import { isUsable, type Tlsa } from './tlsa.ts'

export interface DaneHost {
  readonly host: string
  /** Name whose TLSA records count: where the host is an alias that is secure all the way, its target (RFC 7672 §2.2.3). */
  readonly base: string
  /** Of its addresses, and of the answer to TLSA. */
  readonly addresses: Dnssec
  readonly tlsa: Dnssec
  /** Two resolvers do not say the same of one of them, the data or who vouches for it. */
  readonly differs: boolean
  /** As one of them has them; null where they were not learned. */
  readonly records: readonly Tlsa[] | null
  /** Null where no lane has looked. */
  readonly seen: SeenHost | null
}

export interface DaneGiven {
  readonly domain: string
  readonly mx: Dnssec
  /** Two resolvers do not say the same of the MX records, the data or who vouches for them. */
  readonly mxDiffers: boolean
  readonly hosts: readonly DaneHost[]
}

/** `insecure`, `bogus`: there are records, and senders may not use them, or not the host. */
export type DaneStatus = 'none' | 'usable' | 'unusable' | 'insecure' | 'bogus' | 'unlearned'

/** RFC 7672 §2.2: MX, addresses and TLSA are secure, all three. */
export function statusOf({ mx, mxDiffers }: DaneGiven, { addresses, tlsa, records, differs }: DaneHost): DaneStatus {
  // RFC 7672 §2.1.1: senders that check pass over what is bogus, whatever it is that they do not see.
  if (addresses === 'bogus' || tlsa === 'bogus') return 'bogus'
  if (records === null) return 'unlearned'
  if (records.length === 0) return 'none'
  const parts = [mx, addresses, tlsa]
  if (parts.includes('bogus')) return 'bogus'
  if (mxDiffers || differs || parts.includes('insecure')) return 'insecure'
  if (parts.includes('indeterminate')) return 'unlearned'
  return records.some(isUsable) ? 'usable' : 'unusable'
}

/** True where one is usable at least; null where what was not learned could make one so. */
export function activeOf(given: DaneGiven): boolean | null {
  const { hosts, mx } = given
  if (hosts.some((one) => statusOf(given, one) === 'usable')) return true
  // Without MX records that were learned nobody knows which hosts there are.
  const isPossible = hosts.length === 0 ? mx === 'indeterminate' : hosts.some((one) => mayBeUsable(given, one))
  return isPossible ? null : false
}

function mayBeUsable(given: DaneGiven, one: DaneHost): boolean {
  const isOpen = statusOf(given, one) === 'unlearned' && !given.mxDiffers && !one.differs
  const isFit = [given.mx, one.addresses, one.tlsa].every((part) => part === 'secure' || part === 'indeterminate')
  return isOpen && isFit && (one.records === null || one.records.some(isUsable))
}

export interface PresentedAt extends Presented {
  readonly address: string
}

/** At each address that came to TLS. */
export function presentedBy({ domain, mx, mxDiffers }: DaneGiven, { host, base, seen }: DaneHost): PresentedAt[] {
  // RFC 7672 §3.2.2: the domain of the mail counts behind MX records that are secure, and else maybe.
  const references = mx === 'secure' && !mxDiffers ? [base, domain] : [base]
  return reached(seen).flatMap(({ address, observedAt, result: { startTls } }) =>
    startTls?.kind === 'secured'
      ? [{ address, observedAt, references, perhaps: [domain], isBase: base === host, tls: startTls.tls }]
      : [],
  )
}

/** What was seen is what senders that check see now: not remembered, and asked for by the name that they ask for (RFC 7671 §7). */
export function isTelling({ host, base, seen }: DaneHost): boolean {
  return seen?.kind === 'inspected' && !seen.fromMemory && base === host
}

export const reached = (seen: SeenHost | null): SeenAddress<Connected>[] => (seen === null ? [] : connectedOf(seen))
