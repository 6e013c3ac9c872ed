// DNS over HTTPS (RFC 8484) with a second opinion: asks a name's resolvers in turn, within one deadline.
import { type Answer, conclusive, type DataOf, type Question, type RecordType } from '@postern/shared/dns/answer.ts'
import { DNS_MESSAGE, getUrl, postBody, readAnswer } from '@postern/shared/dns/message.ts'
import { type Resolver, resolversFor } from '@postern/shared/dns/resolvers.ts'
import type { Connect } from '../http/connections.ts'

/**
 * A first opinion asks in the configured order. A second one begins with a resolver other than `after`, which gave the first,
 * and asks that one again only past its cache.
 */
export type Opinion = { readonly kind: 'first' } | { readonly kind: 'second'; readonly after: string }

export interface Asking {
  readonly deadlineAt: number
  readonly opinion: Opinion
}

export interface Resolved<D> {
  readonly answer: Answer<D>
  /** Name of the resolver that gave it. */
  readonly source: string
}

export type Resolve = <T extends RecordType>(question: Question<T>, asking: Asking) => Promise<Resolved<DataOf[T]>>

export interface DohPorts {
  readonly resolvers: readonly Resolver[]
  readonly connect: Connect
  readonly now: () => number
}

const ATTEMPT_MS = 1_500
const OK = 200

export function createResolve({ resolvers, connect, now }: DohPorts): Resolve {
  return async (question, { deadlineAt, opinion }) => {
    let last: Answer<never> = { kind: 'failure', why: 'unreachable' }
    let source = 'none'
    const tries = attempts(resolversFor(resolvers, question.name), opinion)
    for (const [index, attempt] of tries.entries()) {
      // Counted when its turn has come, since that may be late; a silent resolver may not eat the time of the one behind it.
      const timeoutMs = () => Math.min(ATTEMPT_MS, (deadlineAt - now()) / (tries.length - index))
      source = attempt.resolver.name
      const answer = await connect(() => ask(attempt, question, Math.floor(timeoutMs())))
      if (conclusive(answer)) return { answer, source }
      last = answer as Answer<never>
    }
    return { answer: last, source }
  }
}

interface Attempt {
  readonly resolver: Resolver
  readonly pastCache: boolean
}

/** Two attempts: two resolvers where there are two, else the same one, the second time past the cache. */
function attempts(resolvers: readonly Resolver[], opinion: Opinion): Attempt[] {
  const after = opinion.kind === 'second' ? opinion.after : null
  const others = resolvers.filter(({ name }) => name !== after)
  const again = resolvers.filter(({ name }) => name === after)
  const [one, other = one] = [...others, ...again]
  if (one === undefined || other === undefined) return []
  const pastCache = (resolver: Resolver): boolean => resolver.name === after
  return [
    { resolver: one, pastCache: pastCache(one) },
    { resolver: other, pastCache: pastCache(other) || one === other },
  ]
}

async function ask<T extends RecordType>(
  { resolver, pastCache }: Attempt,
  question: Question<T>,
  timeoutMs: number,
): Promise<Answer<DataOf[T]>> {
  if (timeoutMs < 1) return { kind: 'failure', why: 'timeout' }
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(...requestFor(resolver, question, { pastCache, signal }))
    if (response.status !== OK) {
      await response.body?.cancel()
      return { kind: 'failure', why: 'servfail' }
    }
    return readAnswer(new Uint8Array(await response.arrayBuffer()), question)
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return { kind: 'failure', why: timedOut ? 'timeout' : 'unreachable' }
  }
}

function requestFor(
  resolver: Resolver,
  question: Question,
  { pastCache, signal }: { pastCache: boolean; signal: AbortSignal },
): [string, RequestInit] {
  if (!pastCache) {
    return [getUrl(resolver.url, question), { headers: { accept: DNS_MESSAGE }, redirect: 'manual', signal }]
  }
  const headers = { accept: DNS_MESSAGE, 'content-type': DNS_MESSAGE, 'cache-control': 'no-cache' }
  return [resolver.url, { method: 'POST', body: postBody(question), headers, redirect: 'manual', signal }]
}
