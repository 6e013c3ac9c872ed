// A small DNS for evaluations that yield questions: names with what they have, answered at once.
import type { Question } from '@postern/shared/dns/answer.ts'
import type { AnyAnswer, Asking } from '@postern/shared/report/asking.ts'

/** Of each lower-case name its records by type; `'timeout'` in place of data is a failure. */
export type Zone = ReadonlyMap<string, ReadonlyMap<string, readonly unknown[] | 'timeout'>>

export function answerOf(zone: Zone, { name, type }: Question): AnyAnswer {
  const there = zone.get(name.toLowerCase())
  if (there === undefined) return { kind: 'nxdomain', ttlS: 60, authentic: false }
  const alias = there.get('CNAME')
  if (Array.isArray(alias) && typeof alias[0] === 'string') return answerOf(zone, { name: alias[0], type })
  const data = there.get(type)
  if (data === 'timeout') return { kind: 'failure', why: 'timeout' }
  if (data === undefined || data.length === 0) return { kind: 'nodata', ttlS: 60, authentic: false }
  return { kind: 'records', data: data as never[], ttlS: 60, authentic: false }
}

export interface Asked<T> {
  readonly result: T
  readonly questions: readonly Question[]
  readonly rounds: number
}

/** Bounded: an evaluation that asks for ever fails its test. */
export function evaluated<T>(asking: Asking<T>, zone: Zone): Asked<T> {
  const questions: Question[] = []
  let step = asking.next([])
  for (let rounds = 0; rounds < 1_000; rounds += 1) {
    if (step.done === true) return { result: step.value, questions, rounds }
    questions.push(...step.value)
    step = asking.next(step.value.map((question) => answerOf(zone, question)))
  }
  throw new Error('it asks for ever')
}
