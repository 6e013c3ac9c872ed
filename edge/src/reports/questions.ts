// The questions of one report: each asked once while it is on its way, from memory where it is known, and counted.
import type { Answer, DataOf, Question, RecordType } from '@postern/shared/dns/answer.ts'
import type { Resolve, Resolved } from '../dns/doh.ts'
import { createKnown, independent, type Open } from '../dns/known.ts'
import { keyOf, type Memo } from '../dns/memo.ts'

export interface QuestionPorts {
  readonly resolve: Resolve
  /** Names, in the order in which they are asked. */
  readonly resolvers: readonly string[]
  /** Where answers are kept, for the next report of the domain. */
  readonly memo: Memo
  readonly now: () => number
}

export interface Manner {
  readonly deadlineAt: number
  /** What was remembered before is passed over. */
  readonly fresh: boolean
}

export interface First<D> {
  readonly resolved: Resolved<D>
  /** Milliseconds that the first resolver took; null where it was remembered, or another one answered. */
  readonly tookMs: number | null
}

export interface Questions {
  /** Asks ahead: whoever asks the same first is given what comes of it, as if it had asked itself. */
  readonly begin: (question: Question) => void
  /** What is asked from now on has until then, in milliseconds since the epoch. */
  readonly until: (deadlineAt: number) => void
  /** None of these rejects. */
  readonly first: <T extends RecordType>(question: Question<T>) => Promise<First<DataOf[T]>>
  /** What is heard when somebody else than `source` is asked before it. */
  readonly again: <T extends RecordType>(question: Question<T>, source: string) => Promise<Resolved<DataOf[T]>>
  /** What somebody else says, or the same resolver past its cache where there is nobody else; who repeats itself says nothing. */
  readonly second: <T extends RecordType>(question: Question<T>, source: string) => Promise<Answer<DataOf[T]>>
  /** The least that the first resolver took for any question so far, in milliseconds; null before. */
  readonly fastestMs: () => number | null
  /** Questions that went out, and those that were answered from memory or by a question that was on its way. */
  readonly counts: () => { readonly queries: number; readonly remembered: number }
}

export function createQuestions(ports: QuestionPorts, manner: Manner): Questions {
  const { fresh } = manner
  let { deadlineAt } = manner
  const counted = { asked: 0, queries: 0, fastestMs: Infinity }
  const open: Open = new Map()
  const resolve: Resolve = (question, asking) => {
    counted.queries += 1
    return ports.resolve(question, asking)
  }
  const memo = fresh ? anew(ports.memo) : ports.memo
  const known = createKnown({ memoOf: () => memo, resolve, open })
  const after = <T extends RecordType>(question: Question<T>, source: string) => {
    counted.asked += 1
    return known.ask(inFull(question), { deadlineAt, opinion: { kind: 'second', after: source } })
  }
  const ask: Questions['first'] = async (question) => {
    counted.asked += 1
    const [startedAt, before] = [ports.now(), counted.queries]
    const asked = known.ask(inFull(question), { deadlineAt, opinion: { kind: 'first' } })
    const isFresh = counted.queries > before
    const resolved = await asked
    const isTelling = isFresh && resolved.source === ports.resolvers[0]
    if (!isTelling) return { resolved, tookMs: null }
    const tookMs = ports.now() - startedAt
    counted.fastestMs = Math.min(counted.fastestMs, tookMs)
    return { resolved, tookMs }
  }
  const begun = new Map<string, Promise<First<unknown>>>()
  return {
    begin: (question) => void begun.set(keyOf(question, 'first'), ask(question)),
    first: <T extends RecordType>(question: Question<T>) => {
      const key = keyOf(question, 'first')
      const early = begun.get(key)
      begun.delete(key)
      return early === undefined ? ask(question) : (early as Promise<First<DataOf[T]>>)
    },
    until: (at) => {
      deadlineAt = at
    },
    again: after,
    second: async (question, source) => {
      const resolved = await after(question, source)
      const isAnothers = independent(resolved, { kind: 'second', after: source })
      return isAnothers ? resolved.answer : { kind: 'failure', why: 'servfail' }
    },
    fastestMs: () => (counted.fastestMs === Infinity ? null : counted.fastestMs),
    counts: () => ({ queries: counted.queries, remembered: counted.asked - counted.queries }),
  }
}

/** All exchanges are asked for with their signatures, so that whoever asks for the same is answered by the same. */
function inFull<T extends RecordType>(question: Question<T>): Question<T> {
  return question.type === 'MX' ? { ...question, dnssecOk: true } : question
}

/** Remembers what it has learned itself, for others too. */
function anew(memo: Memo): Memo {
  const learned = new Set<string>()
  return {
    ...memo,
    recall: (key) => (learned.has(key) ? memo.recall(key) : null),
    failure: (key) => (learned.has(key) ? memo.failure(key) : null),
    learn: (key, resolved) => {
      learned.add(key)
      memo.learn(key, resolved)
    },
  }
}
