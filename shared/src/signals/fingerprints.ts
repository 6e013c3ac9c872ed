// Very long lists of names in little room: 40 bits or so of each name's hash, found in a time that does not depend on their number.

/**
 * `bits` of a name's hash choose one of 2^bits buckets; 24 further bits tell names within it apart. A name that is not listed
 * is taken for a listed one about once in 10 million, so lists of what is certain have to be asked first.
 */
export interface Fingerprints {
  readonly bits: number
  readonly count: number
  /** Base64: two buckets' sizes to an octet, then all fingerprints, bucket by bucket, three octets each. */
  readonly data: string
}

export interface FingerprintSet {
  /** `name` in the form in which it was listed. */
  has(name: string): boolean
}

const REST_OCTETS = 3
const REST_BITS = 24

/** Decoded when the first name is asked for. */
export function openFingerprints(list: Fingerprints): FingerprintSet {
  let opened: Opened | null = null
  return {
    has: (name) => {
      opened ??= open(list)
      const bucket = bucketOf(name, list.bits)
      const from = opened.starts[bucket] ?? 0
      const to = opened.starts[bucket + 1] ?? from
      if (from === to) return false
      const rest = restOf(name)
      for (let at = from; at < to; at += 1) if (restAt(opened.rests, at) === rest) return true
      return false
    },
  }
}

interface Opened {
  /** Index of each bucket's first fingerprint, and one more. */
  readonly starts: Uint32Array
  readonly rests: Uint8Array
}

function open({ bits, data }: Fingerprints): Opened {
  const octets = decode(data)
  const buckets = 1 << bits
  const starts = new Uint32Array(buckets + 1)
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const pair = octets[bucket >> 1] ?? 0
    starts[bucket + 1] = (starts[bucket] ?? 0) + (bucket % 2 === 0 ? pair & 15 : pair >> 4)
  }
  return { starts, rests: octets.subarray(buckets / 2) }
}

function restAt(rests: Uint8Array, index: number): number {
  const at = index * REST_OCTETS
  return ((rests[at] ?? 0) << 16) | ((rests[at + 1] ?? 0) << 8) | (rests[at + 2] ?? 0)
}

/** Bucket and remainder of a name's hash; for whoever makes lists, and whoever asks them. */
export function fingerprint(name: string, bits: number): { bucket: number; rest: number } {
  return { bucket: bucketOf(name, bits), rest: restOf(name) }
}

const bucketOf = (name: string, bits: number): number => hash(name, 0x9747b28c) >>> (32 - bits)
const restOf = (name: string): number => hash(name, 0x5bd1e995) >>> (32 - REST_BITS)

/** FNV-1a over UTF-16 code units from a basis of its own, stirred at the end as MurmurHash3 does, so that all bits depend on all letters. */
function hash(name: string, basis: number): number {
  let sum = basis
  for (let at = 0; at < name.length; at += 1) sum = Math.imul(sum ^ name.charCodeAt(at), 0x01000193)
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b)
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35)
  return (sum ^ (sum >>> 16)) >>> 0
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 (RFC 4648 §4) without padding; this room has no platform that would do it. */
function decode(text: string): Uint8Array {
  const values = new Uint8Array(128)
  for (let at = 0; at < ALPHABET.length; at += 1) values[ALPHABET.charCodeAt(at)] = at
  const octets = new Uint8Array(Math.floor((text.length * 3) / 4))
  let held = 0
  let bits = 0
  let to = 0
  for (let at = 0; at < text.length; at += 1) {
    held = ((held << 6) | (values[text.charCodeAt(at)] ?? 0)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    octets[to] = (held >> bits) & 0xff
    to += 1
  }
  return octets
}
