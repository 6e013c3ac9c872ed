// A body that may be packed (gzip), as JSON; within bounds, whatever it unpacks to.
import { gunzipSync } from 'node:zlib'

/** Reports of the largest senders unpack to some hundred kilobytes. */
const MOST_OCTETS = 4_194_304
/** RFC 1952 §2.3.1. */
const GZIP = [0x1f, 0x8b]

export type Unpacked =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'too_large' | 'no_gzip' | 'no_json' }

/** Several members are read as one (RFC 1952 §2.2), which the platform's streams refuse to do. Never throws. */
export function unpacked(bytes: Uint8Array): Unpacked {
  const isPacked = GZIP.every((octet, at) => bytes[at] === octet)
  const octets = isPacked ? gunzipped(bytes) : bytes
  return typeof octets === 'string' ? { kind: octets } : read(octets)
}

function gunzipped(bytes: Uint8Array): Uint8Array | 'too_large' | 'no_gzip' {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_OCTETS })
  } catch (error) {
    // Beyond the most there is a RangeError, whatever it is called; all else is about the octets.
    return error instanceof RangeError ? 'too_large' : 'no_gzip'
  }
}

function read(octets: Uint8Array): Unpacked {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(octets)
    return { kind: 'value', value: JSON.parse(text) as unknown }
  } catch {
    return { kind: 'no_json' }
  }
}
