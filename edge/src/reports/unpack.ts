// A body that may be packed (gzip), as JSON; within bounds, whatever it unpacks to.
import { textWithin } from '../http/text-within.ts'

/** Reports of the largest senders unpack to some hundred kilobytes. */
const MOST_OCTETS = 4_194_304
/** RFC 1952 §2.3.1. */
const GZIP = [0x1f, 0x8b]

export type Unpacked =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'too_large' | 'no_gzip' | 'no_json' }

/** Never rejects. */
export async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Unpacked> {
  const isPacked = GZIP.every((octet, at) => bytes[at] === octet)
  const { body } = new Response(bytes)
  const stream = isPacked ? (body?.pipeThrough(new DecompressionStream('gzip')) ?? null) : body
  try {
    const text = await textWithin(stream, { octets: MOST_OCTETS, fatal: true })
    return text === null ? { kind: 'too_large' } : read(text)
  } catch {
    // Streams do not tell what is wrong with them.
    return { kind: isPacked ? 'no_gzip' : 'no_json' }
  }
}

function read(text: string): Unpacked {
  try {
    return { kind: 'value', value: JSON.parse(text) as unknown }
  } catch {
    return { kind: 'no_json' }
  }
}
