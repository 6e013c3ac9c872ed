// Reads what a server presented in a TLS handshake: every certificate of the chain as it was sent, and what it is worth.
import { createHash, type X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Certificate, Tls } from '@postern/shared/contract/inspection.ts'
import { dnsNamesOf, spkiOf } from './der.ts'
import { pkixOf } from './pkix.ts'
import { codeOf, printable } from './said.ts'

const MOST_CERTIFICATES = 10
const MOST_NAMES = 100
const MOST_CHARACTERS_OF_NAMES = 6_000

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

/** The record of a handshake that succeeded with `host`; `now` in milliseconds since the epoch. Never throws. */
export function readTls(socket: TLSSocket, host: string, now: number): Tls {
  const protocol = socket.getProtocol()
  const sent = sentBy(socket)
  const chain = sent.slice(0, MOST_CERTIFICATES).map((one, at) => certificateOf(one, sent[at + 1], at === 0))
  const [leaf] = sent
  const [record] = chain
  const presented =
    leaf === undefined || record === undefined
      ? null
      : {
          error: errorOf(socket),
          selfSigned: signed(leaf, leaf) === true,
          dnsNames: dnsNamesOf(leaf.raw),
          notBeforeAt: record.notBeforeAt,
          notAfterAt: record.notAfterAt,
        }
  return {
    version: VERSIONS.find((version) => version === protocol) ?? null,
    cipher: codeOf(socket.getCipher().standardName),
    chain,
    chainFound: sent.length,
    pkix: pkixOf(host, presented, now),
  }
}

/** `authorizationError` is declared as an Error and is the verifier's code, or the text of one that has none. */
function errorOf({ authorizationError }: TLSSocket): string | null {
  const error: unknown = authorizationError
  if (error === null || error === undefined) return null
  return codeOf(error) ?? 'UNKNOWN'
}

/** In the order of the wire: `issuerCertificate` is whatever was sent next, whether it issued anything or not. */
function sentBy(socket: TLSSocket): X509Certificate[] {
  const sent: X509Certificate[] = []
  // Asked once only: the library takes the chain out of the connection to answer.
  for (let one = socket.getPeerX509Certificate(); one !== undefined; one = one.issuerCertificate) sent.push(one)
  return sent
}

function certificateOf(one: X509Certificate, next: X509Certificate | undefined, isFirst: boolean): Certificate {
  const { raw } = one
  const spki = spkiOf(raw)
  const names = dnsNamesOf(raw)
  return {
    subject: distinguished(one.subject),
    issuer: distinguished(one.issuer),
    // Issuers' names decide nothing, and would hold megabytes where somebody wants them to.
    dnsNames: isFirst ? fewOf(names) : [],
    dnsNamesFound: names.length,
    notBeforeAt: instantOf(one.validFrom),
    notAfterAt: instantOf(one.validTo),
    certSha256: digest('sha256', raw),
    certSha512: digest('sha512', raw),
    spkiSha256: spki === null ? null : digest('sha256', spki),
    spkiSha512: spki === null ? null : digest('sha512', spki),
    key: keyOf(one),
    signedByNext: next === undefined ? null : signed(one, next),
  }
}

function fewOf(names: readonly string[]): string[] {
  const few: string[] = []
  let characters = 0
  for (const name of names.slice(0, MOST_NAMES)) {
    const shown = printable(name.toLowerCase(), 255)
    characters += shown.length
    if (characters > MOST_CHARACTERS_OF_NAMES) break
    few.push(shown)
  }
  return few
}

function digest(algorithm: 'sha256' | 'sha512', octets: Buffer): string {
  return createHash(algorithm).update(octets).digest('hex')
}

/** One attribute a line, as the library writes them; absent where there is none. */
function distinguished(name: string | undefined): string {
  return printable((name ?? '').replaceAll('\n', ', '), 200)
}

function instantOf(date: string): number | null {
  const at = Date.parse(date)
  return Number.isNaN(at) ? null : at
}

const BITS_OF: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp384r1: 384,
  secp521r1: 521,
  ed25519: 256,
  ed448: 456,
}

/** Any bytes may stand where a key is declared, and the library throws at those that it does not know. */
function keyOf(one: X509Certificate): Certificate['key'] {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = one.publicKey
    if (type === undefined) return null
    return { type, bits: details?.modulusLength ?? BITS_OF[details?.namedCurve ?? type] ?? null }
  } catch {
    return null
  }
}

function signed(one: X509Certificate, by: X509Certificate): boolean | null {
  try {
    return one.checkIssued(by) && one.verify(by.publicKey)
  } catch {
    return null
  }
}
