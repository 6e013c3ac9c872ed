// What deliveries are signed with (Standard Webhooks): secrets made from the edge's own, so that none is stored.
import { base64 } from '@scure/base'
import { Webhook } from 'standardwebhooks'
import type { Secrets } from '../accounts/secrets.ts'

/** Names a secret without telling it; the same name is the same secret for as long as the ring holds `ring`. */
export interface SecretName {
  readonly account: string
  readonly endpoint: string
  readonly generation: string
  /** Id of the edge's secret that it is made from: a new one in the ring changes no receiver's. */
  readonly ring: string
}

/** `whsec_` and 32 octets in base64; null where the ring no longer holds what it was made from. */
export async function secretText(secrets: Secrets, name: SecretName): Promise<string | null> {
  const { account, endpoint, generation, ring } = name
  const mac = await secrets.mac(ring, 'webhook', `${account}\0${endpoint}\0${generation}`)
  return mac === null ? null : `whsec_${base64.encode(mac)}`
}

export interface Signed {
  readonly eventId: string
  readonly at: number
  readonly payload: string
}

/** Fields of one attempt, with a signature of each secret; null without any secret. */
export function signedHeaders(
  texts: readonly string[],
  { eventId, at, payload }: Signed,
): Record<string, string> | null {
  if (texts.length === 0) return null
  const signatures = texts.map((text) => new Webhook(text).sign(eventId, new Date(at), payload))
  return {
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': signatures.join(' '),
  }
}
