// The questions of one report: side by side, each asked once and counted, and evaluations that go on with their answers.
import type { Answer, DataOf, Question, RecordType } from '@postern/shared/dns/answer.ts'
import { type Dnssec, dnssecOf } from '@postern/shared/dns/dnssec.ts'
import type { AnyAnswer, Asking } from '@postern/shared/report/asking.ts'
import type { Resolve } from '../dns/doh.ts'
import { createKnown, independent, type Open } from '../dns/known.ts'
import type { Memo } from '../dns/memo.ts'

export interface LookUpPorts {
  readonly resolve: Resolve
  /** Where answers are kept that this report, and verifications of the domain, have in common. */
  readonly memo: Memo
  readonly now: () => number
}

export interface Stated<D> {
  readonly answer: Answer<D>
  readonly dnssec: Dnssec
  readonly source: string
  /** Milliseconds that it took; null where it was remembered. */
  readonly tookMs: number | null
}

export interface LookUps {
  /** Never rejects. */
  ask<T extends RecordType>(question: Question<T>): Promise<Answer<DataOf[T]>>
  /** With what DNSSEC makes of it: one question more where the answer is SERVFAIL. */
  state<T extends RecordType>(question: Question<T>): Promise<Stated<DataOf[T]>>
  /** What somebody else than `source` says, or the same resolver past its cache where there is nobody else. */
  second<T extends RecordType>(question: Question<T>, source: string): Promise<Answer<DataOf[T]>>
  run<T>(asking: Asking<T>): Promise<T>
  /** Questions that went out, and those that were answered from memory or by a question that was on its way. */
  /** Names whose signatures do not hold, as far as their state was asked for. */
  bogus(): readonly string[]
  counts(): { readonly queries: number; readonly remembered: number }
}

/** An evaluation that goes on for longer is one that somebody keeps going. */
const MOST_ROUNDS = 60

interface Manner {
  readonly deadlineAt: number
  /** What was remembered before is passed over. */
  readonly fresh: boolean
}

export function createLookUps(ports: LookUpPorts, { deadlineAt, fresh }: Manner): LookUps {
  const counted = { asked: 0, queries: 0 }
  const bogus = new Set<string>()
  const open: Open = new Map()
  const resolve: Resolve = (question, asking) => {
    counted.queries += 1
    return ports.resolve(question, asking)
  }
  const memo = fresh ? anew(ports.memo) : ports.memo
  const known = createKnown({ memoOf: () => memo, resolve, open })
  const first = async <T extends RecordType>(question: Question<T>) => {
    counted.asked += 1
    return known.ask(question, { deadlineAt, opinion: { kind: 'first' } })
  }
  const ask: LookUps['ask'] = async (question) => (await first(question)).answer
  return {
    ask,
    state: async (question) => {
      const [startedAt, before] = [ports.now(), counted.queries]
      const isFresh = known.peek(question, { kind: 'first' }) === null
      const { answer, source } = await first(question)
      const tookMs = isFresh && counted.queries > before ? ports.now() - startedAt : null
      const isDoubtful = answer.kind === 'failure' && answer.why === 'servfail'
      const unchecked = isDoubtful ? await ask({ ...question, checkingDisabled: true }) : null
      const dnssec = dnssecOf(answer, unchecked)
      // Of pins DANE tells; the domain is there all the same.
      if (dnssec === 'bogus' && question.type !== 'TLSA') bogus.add(question.name)
      return { answer, source, tookMs, dnssec }
    },
    second: async (question, source) => {
      counted.asked += 1
      const opinion = { kind: 'second', after: source } as const
      const resolved = await known.ask(question, { deadlineAt, opinion })
      // Whoever repeats itself confirms nothing.
      return independent(resolved, opinion) ? resolved.answer : { kind: 'failure', why: 'servfail' }
    },
    run: (asking) => run(asking, ask),
    bogus: () => [...bogus],
    counts: () => ({ queries: counted.queries, remembered: counted.asked - counted.queries }),
  }
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

async function run<T>(asking: Asking<T>, ask: LookUps['ask']): Promise<T> {
  let step = asking.next([])
  for (let round = 0; step.done !== true; round += 1) {
    const isOver = round >= MOST_ROUNDS
    step = asking.next(isOver ? step.value.map(() => UNASKED) : await Promise.all(step.value.map(ask)))
  }
  return step.value
}

const UNASKED: AnyAnswer = { kind: 'failure', why: 'timeout' }

/** Whoever finds something is believed; who finds nothing of another kind, or cannot tell, leaves it unknown. */
export function doubted<D>(first: Answer<D>, second: Answer<D>): Answer<D> {
  if (second.kind === 'records' || second.kind === 'failure') return second
  return first.kind === second.kind ? first : { kind: 'failure', why: 'servfail' }
}
