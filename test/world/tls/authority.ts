// The world's certificate authority: made at start, forgotten at the end, trusted by whoever is told to.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import type { CertificateKind } from './certificate-kind.ts'
import { bitString, element, integer, objectId, octetString, sequence, set, text, time, yes } from './der.ts'

export interface Authority {
  /** Its own certificate in PEM. */
  readonly root: string
  /** A certificate for `host`, in PEM, with the key that all servers of the world share. */
  certify(host: string, kind: CertificateKind): string
}

const DAY_MS = 86_400_000
const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'))
const COMMON_NAME = objectId('2.5.4.3')
const BASIC_CONSTRAINTS = objectId('2.5.29.19')
const KEY_USAGE = objectId('2.5.29.15')
const SUBJECT_ALT_NAME = objectId('2.5.29.17')
const SUBJECT_KEY_ID = objectId('2.5.29.14')
const AUTHORITY_KEY_ID = objectId('2.5.29.35')
const CRITICAL = [yes] as const
const [DNS_NAME, KEY_ID, EXPLICIT_VERSION, EXPLICIT_EXTENSIONS] = [0x82, 0x80, 0xa0, 0xa3] as const
const VERSION_3 = element(EXPLICIT_VERSION, integer(Buffer.from([2])))
const OWN_NAME = 'Mail World throw-away root'

/** Days from now. */
const LIVES: Readonly<Record<CertificateKind, readonly [from: number, to: number]>> = {
  valid: [-10, 80],
  expiring: [-87, 3],
  expired: [-100, -10],
  other_name: [-10, 80],
  self_signed: [-10, 80],
}

/** `serverKey` in PEM; `now` in milliseconds since the epoch. */
export function makeAuthority(serverKey: string, now: () => number): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const server = { privateKey: createPrivateKey(serverKey), publicKey: createPublicKey(serverKey) }
  const root = certificate({
    subject: OWN_NAME,
    key: own.publicKey,
    issuer: { name: OWN_NAME, key: own.privateKey },
    life: [now() - DAY_MS, now() + 1_000 * DAY_MS],
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(yes), CRITICAL),
      // keyCertSign and cRLSign (RFC 5280 §4.2.1.3).
      extension(KEY_USAGE, bitString(Buffer.from([0x06]), 1), CRITICAL),
      extension(SUBJECT_KEY_ID, octetString(keyId(own.publicKey))),
    ],
  })
  return {
    root,
    certify(host, kind) {
      const [from, to] = LIVES[kind]
      const name = kind === 'other_name' ? `elsewhere.${host}` : host
      const issuer = kind === 'self_signed' ? { name, ...server } : { name: OWN_NAME, ...own }
      return certificate({
        subject: name,
        key: server.publicKey,
        issuer: { name: issuer.name, key: issuer.privateKey },
        life: [now() + from * DAY_MS, now() + to * DAY_MS],
        extensions: [
          extension(SUBJECT_ALT_NAME, sequence(element(DNS_NAME, Buffer.from(name)))),
          extension(AUTHORITY_KEY_ID, sequence(element(KEY_ID, keyId(issuer.publicKey)))),
        ],
      })
    },
  }
}

interface Contents {
  readonly subject: string
  readonly key: KeyObject
  readonly issuer: { readonly name: string; readonly key: KeyObject }
  readonly life: readonly [from: number, to: number]
  readonly extensions: readonly Buffer[]
}

/** RFC 5280 §4.1. */
function certificate({ subject, key, issuer, life, extensions }: Contents): string {
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)])
  const toBeSigned = sequence(
    VERSION_3,
    integer(serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(...life.map(time)),
    nameOf(subject),
    key.export({ type: 'spki', format: 'der' }),
    element(EXPLICIT_EXTENSIONS, sequence(...extensions)),
  )
  const signed = sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(sign('sha256', toBeSigned, issuer.key)))
  const lines = signed.toString('base64').match(/.{1,64}/gu) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(COMMON_NAME, text(commonName))))
}

function extension(id: Buffer, value: Buffer, critical: readonly Buffer[] = []): Buffer {
  return sequence(id, ...critical, octetString(value))
}

/** Any digest of the key will do (RFC 5280 §4.2.1.2). */
function keyId(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)
}
