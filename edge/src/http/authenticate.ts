// Who asks: a key of an account, proven by its own MAC, or a page of ours; and what that kind of caller may do.
import type { ReadKey } from '../accounts/key-text.ts'
import { readKey } from '../accounts/key-text.ts'
import type { Scope } from '../accounts/places.ts'
import type { Secrets } from '../accounts/secrets.ts'
import { isPageToken, readPageToken } from './page-token.ts'

export type KeyCaller = ReadKey & { readonly type: 'key' }
export type Caller = KeyCaller | { readonly type: 'page' }

const BEARER = /^Bearer +([\x21-\x7e]{8,600}) *$/i

/** The caller behind an `Authorization` header, or null without a hint why. Whether the key was revoked is not known here. */
export async function authenticate(header: string | undefined, secrets: Secrets, now: number): Promise<Caller | null> {
  const presented = BEARER.exec(header ?? '')?.[1] ?? ''
  if (isPageToken(presented)) return (await readPageToken(secrets, presented, now)) ? { type: 'page' } : null
  const key = await readKey(secrets, presented)
  return key === null ? null : { type: 'key', ...key }
}

/** Test keys never probe and never charge. */
export function isSandbox(caller: Caller): boolean {
  return caller.type === 'key' && (caller.kind === 'sk_test' || caller.kind === 'pk_test')
}

/** What test keys do is kept apart. */
export function scopeOf(caller: Caller): Scope {
  return isSandbox(caller) ? 'test' : 'live'
}

/** Browser keys are public: whoever finds one must not make servers be asked. */
export function isPublic(caller: Caller): boolean {
  return caller.type === 'key' && (caller.kind === 'pk_live' || caller.kind === 'pk_test')
}

/** Operators' keys run the service; those for tests look at everything and change nothing. */
export function isOperator(caller: Caller): boolean {
  return caller.type === 'key' && (caller.kind === 'ak_live' || caller.kind === 'ak_test')
}
