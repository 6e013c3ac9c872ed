// The edge's own secrets as a ring: one signs, all are believed, so that a secret can be replaced while its keys are in use.
import { z } from 'zod'

/** What a MAC is for; part of what is signed, so that one made for one purpose is worth nothing for another. */
export type Purpose = 'key' | 'mint' | 'address' | 'page' | 'visitor' | 'repeat' | 'webhook'

export interface Secrets {
  /** Id of the secret that signs: a number from 1 to 255, in text. */
  readonly current: string
  /** HMAC-SHA-256 of `data` under one secret, 32 octets; null where there is no secret of that id. */
  mac(id: string, purpose: Purpose, data: Uint8Array | string): Promise<Uint8Array | null>
  /** Ids of all secrets, the current one first. */
  readonly ids: readonly string[]
}

const secretId = z.string().regex(/^([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/)

/** Id → 32 octets in hex, and which of them signs. */
export const secretsConfig = z
  .strictObject({ current: secretId, keys: z.record(secretId, z.string().regex(/^[0-9a-f]{64}$/)) })
  .refine(({ current, keys }) => Object.hasOwn(keys, current), { message: 'current names no key' })
export type SecretsConfig = z.infer<typeof secretsConfig>

/** The platform's own name for it differs between the Worker and the programs that make its first key. */
type Imported = Awaited<ReturnType<typeof crypto.subtle.importKey>>

const utf8 = new TextEncoder()

export function openSecrets({ current, keys }: SecretsConfig): Secrets {
  // Values, not promises: a promise shared between requests of a Worker never ends when its first request is cancelled.
  const imported = new Map<string, Imported>()
  const keyOf = async (id: string, hex: string): Promise<Imported> => {
    const known = imported.get(id)
    if (known !== undefined) return known
    const made = await crypto.subtle.importKey('raw', octets(hex), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    imported.set(id, made)
    return made
  }
  return {
    current,
    ids: [current, ...Object.keys(keys).filter((id) => id !== current)],
    mac: async (id, purpose, data) => {
      const hex = keys[id]
      if (hex === undefined) return null
      const text = typeof data === 'string' ? utf8.encode(data) : data
      const signed = joined(utf8.encode(`${purpose}\0`), text)
      return new Uint8Array(await crypto.subtle.sign('HMAC', await keyOf(id, hex), signed))
    },
  }
}

/** The MAC under the current secret. */
export async function sign(secrets: Secrets, purpose: Purpose, data: Uint8Array | string): Promise<Uint8Array> {
  const mac = await secrets.mac(secrets.current, purpose, data)
  if (mac === null) throw new Error('the current secret is not in the ring')
  return mac
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function octets(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Compares in a time that does not depend on where the two differ. */
export function sameOctets(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length
  for (let at = 0; at < one.length; at += 1) difference |= (one[at] ?? 0) ^ (other[at] ?? 0)
  return difference === 0
}

export async function sha256(data: Uint8Array | string): Promise<Uint8Array> {
  const bytes = typeof data === 'string' ? utf8.encode(data) : joined(data)
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}
