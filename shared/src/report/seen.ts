// An exchange as a lane saw it, as far as findings need it; whatever lanes report of an exchange has this shape.
import type { Answer, Failure } from '../dns/answer.ts'

interface SeenReply {
  readonly code: number
  readonly lines: readonly string[]
}

interface Unanswered {
  readonly kind: 'timed_out' | 'closed' | 'protocol_error'
  readonly waitedMs: number
}

interface Unmeasured {
  readonly kind: 'unmeasured'
  readonly why: string
}

/** `name` is the word after the code of a 220; null where there is none. */
type SeenGreeting =
  | {
      readonly kind: 'reply'
      readonly reply: SeenReply
      readonly name: string | null
      readonly tookMs: number
    }
  | Unanswered

/** What is wrong with a certificate, the worst first; `untrusted` covers a chain that lacks a link. */
export const PKIX_FAULTS = [
  'no_certificate',
  'self_signed',
  'untrusted',
  'invalid',
  'expired',
  'not_yet_valid',
  'mismatch',
] as const
export type PkixFault = (typeof PKIX_FAULTS)[number]

/** Digests in lower-case hexadecimal; instants in milliseconds since the epoch. */
export interface SentCertificate {
  /** Of the first certificate only, and maybe not all: `dnsNamesFound` counts them. */
  readonly dnsNames: readonly string[]
  readonly dnsNamesFound: number
  readonly notBeforeAt: number | null
  readonly notAfterAt: number | null
  readonly certSha256: string
  readonly certSha512: string
  readonly spkiSha256: string | null
  readonly spkiSha512: string | null
  readonly signedByNext: boolean | null
}

/** The chain as it was sent, the server's own certificate first; `chainFound` counts all of it. */
export interface SeenTls {
  readonly version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' | null
  readonly chain: readonly SentCertificate[]
  readonly chainFound: number
  readonly pkix: {
    readonly verdict: 'valid' | PkixFault
    readonly faults: readonly PkixFault[]
    readonly error: string | null
    /** A DNS-ID is the host's name. */
    readonly matches: boolean
  }
}

type SeenStartTls =
  | { readonly kind: 'not_offered' }
  | { readonly kind: 'refused'; readonly reply: SeenReply }
  | Unanswered
  | {
      readonly kind: 'handshake_failed'
      readonly how: 'timed_out' | 'closed' | 'tls_error'
      readonly error: string | null
    }
  | { readonly kind: 'secured'; readonly tls: SeenTls }

/** How nobody came to a connection: what is the host's doing, as far as one can see. */
export const CONNECT_FAULTS = ['connect_refused', 'connect_timeout'] as const
export type ConnectFault = (typeof CONNECT_FAULTS)[number]

export interface NotConnected {
  readonly kind: 'not_connected'
  readonly fault: ConnectFault
  readonly tookMs: number
}

/** Null is a question that was never reached. */
export interface Connected {
  readonly kind: 'connected'
  readonly connectMs: number
  readonly greeting: SeenGreeting
  readonly ehlo: { readonly kind: 'accepted' | 'refused' | Unanswered['kind'] } | null
  readonly startTls: SeenStartTls | null
}

export interface SeenAddress<R = Connected | NotConnected | Unmeasured> {
  readonly address: string
  readonly family: 4 | 6
  /** In milliseconds since the epoch. */
  readonly observedAt: number
  readonly result: R
}

type LookUp = Exclude<Answer<string>['kind'], 'failure'> | Failure
/** One that failed may have had addresses. */
const TOLD: ReadonlySet<LookUp> = new Set(['records', 'nodata', 'nxdomain'])

export type SeenHost =
  | {
      readonly kind: 'inspected'
      readonly exchange: string
      /** Seen within the last 24 hours, and maybe otherwise by now: each address says when. */
      readonly fromMemory: boolean
      /** What the DNS said to whoever looked; null where that is not known. */
      readonly resolution: { readonly a: LookUp; readonly aaaa: LookUp } | null
      readonly addresses: readonly SeenAddress[]
      /** Those that were passed over included. */
      readonly addressesFound: number
    }
  | (Unmeasured & { readonly exchange: string })

/** Every address that the host has was looked at just now, whatever came of it. */
export function isSeenWhole(host: SeenHost): boolean {
  if (host.kind !== 'inspected' || host.fromMemory || host.resolution === null) return false
  const { addresses, addressesFound, resolution } = host
  const isAllFound = [resolution.a, resolution.aaaa].every((answer) => TOLD.has(answer))
  return (
    isAllFound && addresses.length === addressesFound && addresses.every(({ result }) => result.kind !== 'unmeasured')
  )
}

export function connectedOf(host: SeenHost): SeenAddress<Connected>[] {
  return addressesOf(host).flatMap(({ result, ...rest }) => (result.kind === 'connected' ? [{ ...rest, result }] : []))
}

export function notConnectedOf(host: SeenHost): SeenAddress<NotConnected>[] {
  return addressesOf(host).flatMap(({ result, ...rest }) =>
    result.kind === 'not_connected' ? [{ ...rest, result }] : [],
  )
}

/** For evidence: where something was seen, and when, in ISO 8601. */
export function seenAt({ address, observedAt }: Pick<SeenAddress, 'address' | 'observedAt'>) {
  return { address, observedAt: new Date(observedAt).toISOString() }
}

export const addressesOf = (host: SeenHost): readonly SeenAddress[] => (host.kind === 'inspected' ? host.addresses : [])

/** STARTTLS was looked for in an answer to EHLO, and was not there. */
export function isWithoutTls({ ehlo, startTls }: Connected): boolean {
  return ehlo?.kind === 'accepted' && startTls?.kind === 'not_offered'
}
