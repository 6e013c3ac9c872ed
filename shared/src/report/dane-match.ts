// Whether TLSA records mean what a server presented (RFC 7671 §5, RFC 7672 §3): yes, no, or cannot be told.
import { names } from './mta-sts.ts'
import type { SeenTls, SentCertificate } from './seen.ts'
import { allOf, anyOf } from './three-valued.ts'
import { isUsable, means, type Tlsa } from './tlsa.ts'

export interface Presented {
  /** Names of which a certificate has to have one (RFC 7672 §3.2.2), and those that may serve as well. */
  readonly references: readonly string[]
  readonly perhaps: readonly string[]
  /** The lane asked by a name that is a reference: its verdict on the host's name counts. */
  readonly isBase: boolean
  readonly tls: SeenTls
  /** In milliseconds since the epoch. */
  readonly observedAt: number
}

/** Null for records that mail cannot use. */
export function isMeant(record: Tlsa, presented: Presented): boolean | null {
  if (!isUsable(record)) return null
  // RFC 7672 §3.1.1: neither names nor dates count, nor what else is in the chain.
  if (record.usage === 3) return leafMeant(record, presented.tls)
  return anchorMeant(record, presented)
}

/** Of all usable records: one that is meant suffices; null without any. */
export function isAnyMeant(records: readonly Tlsa[], presented: Presented): boolean | null {
  const { strongest, weaker } = byDigest(records, presented)
  // Not every sender passes over a weaker digest where there is a stronger one (RFC 7671 §9).
  return strongest === false && weaker !== false ? null : strongest
}

/** A weaker digest fits, and of the stronger one beside it `strongest` tells: senders that compare that alone refuse. */
export function isWeaklyMeant(records: readonly Tlsa[], presented: Presented): { strongest: false | null } | null {
  const { strongest, weaker } = byDigest(records, presented)
  return strongest !== true && weaker === true ? { strongest } : null
}

/** Null where that cannot be told, and for `strongest` without any record. */
function byDigest(records: readonly Tlsa[], presented: Presented) {
  const usable = records.filter(isUsable)
  const weak = usable.filter((one) => usable.some((other) => isStronger(other, one)))
  const strong = usable.filter((one) => !weak.includes(one))
  return {
    strongest: strong.length === 0 ? null : anyOf(strong.map((one) => isMeant(one, presented))),
    weaker: anyOf(weak.map((one) => isMeant(one, presented))),
  }
}

function isStronger(one: Tlsa, other: Tlsa): boolean {
  return one.usage === other.usage && one.selector === other.selector && one.matching === 2 && other.matching === 1
}

function leafMeant(record: Tlsa, { chain: [leaf] }: SeenTls): boolean | null {
  return leaf === undefined ? null : means(record, leaf)
}

function anchorMeant(record: Tlsa, presented: Presented): boolean | null {
  const { tls, observedAt } = presented
  const meant = tls.chain.map((one) => means(record, one))
  const at = meant.indexOf(true, 1)
  if (at === -1) {
    // A trust anchor that is the server's own certificate is taken by some senders only.
    const isAllSeen = tls.chain.length > 0 && tls.chain.length === tls.chainFound
    return isAllSeen && meant.every((one) => one === false) ? false : null
  }
  const below = tls.chain.slice(0, at)
  const held = allOf([linked(tls, at), isNamed(presented), ...below.map((one) => isOfDate(one, observedAt))])
  const anchor = tls.chain[at]
  // Senders do not agree on the date of an anchor; other faults hide in the verifier's code.
  const isSure = !tls.pkix.faults.includes('invalid') && anchor !== undefined && isOfDate(anchor, observedAt) === true
  return held === true && !isSure ? null : held
}

/** Each certificate is signed by the next one up to the anchor. Those of a longer chain may be in another order. */
function linked({ chain }: SeenTls, at: number): boolean | null {
  const links = allOf(chain.slice(0, at).map(({ signedByNext }) => signedByNext))
  return links === false && chain.length > 2 ? null : links
}

function isNamed({ references, perhaps, isBase, tls }: Presented): boolean | null {
  const [leaf] = tls.chain
  if (leaf === undefined) return null
  const isAmong = (wanted: readonly string[]) => leaf.dnsNames.some((name) => wanted.some((one) => names(name, one)))
  if ((isBase && tls.pkix.matches) || isAmong(references)) return true
  if (isAmong(perhaps)) return null
  // Without DNS-IDs a common name may serve (RFC 7672 §3.2.3).
  return leaf.dnsNamesFound === 0 || leaf.dnsNamesFound > leaf.dnsNames.length ? null : false
}

function isOfDate({ notBeforeAt, notAfterAt }: SentCertificate, at: number): boolean | null {
  return allOf([notBeforeAt === null ? null : notBeforeAt <= at, notAfterAt === null ? null : at <= notAfterAt])
}
