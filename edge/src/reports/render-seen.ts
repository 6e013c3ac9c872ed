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
import type { Looked } from './learned.ts'
import { policyHostOf } from './policy.ts'
import type { With } from './sight.ts'
import { weighed } from './weigh.ts'

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

/** It greets with 220 somewhere; false where each address was tried and none is there, null where we were refused or have not looked. */
export function isEffective(inspection: ExchangeInspection | null): boolean | null {
  if (inspection?.kind !== 'inspected') return null
  const results = inspection.addresses.map(({ result }) => result)
  if (results.some((result) => greetedAfterMs(result) !== null)) return true
  const isAllTried = results.length > 0 && results.length === inspection.addressesFound
  return isAllTried && results.every(isAbsent) ? false : null
}

/** From the dialling to a 220, in milliseconds; null for whatever else was heard. */
export function greetedAfterMs(result: SmtpResult): number | null {
  if (result.kind !== 'connected' || result.greeting.kind !== 'reply' || result.greeting.reply.code !== 220) return null
  return result.connectMs + result.greeting.tookMs
}

/** Nobody took the connection, or said a word on it. */
export function isAbsent(result: SmtpResult): boolean {
  return result.kind === 'not_connected' || (result.kind === 'connected' && result.greeting.kind === 'timed_out')
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

type Unmeasured = ReportSections['unmeasured']
type NotMeasured = Pick<Extract<SmtpResult, { kind: 'unmeasured' }>, 'why' | 'retryAt'>

export function unmeasuredOf({ domain, looked, sts }: With<'looked'>): Unmeasured {
  const fetched = sts === undefined ? null : weighed(sts.fetched, looked)
  const isUnfetched = fetched?.kind === 'not_fetched' && fetched.why !== undefined
  const subject = policyHostOf(domain.ascii)
  const policy: Unmeasured = isUnfetched ? [{ what: 'policy', subject, why: fetched.why, retry_at: null }] : []
  return [...unseenOf(looked), ...policy]
}

function unseenOf(looked: Looked): Unmeasured {
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
  const row = (name: string, { why, retryAt }: NotMeasured): Unmeasured[number] => ({
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
