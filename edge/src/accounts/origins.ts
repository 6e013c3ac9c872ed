// Origins that a browser key answers to: written into the key itself, so that the check needs no look-up.
import { sha256 } from './secrets.ts'

export const MAX_ORIGINS = 10
/** Octets of an origin's digest in a key. A forged origin gains nothing that a script without one does not have. */
export const DIGEST_OCTETS = 8

const HOST = String.raw`[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*`
const PATTERN = new RegExp(
  String.raw`^https://(\*\.)?${HOST}(:\d{1,5})?$|^http://(localhost|127\.0\.0\.1)(:(\d{1,5}|\*))?$`,
)

/**
 * `https://shop.example`, `https://*.shop.example` (every name below it, not itself), and for development
 * `http://localhost:3000` or `http://localhost:*`.
 */
export function isOriginPattern(pattern: string): boolean {
  if (!PATTERN.test(pattern) || pattern.length > 260) return false
  return !pattern.includes('*.') || pattern.split('.').length > 2
}

/** What a key holds of one pattern. */
export async function originDigest(pattern: string): Promise<Uint8Array> {
  return (await sha256(`origin\0${pattern}`)).slice(0, DIGEST_OCTETS)
}

/** True where one of the digests is of a pattern that this `Origin` header (RFC 6454 §7) matches. */
export async function matchesOrigin(origin: string, digests: readonly Uint8Array[]): Promise<boolean> {
  const candidates = await Promise.all(patternsOf(origin).map(originDigest))
  return candidates.some((one) => digests.some((other) => one.every((octet, at) => octet === other[at])))
}

/** Every pattern that an origin could have been allowed by; at most a few dozen. */
function patternsOf(origin: string): string[] {
  if (origin.length > 260) return []
  const [, scheme = '', host = '', port = ''] = /^(https?:\/\/)([^/:]+)(:\d+)?$/.exec(origin) ?? []
  const above = host.split('.').map((_, at, labels) => labels.slice(at + 1).join('.'))
  const wild = above.filter((name) => name.includes('.')).map((name) => `${scheme}*.${name}${port}`)
  const loopback = host === 'localhost' || host === '127.0.0.1' ? [`${scheme}${host}:*`] : []
  return [origin, ...wild, ...loopback]
}
