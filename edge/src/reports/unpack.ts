// A body that may be packed (gzip), as JSON; within bounds, whatever it unpacks to.
import { gunzipSync, inflateRawSync } from 'node:zlib'

/** Reports of the largest senders unpack to some hundred kilobytes. */
const MOST_OCTETS = 4_194_304
/** RFC 1952 §2.3.1. */
const GZIP = [0x1f, 0x8b]

export type Unpacked =
  /** `behind`: octets after the last member, which are no part of it. */
  | { readonly kind: 'value'; readonly value: unknown; readonly behind: number }
  | { readonly kind: 'too_large' | 'no_gzip' | 'no_json' }

/** Several members are read as one (RFC 1952 §2.2), which the platform's streams refuse to do. Throws only where the runtime has changed. */
export function unpacked(bytes: Uint8Array): Unpacked {
  if (!isMember(bytes, 0)) return read(bytes)
  const whole = gunzipped(bytes)
  if (whole !== 'no_gzip') return typeof whole === 'string' ? { kind: whole } : read(whole)
  // Mail programs add line ends to attachments: gzip(1) as well passes over what is behind a member that is whole.
  const end = endOfMembers(bytes)
  if (typeof end === 'string') return { kind: end }
  const members = gunzipped(bytes.subarray(0, end))
  return typeof members === 'string' ? { kind: members } : read(members, bytes.length - end)
}

function isMember(bytes: Uint8Array, at: number): boolean {
  return GZIP.every((octet, n) => bytes[at + n] === octet)
}

type Failed = 'too_large' | 'no_gzip'

function gunzipped(bytes: Uint8Array): Uint8Array | Failed {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_OCTETS })
  } catch (error) {
    return failed(error)
  }
}

/** Beyond the most there is a RangeError, whatever it is called; all else is about the octets. */
const failed = (error: unknown): Failed => (error instanceof RangeError ? 'too_large' : 'no_gzip')

const TRAILER_OCTETS = 8
/** Each is a start of its own, and nobody sends more with something behind them. */
const MOST_MEMBERS = 100

/** Where the last member ends; each has to be whole. Whether its trailer is right is seen when it is unpacked. */
function endOfMembers(bytes: Uint8Array): number | Failed {
  let end = 0
  let left = MOST_OCTETS
  for (let n = 0; n < MOST_MEMBERS && isMember(bytes, end); n += 1) {
    const member = inflated(bytes.subarray(headerEnd(bytes, end)), left)
    if (typeof member === 'string') return member
    end = headerEnd(bytes, end) + member.read + TRAILER_OCTETS
    left -= member.written
  }
  return end <= bytes.length && !isMember(bytes, end) ? end : 'no_gzip'
}

/** RFC 1952 §2.3: ten octets and, as its flags have it, extra fields, a name, a comment and a sum. */
function headerEnd(bytes: Uint8Array, start: number): number {
  const flags = bytes[start + 3] ?? 0
  let at = start + 10
  if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0)
  for (const flag of [8, 16]) if ((flags & flag) !== 0) at = behindZero(bytes, at)
  return (flags & 2) === 0 ? at : at + 2
}

function behindZero(bytes: Uint8Array, at: number): number {
  const zero = bytes.indexOf(0, at)
  return zero === -1 ? bytes.length : zero + 1
}

/** Raw inflation ends where its last block does, and tells how many octets it has read. */
function inflated(bytes: Uint8Array, most: number): { readonly read: number; readonly written: number } | Failed {
  const told = inflatedRaw(bytes, most)
  if (typeof told === 'string') return told
  // A runtime that stops telling is our fault, and no octets' of a report.
  if (!isInflated(told)) throw new TypeError('zlib does not tell how much it has read')
  return { read: told.engine.bytesWritten, written: told.buffer.length }
}

function inflatedRaw(bytes: Uint8Array, most: number): object | Failed {
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, most), info: true })
  } catch (error) {
    return failed(error)
  }
}

interface Inflated {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

function isInflated(told: object): told is Inflated {
  if (!('buffer' in told && 'engine' in told) || !(told.buffer instanceof Uint8Array)) return false
  const { engine } = told
  return (
    typeof engine === 'object' && engine !== null && 'bytesWritten' in engine && typeof engine.bytesWritten === 'number'
  )
}

function read(octets: Uint8Array, behind = 0): Unpacked {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(octets)
    return { kind: 'value', value: JSON.parse(text) as unknown, behind }
  } catch {
    return { kind: 'no_json' }
  }
}
