// What is to be thought of a certificate chain: the verifier's code, the dates and the name put into closed words; pure.
import type { Pkix } from '@postern/shared/contract/inspection.ts'
import { PKIX_FAULTS, type PkixFault } from '@postern/shared/report/seen.ts'

export interface Presented {
  /** The verifier's code, or null where the chain leads to a trusted root. */
  readonly error: string | null
  readonly selfSigned: boolean
  /** DNS-IDs of the server's certificate. */
  readonly dnsNames: readonly string[]
  /** Instants in milliseconds since the epoch, null where unreadable. */
  readonly notBeforeAt: number | null
  readonly notAfterAt: number | null
}

const FAULT_OF: Readonly<Record<string, PkixFault>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not_yet_valid',
}

/** The verdict on what was presented by `host` at `now`; `presented` is null where there was no certificate. */
export function pkixOf(host: string, presented: Presented | null, now: number): Pkix {
  if (presented === null) {
    return { verdict: 'no_certificate', faults: ['no_certificate'], error: null, matches: false }
  }
  const { error, selfSigned, dnsNames, notBeforeAt, notAfterAt } = presented
  const matches = dnsNames.some((name) => names(name, host))
  const found: readonly (PkixFault | false)[] = [
    error !== null && (FAULT_OF[error] ?? 'invalid'),
    // A self-signed certificate that is among the roots is trusted all the same.
    error !== null && selfSigned && 'self_signed',
    notAfterAt !== null && notAfterAt < now && 'expired',
    notBeforeAt !== null && notBeforeAt > now && 'not_yet_valid',
    !matches && 'mismatch',
  ]
  const faults = PKIX_FAULTS.filter((fault) => found.includes(fault))
  return { verdict: faults[0] ?? 'valid', faults, error, matches }
}

/**
 * RFC 9525 §6.3: a DNS-ID names the host where the labels are equal regardless of case, or where its left-most label is a
 * lone `*` and stands for exactly one label. The common name counts for nothing (RFC 9525 §2).
 */
export function names(dnsId: string, host: string): boolean {
  const [first, ...rest] = labelsOf(dnsId)
  const [own, ...domain] = labelsOf(host)
  if (first === undefined || own === undefined || first === '' || own === '') return false
  const covers = first === '*' ? rest.length > 0 : first === own
  return covers && rest.length === domain.length && rest.every((label, at) => label !== '' && label === domain[at])
}

function labelsOf(name: string): string[] {
  return name.toLowerCase().replace(/\.$/, '').split('.')
}
