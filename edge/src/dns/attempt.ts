// One question to one resolver over HTTPS (RFC 8484): what was heard, and whether the resolver or the name is to blame.
import { type Answer, conclusive, type DataOf, type Question, type RecordType } from '@postern/shared/dns/answer.ts'
import { DNS_MESSAGE, getUrl, postBody, readAnswer } from '@postern/shared/dns/message.ts'
import type { Resolver } from '@postern/shared/dns/resolvers.ts'

export interface Attempt {
  readonly resolver: Resolver
  /** By POST, which no cache answers. */
  readonly pastCache: boolean
}

export interface Heard<D> {
  /** TTLs are those that are left: less the age of a cached HTTP response. */
  readonly answer: Answer<D>
  /** `spoke`: about the name, failures included; `failed`: the resolver is at fault; `silent`: nothing came in time. */
  readonly manner: 'spoke' | 'failed' | 'silent'
  /** How long the resolver asks to be left alone, in milliseconds, or null. */
  readonly restMs: number | null
}

const OK = 200
const TOO_MANY_REQUESTS = 429
const SERVICE_UNAVAILABLE = 503

/** Never rejects: `signal` ends it as silence. */
export async function ask<T extends RecordType>(
  attempt: Attempt,
  question: Question<T>,
  signal: AbortSignal,
): Promise<Heard<DataOf[T]>> {
  try {
    signal.throwIfAborted()
    const response = await fetch(...requestFor(attempt, question, signal))
    if (response.status !== OK) {
      await response.body?.cancel()
      return { ...failed('unreachable'), restMs: restOf(response) }
    }
    const answer = readAnswer(new Uint8Array(await response.arrayBuffer()), question)
    const aged = withoutAge(answer, Number(response.headers.get('age') ?? 0))
    const spoke = conclusive(answer) || (answer.kind === 'failure' && answer.why !== 'malformed')
    return { answer: aged, manner: spoke ? 'spoke' : 'failed', restMs: null }
  } catch {
    return signal.aborted ? { ...failed('timeout'), manner: 'silent' } : failed('unreachable')
  }
}

function failed(why: 'timeout' | 'unreachable'): Heard<never> {
  return { answer: { kind: 'failure', why }, manner: 'failed', restMs: null }
}

/** RFC 9110 §10.2.3, seconds only: a date would need the resolver's clock. Null where it asks for none. */
function restOf(response: Response): number | null {
  if (response.status !== TOO_MANY_REQUESTS && response.status !== SERVICE_UNAVAILABLE) return null
  const text = response.headers.get('retry-after') ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : null
}

/** RFC 8484 §5.1: what a cache kept for a while has so much less to live. */
function withoutAge<D>(answer: Answer<D>, ageS: number): Answer<D> {
  if (answer.kind === 'failure' || answer.ttlS === null || !(ageS > 0)) return answer
  return { ...answer, ttlS: Math.max(0, answer.ttlS - ageS) }
}

function requestFor({ resolver, pastCache }: Attempt, question: Question, signal: AbortSignal): [string, RequestInit] {
  if (!pastCache) {
    return [getUrl(resolver.url, question), { headers: { accept: DNS_MESSAGE }, redirect: 'manual', signal }]
  }
  const headers = { accept: DNS_MESSAGE, 'content-type': DNS_MESSAGE, 'cache-control': 'no-cache' }
  return [resolver.url, { method: 'POST', body: postBody(question), headers, redirect: 'manual', signal }]
}
