// A body that may be packed (gzip), as JSON; within bounds, whatever it unpacks to.

import { textWithin } from '../http/text-within.ts'

/** Reports of the largest senders unpack to some hundred kilobytes. */
const MOST_OCTETS = 4_194_304

export type Unpacked =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'broken' }

/** Never rejects. */
export async function unpacked(bytes: Uint8Array<ArrayBuffer>, isPacked: boolean): Promise<Unpacked> {
  try {
    const { body } = new Response(bytes)
    const stream = isPacked ? (body?.pipeThrough(new DecompressionStream('gzip')) ?? null) : body
    const text = await textWithin(stream, { octets: MOST_OCTETS, fatal: true })
    return text === null ? { kind: 'too_large' } : { kind: 'value', value: JSON.parse(text) as unknown }
  } catch {
    // Neither streams nor JSON tell more than that it is not what it should be.
    return { kind: 'broken' }
  }
}
