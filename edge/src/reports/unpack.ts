// A body that may be packed (gzip), as JSON; within bounds, whatever it unpacks to.

/** Reports of the largest senders unpack to some hundred kilobytes. */
const MOST_OCTETS = 4_194_304
const STRICT = { fatal: true, ignoreBOM: false } as const

export type Unpacked =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'broken' }

/** Never rejects. */
export async function unpacked(bytes: Uint8Array<ArrayBuffer>, isPacked: boolean): Promise<Unpacked> {
  try {
    const text = isPacked ? await gunzipped(bytes) : new TextDecoder('utf-8', STRICT).decode(bytes)
    return text === null ? { kind: 'too_large' } : { kind: 'value', value: JSON.parse(text) as unknown }
  } catch {
    // Neither streams nor JSON tell more than that it is not what it should be.
    return { kind: 'broken' }
  }
}

/** Null for more than is read of anybody. */
async function gunzipped(bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const reader = new Response(bytes).body?.pipeThrough(new DecompressionStream('gzip')).getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder('utf-8', STRICT)
  let [read, text] = [0, '']
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    read += value.length
    if (read > MOST_OCTETS) break
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return null
}
