// One batch of the whole stack as its user runs it: sent, watched until it has ended, fetched; for benches and chaos.
import type { BatchBody } from '@postern/shared/contract/batch.ts'

export interface Service {
  readonly url: string
  readonly key: string
}

const EVERY_MS = 500
/** A body that is a stream is sent before anything is answered. */
const HALF = { duplex: 'half' } as const

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> }

async function call({ url, key }: Service, path: string, init: Init = {}): Promise<Response> {
  return fetch(new URL(path, url), { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } })
}

/** @throws where it was not taken. */
export async function send(
  service: Service,
  body: string | ReadableStream<Uint8Array>,
  { query = '', type = 'text/csv', idempotencyKey }: { query?: string; type?: string; idempotencyKey?: string } = {},
): Promise<BatchBody> {
  const repeat = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
  const headers = { 'content-type': type, ...repeat }
  const response = await call(service, `/v1/batches${query}`, { method: 'POST', body, headers, ...HALF })
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as BatchBody
}

/** Looks twice a second; a service that does not answer is asked again. */
export async function ended(
  service: Service,
  id: string,
  { withinMs, onLook }: { withinMs: number; onLook?: (seen: BatchBody) => void },
): Promise<BatchBody> {
  const until = Date.now() + withinMs
  let last: BatchBody | null = null
  while (Date.now() < until) {
    const seen = await look(service, id)
    if (seen !== null) {
      last = seen
      onLook?.(seen)
      if (seen.finished_at !== null) return seen
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
  throw new Error(`not ended in ${withinMs} ms: ${JSON.stringify(last)}`)
}

async function look(service: Service, id: string): Promise<BatchBody | null> {
  try {
    const response = await call(service, `/v1/batches/${id}`)
    return response.status === 200 ? ((await response.json()) as BatchBody) : null
  } catch {
    return null
  }
}

export interface ResultRow {
  readonly email: string
  readonly postern_status: string
  readonly postern_reason: string
  readonly postern_level: string
  readonly postern_duplicate_of: number | null
}

/** All rows, in their order. */
export async function results(service: Service, id: string): Promise<ResultRow[]> {
  const response = await call(service, `/v1/batches/${id}/results?format=ndjson`)
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  const lines = (await response.text()).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as ResultRow)
}
