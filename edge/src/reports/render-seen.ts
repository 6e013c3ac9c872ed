// What a lane has seen of hosts, in the words of a report; what it has not seen is said with the reason.
import type { ExchangeShown } from '@postern/shared/contract/domain-exchanges.ts'
import type { ReportSections } from '@postern/shared/contract/domain-report.ts'
import type {
  ExchangeInspection,
  Hello,
  PolicyHostInspection,
  SmtpResult,
  StartTls,
  Tls,
} from '@postern/shared/contract/inspection.ts'
import type { Certificate } from '@postern/shared/report/health.ts'
import type { Looked } from './learned.ts'

type Seen = NonNullable<ExchangeShown['smtp']>[number]

const iso = (at: number): string => new Date(at).toISOString()

/** Of one exchange, where a lane has reported on it. */
export function inspectionOf(looked: Looked | undefined, host: string): ExchangeInspection | null {
  if (looked?.kind !== 'report') return null
  return looked.report.hosts.find(({ exchange }) => exchange === host) ?? null
}

/** Null where no lane has looked; empty where it knows no address. */
export function seenOf(inspection: ExchangeInspection | null): Seen[] | null {
  if (inspection === null) return null
  if (inspection.kind === 'unmeasured') return []
  return inspection.addresses.map(({ address, observedAt, result }) => ({
    address,
    at: iso(observedAt),
    from_memory: inspection.fromMemory,
    ...resultOf(result),
  }))
}

/** It connects somewhere and greets with 220; null where none of its addresses was measured. */
export function isEffective(inspection: ExchangeInspection | null): boolean | null {
  if (inspection?.kind !== 'inspected') return null
  const measured = inspection.addresses.filter(({ result }) => result.kind !== 'unmeasured')
  if (measured.length === 0) return null
  return measured.some(({ result }) => result.kind === 'connected' && greets(result))
}

function greets({ greeting }: Extract<SmtpResult, { kind: 'connected' }>): boolean {
  return greeting.kind === 'reply' && greeting.reply.code === 220
}

const NOTHING = {
  connect: null,
  greeting: null,
  ehlo: null,
  ehlo_inside_tls: null,
  starttls: 'unmeasured',
  tls: null,
} as const

function resultOf(result: SmtpResult): Omit<Seen, 'address' | 'at' | 'from_memory'> {
  if (result.kind === 'unmeasured') return { ...NOTHING, measured: false, why: result.why }
  if (result.kind === 'not_connected') {
    const connect = { ok: false, ms: result.tookMs, fault: result.fault }
    return { ...NOTHING, measured: true, why: null, connect }
  }
  const { greeting, ehlo, ehloInside, startTls } = result
  return {
    measured: true,
    why: null,
    connect: { ok: true, ms: result.connectMs, fault: null },
    greeting:
      greeting.kind === 'reply'
        ? {
            reply: { code: greeting.reply.code, text: greeting.reply.lines.join('\n') },
            ms: greeting.tookMs,
            end: null,
          }
        : { reply: null, ms: greeting.waitedMs, end: greeting.kind },
    ehlo: extensionsOf(ehlo),
    ehlo_inside_tls: extensionsOf(ehloInside),
    starttls: startTlsOf(startTls),
    tls: startTls?.kind === 'secured' ? tlsOf(startTls.tls) : null,
  }
}

function extensionsOf(hello: Hello | null): string[] | null {
  return hello?.kind === 'accepted' ? [...hello.extensions] : null
}

function startTlsOf(startTls: StartTls | null): Seen['starttls'] {
  switch (startTls?.kind) {
    case 'secured':
      return 'ok'
    case 'not_offered':
      return 'not_offered'
    case 'refused':
      return 'refused'
    case 'handshake_failed':
      return startTls.how === 'timed_out' ? 'unmeasured' : 'failed'
    case 'timed_out':
    case 'closed':
    case 'protocol_error':
    case undefined:
      return 'unmeasured'
  }
}

function tlsOf({ version, cipher, chain, pkix }: Tls): NonNullable<Seen['tls']> {
  const [own] = chain
  const expires = own?.notAfterAt ?? null
  return {
    version,
    cipher,
    pkix: pkix.verdict,
    faults: [...pkix.faults],
    spki_sha256: own?.spkiSha256 ?? null,
    names: [...(own?.dnsNames ?? [])],
    issuer: own?.issuer ?? null,
    expires_at: expires === null ? null : iso(expires),
  }
}

const DAY_MS = 86_400_000

/** Of the policy host, the worst of its addresses; null where none was measured. */
export function policyCertificate(looked: Looked | undefined, now: number): Certificate | null {
  const host: PolicyHostInspection | null = looked?.kind === 'report' ? looked.report.policyHost : null
  if (host?.kind !== 'inspected') return null
  const certificates = host.addresses.flatMap(({ result }) => {
    if (result.kind !== 'connected' || result.handshake.kind !== 'secured') return []
    const { chain, pkix } = result.handshake.tls
    const { notBeforeAt = null, notAfterAt = null } = chain[0] ?? {}
    if (notBeforeAt === null || notAfterAt === null) return []
    const lifetimeDays = (notAfterAt - notBeforeAt) / DAY_MS
    return [{ valid: pkix.verdict === 'valid', daysLeft: (notAfterAt - now) / DAY_MS, lifetimeDays }]
  })
  const worst = certificates.toSorted(
    (one, other) => Number(one.valid) - Number(other.valid) || one.daysLeft - other.daysLeft,
  )
  return worst[0] ?? null
}

type Unmeasured = ReportSections['unmeasured']

export function unmeasuredOf(looked: Looked): Unmeasured {
  if (looked.kind === 'unmeasured') {
    return looked.why === 'no_exchange' ? [] : [{ what: 'smtp', subject: '*', why: looked.why, retry_at: null }]
  }
  const { hosts, policyHost } = looked.report
  const policy = policyHost === null ? [] : unmeasuredAt('policy_certificate', policyHost.host, policyHost)
  return [...hosts.flatMap((host) => unmeasuredAt('smtp', host.exchange, host)), ...policy]
}

function unmeasuredAt(
  what: Unmeasured[number]['what'],
  subject: string,
  host: ExchangeInspection | PolicyHostInspection,
): Unmeasured {
  const row = (name: string, { why, retryAt }: { why: string; retryAt: number | null }): Unmeasured[number] => ({
    what,
    subject: name,
    why,
    retry_at: retryAt === null ? null : iso(retryAt),
  })
  if (host.kind === 'unmeasured') return [row(subject, host)]
  return host.addresses.flatMap(({ address, result }) =>
    result.kind === 'unmeasured' ? [row(`${subject} (${address})`, result)] : [],
  )
}
