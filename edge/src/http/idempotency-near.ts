// `Idempotency-Key` in fast mode: the id follows from the request, so no object is asked; another body is noticed nearby only.
import type { Context } from 'hono'
import { derivedId } from '../accounts/ids.ts'
import { sign } from '../accounts/secrets.ts'
import type { AppEnv } from '../routes/context.ts'
import type { KeyCaller } from './authenticate.ts'
import { bodyHash, nameOf } from './idempotency.ts'
import type { NearCache } from './near-cache.ts'

const KEPT_S = 86_400

export interface Known {
  readonly id: string
  readonly body: string
}

/** What this location remembers of (account, idempotency key). */
export interface NearOnces {
  find(name: string): Promise<Known | null>
  remember(name: string, known: Known): Promise<void>
}

export function createNearOnces(cache: NearCache): NearOnces {
  const url = (name: string): string => `https://once.invalid/${name}`
  return {
    find: async (name) => (await cache.match(url(name)))?.json<Known>() ?? null,
    remember: (name, known) =>
      cache.put(url(name), Response.json(known, { headers: { 'cache-control': `max-age=${KEPT_S}` } })),
  }
}

/** The id of this request and whether it was here before; `null` where its key came with another body. */
export async function nearTurn(context: Context<AppEnv>, caller: KeyCaller, wanted: unknown) {
  const { secrets, nearOnces, now } = context.get('services')
  const key = context.req.header('idempotency-key') ?? ''
  const name = await nameOf(context, caller, key)
  const body = await bodyHash(context, wanted)
  const known = await nearOnces.find(name)
  if (known !== null) return known.body === body ? { id: known.id, again: true, remember: async () => undefined } : null
  const id = derivedId('ver', await sign(secrets, 'repeat', `${name}\0${body}`), now())
  return { id, again: false, remember: () => nearOnces.remember(name, { id, body }) }
}
