// A lane's own look-ups over DNS over HTTPS, because a lane believes nobody about which addresses to dial.
import type { Answer, DataOf, Question, RecordType } from '@postern/shared/dns/answer.ts'
import { conclusive } from '@postern/shared/dns/answer.ts'
import { DNS_MESSAGE, getUrl, readAnswer } from '@postern/shared/dns/message.ts'
import { type Resolver, resolversFor } from '@postern/shared/dns/resolvers.ts'

export type Resolve = <T extends RecordType>(question: Question<T>, deadlineAt: number) => Promise<Answer<DataOf[T]>>

const ATTEMPT_MS = 1_500

/** What a resolver said is believed as long as it said, and no longer than this, in milliseconds. */
const MOST_KEPT_MS = 60_000
const MOST_ANSWERS = 500

interface Kept {
  readonly answer: Promise<Answer<unknown>>
  /** Instant in milliseconds since the epoch, set once the answer is there. */
  until: number
}

/** One answer for all who ask the same within its time to live. */
export function remembering(ask: Resolve, now: () => number): Resolve {
  const kept = new Map<string, Kept>()
  return (<T extends RecordType>(question: Question<T>, deadlineAt: number) => {
    const key = `${question.type} ${question.name}`
    const known = kept.get(key)
    const leftMs = known === undefined ? 0 : known.until - now()
    if (known !== undefined && leftMs > 0 && leftMs <= MOST_KEPT_MS) return known.answer
    const entry: Kept = { answer: ask(question, deadlineAt), until: deadlineAt }
    kept.set(key, entry)
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_ANSWERS) break
      kept.delete(oldest)
    }
    void entry.answer.then((answer) => (entry.until = now() + keptMs(answer)))
    return entry.answer
  }) as Resolve
}

function keptMs(answer: Answer<unknown>): number {
  return answer.kind === 'failure' ? 0 : Math.min(MOST_KEPT_MS, (answer.ttlS ?? 0) * 1_000)
}

/** Asks the name's resolvers in turn until one is conclusive or the deadline has come. Never rejects. */
export function createResolve(resolvers: readonly Resolver[], now: () => number): Resolve {
  return async (question, deadlineAt) => {
    let last: Answer<never> = { kind: 'failure', why: 'unreachable' }
    for (const resolver of resolversFor(resolvers, question.name)) {
      const leftMs = Math.min(ATTEMPT_MS, deadlineAt - now())
      if (leftMs <= 0) return { kind: 'failure', why: 'timeout' }
      const answer = await ask(resolver.url, question, leftMs)
      if (conclusive(answer)) return answer
      last = answer as Answer<never>
    }
    return last
  }
}

async function ask<T extends RecordType>(
  endpoint: string,
  question: Question<T>,
  timeoutMs: number,
): Promise<Answer<DataOf[T]>> {
  try {
    const response = await fetch(getUrl(endpoint, question), {
      headers: { accept: DNS_MESSAGE },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status !== 200) return { kind: 'failure', why: 'servfail' }
    return readAnswer(new Uint8Array(await response.arrayBuffer()), question)
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError'
    return { kind: 'failure', why: timedOut ? 'timeout' : 'unreachable' }
  }
}
