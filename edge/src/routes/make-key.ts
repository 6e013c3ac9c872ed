// Makes a key: its text goes to whoever asked and nowhere else, its hash to the account.
import type { NewKey } from '@postern/shared/contract/account.ts'
import type { FieldError } from '@postern/shared/contract/problem.ts'
import { OPERATORS } from '../accounts/ids.ts'
import type { StoredKey } from '../accounts/key-book.ts'
import { mintKey, readKey } from '../accounts/key-text.ts'
import { isOriginPattern, originDigest } from '../accounts/origins.ts'
import { hex, sign } from '../accounts/secrets.ts'
import type { Services } from './context.ts'

/** What is wrong with a wish for a key of this account, or null. */
export function wrongKind(
  { kind, origins = [], expires_at: end }: NewKey,
  account: string,
  now: number,
): FieldError | null {
  const isOperators = account === OPERATORS
  if (kind.startsWith('ak_') !== isOperators)
    return { pointer: '/kind', detail: isOperators ? 'is ak_live or ak_test for operators' : 'ak_ is for operators' }
  const isPublic = kind.startsWith('pk_')
  if (!isPublic && origins.length > 0)
    return { pointer: '/origins', detail: "is for pk_ keys: others are no browser's" }
  if (isPublic && origins.length === 0)
    return {
      pointer: '/origins',
      detail: 'names the sites whose pages may use a pk_ key, such as https://shop.example',
    }
  const wrong = origins.findIndex((origin) => !isOriginPattern(origin))
  if (wrong >= 0)
    return {
      pointer: `/origins/${wrong}`,
      detail: 'is no origin such as https://shop.example or https://*.shop.example',
    }
  return end !== undefined && Date.parse(end) <= now ? { pointer: '/expires_at', detail: 'is over already' } : null
}

export interface KeyWish extends NewKey {
  readonly account: string
  /** The same seed makes the same key: a repeated request shows what the first one showed, and nothing had to be kept for that. */
  readonly seed: string
}

/** Null where the account may have no more keys. */
export async function makeKey(wish: KeyWish, services: Services) {
  const { stored: wanted, text } = await newKeyOf(wish, services)
  const stored = await services.objects.account(wish.account).addKey(wanted)
  return stored === null ? null : { stored, text }
}

/** The key's text and what is stored of it, stored nowhere yet. */
export async function newKeyOf(wish: KeyWish, { secrets, now }: Services) {
  const { kind, name = '', origins = [], account, seed, expires_at: end } = wish
  const random = (await sign(secrets, 'mint', `${account}\0${seed}`)).slice(0, 20)
  const digests = await Promise.all(origins.map(originDigest))
  const text = await mintKey(secrets, { kind, account, origins: digests }, random)
  const read = await readKey(secrets, text)
  if (read === null) throw new Error('a key that was made cannot be read')
  const stored: StoredKey = {
    id: read.keyId,
    kind,
    sha256: hex(read.sha256),
    name,
    origins,
    lastFour: text.slice(-4),
    createdAt: now(),
    expiresAt: end === undefined ? null : Date.parse(end),
    endsAt: null,
    revokedAt: null,
  }
  return { stored, text }
}
