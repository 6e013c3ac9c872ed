// Takes the DNS message out of an HTTP request (RFC 8484 §4.1), or says with which status the request is refused.
import type { IncomingMessage } from 'node:http'

export type DohRequest =
  | { readonly kind: 'message'; readonly bytes: Buffer; readonly via: 'GET' | 'POST' }
  | { readonly kind: 'refused'; readonly status: 400 | 405 | 413 | 415 }

/** Far more than a question needs; what is longer is no question. */
const MAX_BYTES = 4_096
const BASE64URL = /^[\w-]+$/u

export async function readDohRequest(request: IncomingMessage, url: URL): Promise<DohRequest> {
  if (request.method === 'GET') return fromParameter(url.searchParams.get('dns'))
  if (request.method !== 'POST') return { kind: 'refused', status: 405 }
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/dns-message') return { kind: 'refused', status: 415 }
  const bytes = await bodyOf(request)
  return bytes === null ? { kind: 'refused', status: 413 } : message(bytes, 'POST')
}

/** RFC 8484 §6: base64url without padding. */
function fromParameter(parameter: string | null): DohRequest {
  if (parameter === null || !BASE64URL.test(parameter)) return { kind: 'refused', status: 400 }
  return message(Buffer.from(parameter, 'base64url'), 'GET')
}

function message(bytes: Buffer, via: 'GET' | 'POST'): DohRequest {
  return bytes.length > MAX_BYTES ? { kind: 'refused', status: 413 } : { kind: 'message', bytes, via }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    // Read to the end all the same: a request that is cut off never sees its 413.
    if (length <= MAX_BYTES) chunks.push(chunk)
  }
  return length > MAX_BYTES ? null : Buffer.concat(chunks)
}
