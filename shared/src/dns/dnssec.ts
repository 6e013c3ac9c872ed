// What DNSSEC makes of an answer (RFC 4035 §4.3), as far as resolvers that check tell it.
import type { Answer } from './answer.ts'

export const DNSSEC_STATES = ['secure', 'insecure', 'bogus', 'indeterminate'] as const
export type Dnssec = (typeof DNSSEC_STATES)[number]

export function dnssecOf(answer: Answer<unknown>): Dnssec {
  if (answer.kind === 'failure') return 'indeterminate'
  return answer.authentic ? 'secure' : 'insecure'
}

/** Of answers that a conclusion rests on; null where one of them is none. */
export function concludedFrom(answers: readonly (Answer<unknown> | undefined)[]): Dnssec | null {
  const learned = answers.filter((answer) => answer !== undefined && answer.kind !== 'failure')
  return learned.length < answers.length ? null : together(learned.map(dnssecOf))
}

/** Of several answers that are used together: no better than the worst of them. */
export function together(states: readonly Dnssec[]): Dnssec {
  return (['bogus', 'indeterminate', 'insecure'] as const).find((state) => states.includes(state)) ?? 'secure'
}
