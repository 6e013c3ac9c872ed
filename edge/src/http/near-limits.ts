// How often the fast path may be asked: counted at each location by the platform, without a far round trip.
import { type Count, count, FAST_WINDOW_S, IP_WINDOW_S, NEAR, type Tier } from '../accounts/limits.ts'

/** The platform's Rate Limiting binding: it says yes or no, nothing else. */
export interface NearLimit {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** As declared in `infra/cloudflare/wrangler.jsonc`, with the numbers of `limits.ts`. */
export type NearLimitBindings = Readonly<Record<`${'KEY' | 'IP'}_${Uppercase<Tier>}`, NearLimit>>

export interface FastCaller {
  /** Account and kind of key: keys cost nothing to make, so those of a kind are counted together. */
  readonly name: string
  /** Null for callers who are not limited by address. */
  readonly ip: string | null
  readonly tier: Tier
}

export interface NearLimits {
  /**
   * Seconds to come back after, or null where it may go on: by what this isolate counted, and by what the platform said of
   * the whole location before. The platform is told afterwards, so that no answer waits for it.
   */
  waitS(caller: FastCaller, later: (work: () => Promise<unknown>) => void): number | null
}

/** The platform does not say when its window ends: after this part of one, somebody is let in to find out. */
const REFUSED_PARTS = 5
const MOST_COUNTS = 50_000

export function createNearLimits(bindings: NearLimitBindings, now: () => number): NearLimits {
  const counts = new Map<string, Count>()
  const refusedUntil = new Map<string, number>()

  const countOne = (name: string, limit: number, windowS: number): number | null => {
    const until = refusedUntil.get(name) ?? 0
    if (until > now()) return Math.ceil((until - now()) / 1_000)
    const counted = count({ policy: 'fast', limit, windowS }, counts.get(name) ?? null, now())
    counts.delete(name)
    counts.set(name, counted.count)
    forgetOldest(counts)
    return counted.allowed ? null : counted.quota.resetS
  }
  const ask = async (binding: NearLimit, name: string, windowS: number): Promise<void> => {
    const { success } = await binding.limit({ key: name })
    if (!success) refusedUntil.set(name, now() + (windowS * 1_000) / REFUSED_PARTS)
    forgetOldest(refusedUntil)
  }

  return {
    waitS: ({ name, ip, tier }, later) => {
      const { fast, ip: perIp } = NEAR[tier]
      const upper = tier.toUpperCase() as Uppercase<Tier>
      const byIp = ip === null ? null : countOne(`${name} ${ip}`, perIp, IP_WINDOW_S)
      const waitS = byIp ?? countOne(name, fast, FAST_WINDOW_S)
      // Only what was let in is told: a refused caller who keeps trying must not keep itself out for ever.
      if (waitS !== null) return waitS
      later(() => ask(bindings[`KEY_${upper}`], name, FAST_WINDOW_S))
      if (ip !== null) later(() => ask(bindings[`IP_${upper}`], `${name} ${ip}`, IP_WINDOW_S))
      return null
    },
  }
}

function forgetOldest(names: Map<string, unknown>): void {
  const [oldest] = names.keys()
  if (names.size > MOST_COUNTS && oldest !== undefined) names.delete(oldest)
}

/** Who asks, for limits: an IPv6 subscriber has a whole /64 (RFC 6177 §2), an IPv4-mapped address is its IPv4 address. */
export function subscriber(address: string): string {
  if (!address.includes(':')) return address
  const groups = groupsOf(address)
  const [high = 0, low = 0] = groups.slice(6)
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight groups of an IPv6 address in any spelling (RFC 4291 §2.2). */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const [before, after] = [numbersOf(head), numbersOf(tail ?? '')]
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<number>(missing).fill(0), ...after]
}

function numbersOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return group.includes('.') ? [a * 256 + b, c * 256 + d] : [Number.parseInt(group, 16)]
  })
}
