// The text of a stream, as long as it stays within bounds.

export interface Bounds {
  readonly octets: number
  /** Octets that are no UTF-8 throw, instead of being replaced. */
  readonly fatal: boolean
}

/** Null for more than was wanted: the rest is not read. Rejects as the stream does. */
export async function textWithin(
  body: ReadableStream<Uint8Array> | null,
  { octets, fatal }: Bounds,
): Promise<string | null> {
  const reader = body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder('utf-8', { fatal, ignoreBOM: false })
  let [read, text] = [0, '']
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    read += value.length
    if (read > octets) break
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return null
}
