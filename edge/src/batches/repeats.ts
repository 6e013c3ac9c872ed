// Which rows of a list the account has paid for before: those are free, and the others are remembered as paid for.
import { MAX_AGE_S } from '@postern/shared/contract/verification.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'
import { validUntil } from '@postern/shared/verdict/valid-until.ts'
import type { Account } from '../accounts/account.ts'
import { wireNames } from '../accounts/pseudonym.ts'
import type { Secrets } from '../accounts/secrets.ts'
import type { State } from './state.ts'
import type { Judged } from './work.ts'

export interface RepeatedAnswer {
  readonly judged: Judged
  readonly email: string
  readonly verdict: Verdict
  /** True where somebody was asked on purpose, false where stored evidence answered. */
  readonly asked: boolean
  readonly checkedAt: number
}

type Whose = Pick<State, 'id' | 'account' | 'mode' | 'scope'>

/** @throws where the account does not answer. */
export interface Repeats {
  /** The rows with what they cost this account. */
  price(state: Whose, answers: readonly RepeatedAnswer[]): Promise<Judged[]>
  /** What was not told after all was not paid for, and makes no repeat of what comes after it. */
  untold(state: Whose, answers: readonly RepeatedAnswer[], rows: readonly number[]): Promise<void>
}

export function createRepeats(
  accountOf: (id: string) => Pick<DurableObjectStub<Account>, 'repeats' | 'unpaid'>,
  secrets: Secrets,
): Repeats {
  return {
    async price({ id, account, mode }, answers) {
      const charged = answers.filter(({ judged }) => judged.price > 0)
      if (charged.length === 0) return answers.map(({ judged }) => judged)
      const asked = await Promise.all(
        charged.map(async ({ email, verdict, checkedAt, judged, asked: wasAsked }) => ({
          by: `${id}.${judged.row}`,
          address: await wireNames(secrets, email),
          mode,
          maxAgeS: MAX_AGE_S,
          asked: wasAsked,
          checkedAt,
          validUntil: validUntil(verdict, checkedAt),
        })),
      )
      const before = await accountOf(account).repeats(asked)
      const free = new Set(charged.flatMap(({ judged }, n) => (before[n] === true ? [judged.row] : [])))
      return answers.map(({ judged }) => (free.has(judged.row) ? { ...judged, price: 0 } : judged))
    },
    async untold({ id, account, mode }, answers, rows) {
      const unpaid = await Promise.all(
        answers
          .filter(({ judged }) => judged.price > 0 && rows.includes(judged.row))
          .map(async ({ email, judged }) => ({
            by: `${id}.${judged.row}`,
            address: await wireNames(secrets, email),
            mode,
          })),
      )
      if (unpaid.length > 0) await accountOf(account).unpaid(unpaid)
    },
  }
}
