// The certificate of an MTA-STS policy's host (RFC 8461 §3.3): what is to be said of it, by whoever has fetched and by a lane that has read it.
import { type Finding, finding } from './finding.ts'
import type { Certificate } from './health.ts'
import type { PkixFault } from './seen.ts'

export interface PolicyCertificate extends Certificate {
  readonly faults?: readonly PkixFault[]
  /** Where it was read; null where that is not told. */
  readonly address?: string | null
}

interface CertificateGiven {
  readonly domain: string
  /** What the verifier of the fetch made of it; null where it did not say. */
  readonly fetch: 'accepted' | 'refused' | null
  /** As a lane has read it; null where none has. */
  readonly certificate: PolicyCertificate | null
}

/** Days before its end from which a certificate that lives long should have been renewed. */
const RENEWED_BY_DAYS = 14
const NO_CHAIN = 'has no whole chain to an authority that is known'
const NOT_VALID = 'is not valid'
const WORDS: Readonly<Record<PkixFault, string>> = {
  no_certificate: NOT_VALID,
  self_signed: NO_CHAIN,
  untrusted: NO_CHAIN,
  invalid: NOT_VALID,
  expired: 'has expired',
  not_yet_valid: 'is not valid yet',
  mismatch: 'is for another name',
}
const DIFFER = `was accepted by one verifier, and for another it ${NO_CHAIN}: two verifiers differ`

/** Authorities, and links of chains, that one knows and another does not. */
export function isDisputed({ fetch, certificate }: Omit<CertificateGiven, 'domain'>): boolean {
  const faults = certificate?.faults ?? []
  const isUntrustedOnly = faults.length > 0 && faults.every((fault) => fault === 'untrusted')
  return fetch === 'accepted' && certificate?.valid === false && isUntrustedOnly
}

export function certificateFindings(given: CertificateGiven): Finding[] {
  const { domain, fetch, certificate } = given
  const evidence = { ...certificate, fetch }
  if (isDisputed(given)) return [finding('STS_CERT_INVALID', { domain, severity: 'medium', value: DIFFER, evidence })]
  if (fetch === 'refused' || certificate?.valid === false) {
    const faults = certificate?.valid === false ? (certificate.faults ?? []) : []
    return [finding('STS_CERT_INVALID', { domain, value: wordsOf(faults), evidence })]
  }
  return certificate !== null && isEnding(certificate) ? [finding('STS_CERT_EXPIRING', { domain, evidence })] : []
}

function wordsOf(faults: readonly PkixFault[]): string {
  const words = new Set(faults.map((fault) => WORDS[fault]))
  return words.size === 0 ? NOT_VALID : [...words].join(' and ')
}

/** Days before its end, or the last sixth of a short life: what renews itself has done so by then. */
export function isEnding({ daysLeft, lifetimeDays }: Omit<Certificate, 'valid'>): boolean {
  return daysLeft < Math.min(RENEWED_BY_DAYS, lifetimeDays / 6)
}
