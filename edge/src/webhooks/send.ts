// One attempt at one receiver over HTTP: how it ended, and nothing of what it said.
import type { Outcome } from './ladder.ts'

export interface Parcel {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
}

/** For headers and body together, in milliseconds. */
export const TIMEOUT_MS = 10_000
/** Octets of an answer; what goes beyond is cut off, and the status counts. */
const MOST_READ = 65_536

const MULTIPLE_CHOICES = 300
const BAD_REQUEST = 400
const TOO_MANY_REQUESTS = 429
const SERVICE_UNAVAILABLE = 503

/** Never rejects. `now` is for a `Retry-After` that is a date. */
export async function send(
  { url, headers, payload }: Parcel,
  now: () => number,
  timeoutMs = TIMEOUT_MS,
): Promise<Outcome> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: payload,
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'Postern-Webhooks/1' },
      redirect: 'manual',
      signal,
    })
    await readAtMost(response.body, MOST_READ)
    return outcomeOf(response, now())
  } catch {
    return { status: null, why: signal.aborted ? 'timeout' : 'unreachable', restMs: null }
  }
}

function outcomeOf({ ok, status, headers }: Response, now: number): Outcome {
  if (ok) return { status, why: null, restMs: null }
  const why = status >= MULTIPLE_CHOICES && status < BAD_REQUEST ? 'redirect' : 'status'
  const mayRest = status === TOO_MANY_REQUESTS || status === SERVICE_UNAVAILABLE
  return { status, why, restMs: mayRest ? restOf(headers.get('retry-after') ?? '', now) : null }
}

/** RFC 9110 §10.2.3: seconds or a date. */
function restOf(text: string, now: number): number | null {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

async function readAtMost(body: ReadableStream<Uint8Array> | null, most: number): Promise<void> {
  if (body === null) return
  const reader = body.getReader()
  for (let read = 0; read < most; ) {
    const { done, value } = await reader.read()
    if (done) return
    read += value.length
  }
  await reader.cancel()
}
