// How often the fast path may be asked: counted at each location by the platform, without a far round trip.
import type { Tier } from '../accounts/limits.ts'

/** The platform's Rate Limiting binding: it says yes or no, nothing else. */
export interface NearLimit {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** As declared in `infra/cloudflare/wrangler.jsonc`: `KEY_*` within 10 s, `IP_*` within 60 s. */
export type NearLimitBindings = Readonly<Record<`${'KEY' | 'IP'}_${Uppercase<Tier>}`, NearLimit>>

export interface NearLimits {
  /** Seconds to come back after, or null where it may go on. `ip` is null for callers who are not limited by address. */
  waitS(caller: { key: string; ip: string | null; tier: Tier }): Promise<number | null>
}

const KEY_WINDOW_S = 10
const IP_WINDOW_S = 60

export function createNearLimits(bindings: NearLimitBindings): NearLimits {
  return {
    waitS: async ({ key, ip, tier }) => {
      const name = tier.toUpperCase() as Uppercase<Tier>
      const [byKey, byIp] = await Promise.all([
        bindings[`KEY_${name}`].limit({ key }),
        ip === null ? { success: true } : bindings[`IP_${name}`].limit({ key: `${key} ${ip}` }),
      ])
      if (!byIp.success) return IP_WINDOW_S
      return byKey.success ? null : KEY_WINDOW_S
    },
  }
}

/** Who asks, for limits: an IPv6 subscriber has a whole /64 (RFC 6177 §2). */
export function subscriber(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length)
  const whole = [...groups, ...Array<string>(missing).fill('0'), ...after]
  return `${whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
