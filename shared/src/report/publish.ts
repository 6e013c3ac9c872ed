// Records to publish, whole and ready to be pasted: made only of names that mean nothing but themselves wherever they are put.
import { isPastable } from './commands.ts'
import { parsePolicy } from './mta-sts.ts'

export const PUBLISHED_AS = ['TXT', 'TLSA', 'file'] as const

/** A record of the DNS, its name without a final dot; or a `file`, to be served as text/plain at the URL that is its name. */
export interface ToPublish {
  readonly name: string
  readonly type: (typeof PUBLISHED_AS)[number]
  /** Of TXT without quotes; of TLSA as RFC 6698 §2.2 writes it. */
  readonly value: string
}

/** None where a name is one that does more than to name: whatever is pasted was chosen by whoever publishes it. */
export function textAt(name: string, value: string): ToPublish[] {
  return isPastable(name) ? [{ name, type: 'TXT', value }] : []
}

interface KeyDigests {
  /** In lower-case hexadecimal; null where the key cannot be read. */
  readonly spkiSha256: string | null
  readonly spkiSha512: string | null
}

/** DANE-EE with a digest of a key (RFC 7671 §5.1), of SHA-256 or, as `2`, SHA-512; each key once. */
export function pinsOf(host: string, keys: readonly KeyDigests[], matching: 1 | 2 = 1): ToPublish[] {
  const name = `_25._tcp.${host}`
  const digests = new Set(keys.map(({ spkiSha256, spkiSha512 }) => (matching === 1 ? spkiSha256 : spkiSha512)))
  const isDigest = (one: string | null): one is string => one !== null && /^(?:[0-9a-f]{64}){1,2}$/.test(one)
  const values = [...digests].filter(isDigest).map((digest) => `3 1 ${matching} ${digest}`)
  return isPastable(name) ? values.map((value) => ({ name, type: 'TLSA', value })) : []
}

/** A week: long enough to be worth keeping, and no harm while the policy is tested. */
const FIRST_AGE_S = 604_800
/** Nobody has more exchanges to name one by one. */
const MOST_NAMED = 20

/** That there is a policy (RFC 8461 §3.1); `at` in milliseconds since the epoch makes its id. */
export function policyRecord(domain: string, at: number): ToPublish[] {
  const id = new Date(at).toISOString().replaceAll(/\D/g, '').slice(0, 14)
  return textAt(`_mta-sts.${domain}`, `v=STSv1; id=${id};`)
}

/** A policy to begin with. None where an exchange cannot be named: a policy that leaves one out would do harm. */
export function firstPolicy(domain: string, exchanges: readonly string[]): ToPublish[] {
  const hosts = [...new Set(exchanges)]
  const named = hosts.map((host) => `mx: ${host}`)
  const value = ['version: STSv1', 'mode: testing', ...named, `max_age: ${FIRST_AGE_S}`, ''].join('\n')
  const isWhole = hosts.length <= MOST_NAMED && hosts.every(isPastable) && parsePolicy(value).ok
  const name = `mta-sts.${domain}`
  return isWhole && isPastable(name) ? [{ name: `https://${name}/.well-known/mta-sts.txt`, type: 'file', value }] : []
}

/** As a line of a zone (RFC 1035 §5.1), or the lines of a file below its URL. */
export function lineOf({ name, type, value }: ToPublish): string {
  switch (type) {
    case 'file':
      return `${name}\n${value}`
    case 'TXT':
      return `${name}. IN TXT ${stringsOf(value)}`
    case 'TLSA':
      return `${name}. IN TLSA ${value}`
  }
}

/** A character-string has 255 octets at most (RFC 1035 §3.3). */
function stringsOf(text: string): string {
  return (text.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ')
}
