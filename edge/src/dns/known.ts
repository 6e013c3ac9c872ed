// Questions as one request asks them: from the memo where it knows, each open one once, and what is learned goes back to it.
import type { Answer, DataOf, Question, RecordType } from '@postern/shared/dns/answer.ts'
import type { Asking, Opinion, Resolve, Resolved } from './doh.ts'
import { keyOf, type Memo } from './memo.ts'

/** Questions that are on their way, by opinion: of one invocation, since another one's promises never settle. */
export type Open = Map<string, Promise<Resolved<unknown>>>

export interface Known {
  /** Without asking anybody: what is known, a failure of lately included, or null. */
  peek<T extends RecordType>(question: Question<T>, opinion: Opinion): Resolved<DataOf[T]> | null
  ask<T extends RecordType>(question: Question<T>, asking: Asking): Promise<Resolved<DataOf[T]>>
}

export interface KnownPorts {
  /** Where answers about a name are kept. */
  readonly memoOf: (name: string) => Memo
  readonly resolve: Resolve
  readonly open: Open
}

export function createKnown({ memoOf, resolve, open }: KnownPorts): Known {
  const peek: Known['peek'] = <T extends RecordType>(question: Question<T>, opinion: Opinion) => {
    const memo = memoOf(question.name)
    const key = keyOf(question, opinion.kind)
    // A failure of lately stands in nobody's way who wants a second opinion.
    const kept = memo.recall(key) ?? (opinion.kind === 'first' ? memo.failure(key) : null)
    if (kept === null || !independent(kept, opinion)) return null
    const { answer, source, observedAt, sole } = kept
    return { answer: answer as Answer<DataOf[T]>, source, observedAt, sole }
  }
  return {
    peek,
    ask: async <T extends RecordType>(question: Question<T>, asking: Asking) => {
      const known = peek(question, asking.opinion)
      if (known !== null) return known
      const { opinion } = asking
      const key = keyOf(question, opinion.kind)
      const way = opinion.kind === 'first' ? key : `${key} ${opinion.after}`
      const asked = open.get(way)
      if (asked !== undefined) return (await asked) as Resolved<DataOf[T]>
      const fresh = resolve(question, asking).finally(() => open.delete(way))
      open.set(way, fresh)
      const resolved = await fresh
      memoOf(question.name).learn(key, resolved)
      return resolved
    },
  }
}

/** A second opinion comes from another resolver than the first, or from past its cache where there is no other. */
export function independent({ source, sole }: Resolved<unknown>, opinion: Opinion): boolean {
  return opinion.kind === 'first' || sole || source !== opinion.after
}
