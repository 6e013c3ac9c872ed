// The text of a key: kind, account and 160 random bits under a MAC, so that who asks is known without a look-up.
import { accountId, base32, keyIdOf, readAccountId, unbase32 } from './ids.ts'
import { DIGEST_OCTETS, MAX_ORIGINS } from './origins.ts'
import { joined, type Secrets, sameOctets, sha256, sign } from './secrets.ts'

export const KEY_KINDS = ['sk_live', 'sk_test', 'pk_live', 'pk_test', 'ak_live', 'ak_test'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

export interface KeyClaims {
  readonly kind: KeyKind
  readonly account: string
  /** Digests of the patterns a browser key answers to; empty for other kinds. */
  readonly origins: readonly Uint8Array[]
}

export interface ReadKey extends KeyClaims {
  readonly keyId: string
  /** What is stored of a key, in hex. */
  readonly sha256: Uint8Array
}

const VERSION = 1
const RANDOM_OCTETS = 20
const ACCOUNT_OCTETS = 16
const MAC_OCTETS = 16
const ascii = new TextEncoder()
const latin = new TextDecoder()

/** `random` are 20 octets of the platform's generator, or derived from a secret where the same key must come out again. */
export async function mintKey(secrets: Secrets, claims: KeyClaims, random: Uint8Array): Promise<string> {
  const name = readAccountId(claims.account)
  if (name === null || random.length !== RANDOM_OCTETS) throw new Error('a key needs an account and 20 random octets')
  const partition = ascii.encode(name.partition)
  const head = [VERSION, Number(secrets.current), partition.length]
  const body = joined(
    Uint8Array.from(head),
    partition,
    name.octets,
    random,
    Uint8Array.of(claims.origins.length),
    ...claims.origins,
  )
  const mac = await sign(secrets, 'key', joined(ascii.encode(`${claims.kind}\0`), body))
  return `${claims.kind}_${base32(joined(body, mac.subarray(0, MAC_OCTETS)))}`
}

const TEXT = /^((?:sk|pk|ak)_(?:live|test))_([a-z2-7]{80,400})$/

/** The claims of a key that this ring signed, or null without a hint why. Says nothing about revocation. */
export async function readKey(secrets: Secrets, text: string): Promise<ReadKey | null> {
  const [, kind, encoded = ''] = TEXT.exec(text) ?? []
  // A text that is no key at all takes the same way, so that the answer's time tells as little as the answer.
  const octets = unbase32(encoded) ?? new Uint8Array(0)
  const body = octets.subarray(0, Math.max(0, octets.length - MAC_OCTETS))
  const known = await secrets.mac(String(body[1] ?? secrets.current), 'key', joined(ascii.encode(`${kind}\0`), body))
  const expected = (known ?? (await sign(secrets, 'key', body))).subarray(0, MAC_OCTETS)
  const digest = await sha256(text)
  const genuine = sameOctets(octets.subarray(body.length), expected) && known !== null
  const claims = genuine ? claimsOf(kind as KeyKind, body) : null
  return claims === null ? null : { ...claims, keyId: keyIdOf(digest), sha256: digest }
}

function claimsOf(kind: KeyKind, body: Uint8Array): KeyClaims | null {
  const [version, , partitionLength = 0] = body
  if (version !== VERSION) return null
  let at = 3
  const take = (length: number): Uint8Array => body.slice(at, (at += length))
  const partition = latin.decode(take(partitionLength))
  const account = accountId(partition, take(ACCOUNT_OCTETS))
  take(RANDOM_OCTETS)
  const [count = 0] = take(1)
  const origins = Array.from({ length: Math.min(count, MAX_ORIGINS) }, () => take(DIGEST_OCTETS))
  return { kind, account, origins }
}
