// What TLS at one address of an exchange gives to think of: offered, negotiated, by which certificate, and enough for MTA-STS.
import type { Case } from './cases.ts'
import type { FindingId } from './finding.ts'
import { isEnding } from './sts-certificate.ts'
import {
  type Connected,
  connectedOf,
  isWithoutTls,
  type PkixFault,
  type SeenAddress,
  seenAt,
  type SeenHost,
  type SeenTls,
} from './seen.ts'

const FINDING_OF: Readonly<Record<PkixFault, FindingId>> = {
  expired: 'TLS_CERT_EXPIRED',
  mismatch: 'TLS_CERT_MISMATCH',
  no_certificate: 'TLS_CERT_UNTRUSTED',
  self_signed: 'TLS_CERT_UNTRUSTED',
  untrusted: 'TLS_CERT_UNTRUSTED',
  invalid: 'TLS_CERT_UNTRUSTED',
  not_yet_valid: 'TLS_CERT_UNTRUSTED',
}
/** DNS-IDs that evidence shows. */
const SHOWN = 5
const DAY_MS = 86_400_000

interface Held {
  /** An MTA-STS policy in mode enforce names the host. */
  readonly isEnforced: boolean
  /** Its key is pinned, and fits. */
  readonly isPinned: boolean
}

export function tlsCases(one: SeenAddress<Connected>, { isEnforced, isPinned }: Held): Case[] {
  const { result } = one
  const at = seenAt(one)
  const failed = failureOf(result)
  const tls = result.startTls?.kind === 'secured' ? result.startTls.tls : null
  const cases: Case[] = failed === null ? [] : [{ ...failed, seen: { ...at, ...failed.seen } }]
  if (tls !== null) cases.push(...securedCases(one, tls, { isEnforced, isPinned }))
  if (isEnforced && holdsAt(result) === false)
    cases.push({ id: 'STS_MX_TLS_FAILS_ENFORCE', seen: { ...at, ...failed?.seen, ...verdictOf(tls) } })
  return cases
}

/** RFC 8461 §4.2: a certificate is to be valid, for this name and by an authority that is known. Null where none was come to. */
function holdsAt(result: Connected): boolean | null {
  if (failureOf(result) !== null) return false
  return result.startTls?.kind === 'secured' ? result.startTls.tls.pkix.verdict === 'valid' : null
}

/** Whether mail gets in by an enforced policy; null where nobody has looked, or it depends on which address a sender takes. */
export function holdsPolicy(host: SeenHost | null): boolean | null {
  const told = new Set(host === null ? [] : connectedOf(host).map(({ result }) => holdsAt(result)))
  if (told.has(true) && told.has(false)) return null
  return told.has(true) || (told.has(false) ? false : null)
}

/** What is slow or puts off may succeed with others, and later. */
function failureOf(result: Connected): Case | null {
  const { startTls } = result
  if (isWithoutTls(result)) return { id: 'TLS_NOT_OFFERED', seen: {} }
  if (startTls?.kind === 'refused' && startTls.reply.code >= 500)
    return { id: 'TLS_HANDSHAKE_FAILED', seen: { code: startTls.reply.code, text: startTls.reply.lines[0] ?? '' } }
  if (startTls?.kind === 'handshake_failed' && startTls.how !== 'timed_out')
    return { id: 'TLS_HANDSHAKE_FAILED', seen: { how: startTls.how, error: startTls.error } }
  return null
}

function verdictOf(tls: SeenTls | null): Record<string, unknown> {
  return tls === null ? {} : { verdict: tls.pkix.verdict, error: tls.pkix.error }
}

function securedCases(one: SeenAddress<Connected>, tls: SeenTls, { isEnforced, isPinned }: Held): Case[] {
  const at = seenAt(one)
  const version = versionCases(at, tls)
  // A certificate behind a pin that fits is looked at by nobody but who goes by the policy.
  if (isPinned && !isEnforced) return version
  return [...version, ...certificateCases(at, tls, isEnforced), ...endingCases(one, tls, isEnforced)]
}

type At = ReturnType<typeof seenAt>

function versionCases(at: At, { version }: SeenTls): Case[] {
  const isOld = version === 'TLSv1' || version === 'TLSv1.1'
  return isOld ? [{ id: 'TLS_OLD_VERSION', seen: { ...at, version } }] : []
}

function certificateCases(at: At, { chain, pkix }: SeenTls, isEnforced: boolean): Case[] {
  const ids = [...new Set(pkix.faults.map((fault) => FINDING_OF[fault]))]
  const [leaf] = chain
  const seen = {
    ...at,
    faults: pkix.faults,
    error: pkix.error,
    notAfterAt: leaf?.notAfterAt ?? null,
    dnsNames: leaf?.dnsNames.slice(0, SHOWN) ?? [],
  }
  return ids.map((id): Case => ({ id, severity: isEnforced ? 'high' : 'info', seen }))
}

/** What is not accepted today loses nothing. Days are those from when it was seen: it may have been renewed since. */
function endingCases(one: SeenAddress<Connected>, { chain: [leaf], pkix }: SeenTls, isEnforced: boolean): Case[] {
  const { notBeforeAt = null, notAfterAt = null } = leaf ?? {}
  if (pkix.verdict !== 'valid' || notBeforeAt === null || notAfterAt === null) return []
  const daysLeft = (notAfterAt - one.observedAt) / DAY_MS
  const lifetimeDays = (notAfterAt - notBeforeAt) / DAY_MS
  if (!isEnding({ daysLeft, lifetimeDays })) return []
  const seen = { ...seenAt(one), daysLeft, lifetimeDays, notAfterAt }
  return [{ id: 'TLS_CERT_EXPIRING', severity: isEnforced ? 'medium' : 'info', seen }]
}
