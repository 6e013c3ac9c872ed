// One question to a registry (RFC 7480): its JSON, or that there is none, or for how long it is to be left alone.

export type RdapAnswer =
  | { readonly kind: 'answer'; readonly value: unknown }
  /** RFC 7480 §5.3: it holds nothing about that name. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failure'; readonly retryAfterS: number | null }

const TIMEOUT_MS = 5_000
const MOST_REDIRECTS = 2
/** The IANA's list is 60 KB, answers about a domain a tenth of it. */
const MOST_OCTETS = 512 * 1024

const FAILURE: RdapAnswer = { kind: 'failure', retryAfterS: null }

/** Never rejects. `url` is of a registry, or of whom it names over https (RFC 7480 §5.2). */
export async function askRegistry(url: string): Promise<RdapAnswer> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return await follow(url, signal)
  } catch {
    return FAILURE
  }
}

async function follow(first: string, signal: AbortSignal): Promise<RdapAnswer> {
  let url = first
  for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
    const headers = { accept: 'application/rdap+json, application/json' }
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    if (response.status < 300 || response.status >= 400) return read(response)
    await response.body?.cancel()
    const next = URL.parse(response.headers.get('location') ?? '', url)
    if (next === null || (next.protocol !== 'https:' && next.origin !== new URL(first).origin)) return FAILURE
    url = next.href
  }
  return FAILURE
}

async function read(response: Response): Promise<RdapAnswer> {
  if (response.status !== 200) {
    await response.body?.cancel()
    if (response.status === 404) return { kind: 'absent' }
    const retryAfterS = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
    return { kind: 'failure', retryAfterS: Number.isNaN(retryAfterS) ? null : retryAfterS }
  }
  const text = await capped(response)
  return text === null ? FAILURE : { kind: 'answer', value: JSON.parse(text) as unknown }
}

/** Null where it does not end in time. */
async function capped(response: Response): Promise<string | null> {
  const decoder = new TextDecoder()
  let text = ''
  let octets = 0
  for await (const chunk of response.body ?? []) {
    octets += chunk.length
    if (octets > MOST_OCTETS) return null
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
