// Answers that an account paid for lately at this location: spares it the charge of a repeat that the ledger has not seen yet.
import { base32 } from './ids.ts'
import { type Secrets, sign } from './secrets.ts'

/** The part of the Workers Cache that is used. */
export interface NearCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
}

export interface PaidNearby {
  /** Instant at which the answer that was paid for was found, or null. */
  checkedAt(account: string, address: string): Promise<number | null>
  remember(paid: { account: string; address: string; checkedAt: number; validUntil: number }): Promise<void>
}

const MOST_S = 86_400

export function createPaidNearby(cache: NearCache, secrets: Secrets): PaidNearby {
  // The address arrives as an HMAC already; this one keeps accounts apart.
  const urlOf = async (account: string, address: string): Promise<string> =>
    `https://paid.invalid/${base32(await sign(secrets, 'repeat', `${account}\0${address}`))}`
  return {
    checkedAt: async (account, address) => {
      const found = await cache.match(await urlOf(account, address))
      return found === undefined ? null : Number(await found.text())
    },
    remember: async ({ account, address, checkedAt, validUntil }) => {
      const seconds = Math.min(MOST_S, Math.floor((validUntil - checkedAt) / 1_000))
      if (seconds < 1) return
      const headers = { 'cache-control': `max-age=${seconds}` }
      await cache.put(await urlOf(account, address), new Response(String(checkedAt), { headers }))
    },
  }
}
