// Who asks: a bearer key, compared by hash in constant time, and what its kind may do.
import { KEY_KINDS, type KeyKind, type StoredKey } from '../config.ts'

export interface Caller {
  readonly keyId: string
  readonly kind: KeyKind
}

const BEARER = /^Bearer +([\x21-\x7e]{8,256}) *$/i

/** The caller behind an `Authorization` header, or null, without a hint why. Every stored key is compared, match or not. */
export async function authenticate(header: string | undefined, keys: readonly StoredKey[]): Promise<Caller | null> {
  const presented = BEARER.exec(header ?? '')?.[1] ?? ''
  const digest = await sha256(presented)
  let caller: Caller | null = null
  for (const { id, kind, sha256: expected } of keys) {
    const same = equal(digest, bytesOf(expected))
    if (same && presented.startsWith(`${kind}_`)) caller = { keyId: id, kind }
  }
  return caller
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && crypto.subtle.timingSafeEqual(one, other)
}

/** Test keys never probe and never charge. */
export function isSandbox({ kind }: Caller): boolean {
  return kind === 'sk_test' || kind === 'pk_test'
}

/** Browser keys are public: whoever finds one must not make servers be asked. */
export function isPublic({ kind }: Caller): boolean {
  return kind === 'pk_live' || kind === 'pk_test'
}

/** Operators' keys run the service; they verify nothing. */
export function mayVerify({ kind }: Caller): boolean {
  return KEY_KINDS.includes(kind) && kind !== 'ak'
}
