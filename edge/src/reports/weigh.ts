// What a fetch of a policy is worth beside what a lane saw of its host: a fault that may be ours is none of theirs.
import type { PolicyHostInspection } from '@postern/shared/contract/inspection.ts'
import type { Fetched } from '@postern/shared/report/mta-sts-survey.ts'
import type { PolicyCertificate } from '@postern/shared/report/sts-certificate.ts'
import type { Looked } from './learned.ts'

const DAY_MS = 86_400_000

/** Statuses by which a server turns somebody away, or says that it is broken. */
const TURNED_AWAY = [401, 403, 407, 429]
const BROKEN = 500

/** As the fetch had it where that is the host's own doing, or a lane found the same; else it is not fetched, and why. */
export function weighed(fetched: Fetched, looked: Looked | undefined): Fetched {
  const saw = sightOf(looked)
  if (fetched.kind === 'certificate') return saw === 'well' ? { kind: 'not_fetched', why: 'tls' } : fetched
  if (fetched.kind === 'answered' && isAboutUs(fetched.status))
    return { kind: 'not_fetched', why: 'status', status: fetched.status }
  if (fetched.kind !== 'unreachable' || saw === 'ill') return fetched
  // Silence, once and towards us.
  return fetched.why === 'timeout' || fetched.why === 'connection' ? { kind: 'not_fetched', why: fetched.why } : fetched
}

function isAboutUs(status: number): boolean {
  return TURNED_AWAY.includes(status) || status >= BROKEN
}

function hostIn(looked: Looked | undefined): PolicyHostInspection | null {
  return looked?.kind === 'report' ? looked.report.policyHost : null
}

/** `well`: a lane had TLS with a valid certificate there. `ill`: it had none at any address. Null: nobody has looked. */
function sightOf(looked: Looked | undefined): 'well' | 'ill' | null {
  const host = hostIn(looked)
  if (host?.kind !== 'inspected') return null
  const results = host.addresses.map(({ result }) => result)
  const verdicts = results.flatMap((result) =>
    result.kind === 'connected' && result.handshake.kind === 'secured' ? [result.handshake.tls.pkix.verdict] : [],
  )
  if (verdicts.includes('valid')) return 'well'
  return results.length > 0 && results.every(({ kind }) => kind !== 'unmeasured') ? 'ill' : null
}

/** Of the policy host, the worst of its addresses; null where none was measured. */
export function policyCertificate(looked: Looked | undefined, now: number): (PolicyCertificate & Shown) | null {
  const host = hostIn(looked)
  if (host?.kind !== 'inspected') return null
  const certificates = host.addresses.flatMap(({ address, result }) => {
    if (result.kind !== 'connected' || result.handshake.kind !== 'secured') return []
    const { chain, pkix } = result.handshake.tls
    const [own] = chain
    if (own === undefined || own.notBeforeAt === null || own.notAfterAt === null) return []
    return [
      {
        valid: pkix.verdict === 'valid',
        daysLeft: (own.notAfterAt - now) / DAY_MS,
        lifetimeDays: (own.notAfterAt - own.notBeforeAt) / DAY_MS,
        faults: pkix.faults,
        address,
        names: own.dnsNames,
        issuer: own.issuer,
        expiresAt: own.notAfterAt,
      },
    ]
  })
  const worst = certificates.toSorted(
    (one, other) => Number(one.valid) - Number(other.valid) || one.daysLeft - other.daysLeft,
  )
  return worst[0] ?? null
}

interface Shown {
  readonly names: readonly string[]
  readonly issuer: string
  /** In milliseconds since the epoch. */
  readonly expiresAt: number
}
