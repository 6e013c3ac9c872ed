// Evaluations that need the DNS and do no I/O: they yield questions, side by side, and are given the answers.
import type { Answer, DataOf, MxData, Question, RecordType } from '../dns/answer.ts'

export type AnyAnswer = Answer<DataOf[RecordType]>

/** Yields questions of one moment; goes on with their answers in the same order. */
export type Asking<T> = Generator<readonly Question[], T, readonly AnyAnswer[]>

/** Addresses, names or texts, as the question asked for; null where there was no answer. */
export function textsOf(answer: AnyAnswer | undefined): readonly string[] | null {
  return dataOf(answer)?.filter((one) => typeof one === 'string') ?? null
}

export function exchangesOf(answer: AnyAnswer | undefined): readonly MxData[] | null {
  return dataOf(answer)?.filter((one) => typeof one !== 'string' && 'exchange' in one) ?? null
}

function dataOf(answer: AnyAnswer | undefined): readonly DataOf[RecordType][] | null {
  if (answer === undefined || answer.kind === 'failure') return null
  return answer.kind === 'records' ? answer.data : []
}

/** A name that a question can be made of (RFC 1035 §2.3.4): 253 characters, labels of 1 to 63; without the last dot. */
export function isAskable(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => label.length > 0 && label.length <= 63)
}
