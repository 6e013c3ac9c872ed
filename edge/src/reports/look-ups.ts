// What questions come to for a report: answers with what DNSSEC makes of them, a "nothing there" that two have said, evaluations.
import type { Answer, DataOf, Question, RecordType } from '@postern/shared/dns/answer.ts'
import { type Dnssec, dnssecOf } from '@postern/shared/dns/dnssec.ts'
import type { AnyAnswer, Asking } from '@postern/shared/report/asking.ts'
import { createQuestions, type Manner, type QuestionPorts, type Questions } from './questions.ts'

interface Judged<D> {
  readonly answer: Answer<D>
  /** Name of the resolver that gave it. */
  readonly source: string
  readonly dnssec: Dnssec
}

export interface Stated<D> extends Judged<D> {
  /** Milliseconds that the first resolver took; null where it was remembered, or another one answered. */
  readonly tookMs: number | null
}

type Negative = 'nodata' | 'nxdomain'
export type Decisive = ReadonlyMap<string, readonly Negative[]>
export const NOTHING_THERE: readonly Negative[] = ['nodata', 'nxdomain']

/** Nothing of it rejects. */
export interface LookUps extends Pick<Questions, 'begin' | 'until' | 'second' | 'counts' | 'fastestMs'> {
  readonly ask: <T extends RecordType>(question: Question<T>) => Promise<Answer<DataOf[T]>>
  /** With what DNSSEC makes of it: two questions more where the answer is SERVFAIL. */
  readonly state: <T extends RecordType>(question: Question<T>) => Promise<Stated<DataOf[T]>>
  /** As `ask`; a "nothing there" needs two that say the same. */
  readonly sure: <T extends RecordType>(question: Question<T>) => Promise<Answer<DataOf[T]>>
  /** `decisive` are names of which a "nothing there" is worth a second question, or only that there is no such name. */
  readonly run: <T>(asking: Asking<T>, decisive?: Decisive) => Promise<T>
  /** Names whose signatures do not hold, as far as their state was asked for. */
  readonly bogus: () => readonly string[]
}

/** What they may take for a report, in milliseconds. */
export const DNS_MS = 5_000

/** An evaluation that goes on for longer is one that somebody keeps going. */
const MOST_ROUNDS = 60

export function createLookUps(ports: QuestionPorts, manner: Manner): LookUps {
  const { begin, until, first, again, second, counts, fastestMs } = createQuestions(ports, manner)
  const bogus = new Set<string>()
  const ask: LookUps['ask'] = async (question) => (await first(question)).resolved.answer
  /** A server that failed for a moment answers without checking as well: only who then still fails with checking is bogus. */
  const doubt = async <T extends RecordType>(question: Question<T>, source: string): Promise<Judged<DataOf[T]>> => {
    const unchecked = await ask({ ...question, checkingDisabled: true })
    const heard = await again(question, source)
    const { answer } = heard
    if (answer.kind !== 'failure') return { answer, source: heard.source, dnssec: dnssecOf(answer) }
    const isBogus = unchecked.kind !== 'failure' && answer.why === 'servfail'
    return { answer, source: heard.source, dnssec: isBogus ? 'bogus' : 'indeterminate' }
  }
  const unless = async <T extends RecordType>(question: Question<T>, kinds: readonly string[]) => {
    const { answer, source } = (await first(question)).resolved
    return kinds.includes(answer.kind) ? vouched(answer, await second(question, source)) : answer
  }
  return {
    begin,
    until,
    ask,
    second,
    sure: (question) => unless(question, NOTHING_THERE),
    counts,
    fastestMs,
    state: async (question) => {
      const { resolved, tookMs } = await first(question)
      const { answer, source } = resolved
      const isDoubtful = answer.kind === 'failure' && answer.why === 'servfail'
      const judged = isDoubtful ? await doubt(question, source) : { answer, source, dnssec: dnssecOf(answer) }
      // Of pins DANE tells; the domain is there all the same.
      if (judged.dnssec === 'bogus' && question.type !== 'TLSA') bogus.add(question.name)
      return { ...judged, tookMs }
    },
    run: (asking, decisive = new Map()) =>
      run(asking, (question) => unless(question, decisive.get(question.name) ?? [])),
    bogus: () => [...bogus],
  }
}

async function run<T>(asking: Asking<T>, ask: (question: Question) => Promise<AnyAnswer>): Promise<T> {
  let step = asking.next([])
  for (let round = 0; step.done !== true; round += 1) {
    const isOver = round >= MOST_ROUNDS
    step = asking.next(isOver ? step.value.map(() => UNASKED) : await Promise.all(step.value.map(ask)))
  }
  return step.value
}

const UNASKED: AnyAnswer = { kind: 'failure', why: 'timeout' }

export function isNegative({ kind }: Answer<unknown>): boolean {
  return NOTHING_THERE.some((one) => one === kind)
}

/** What two were asked is vouched for by both, or by nobody. */
function vouched<D>(first: Answer<D>, second: Answer<D>): Answer<D> {
  const both = doubted(first, second)
  if (both.kind === 'failure') return both
  return { ...both, authentic: [first, second].every((one) => one.kind !== 'failure' && one.authentic) }
}

/** Whoever finds something is believed; who finds nothing of another kind, or cannot tell, leaves it unknown. */
export function doubted<D>(first: Answer<D>, second: Answer<D>): Answer<D> {
  if (second.kind === 'records' || second.kind === 'failure') return second
  return first.kind === second.kind ? first : { kind: 'failure', why: 'servfail' }
}
