// The list that is sent while parts are killed: addresses of few domains, and among them rows that say something else.
import { zipfList } from '../bench/batch/zipf-list.ts'

/** What is true of a row, whoever is asked. */
export type Truth = 'accepted' | 'gone' | 'malformed' | 'nowhere'

export interface ListedRow {
  readonly email: string
  readonly truth: Truth
  /** Number of the row, from 0, that has the same address first; null for the first one. */
  readonly repeats: number | null
}

export const EXPECTED: Readonly<Record<Truth, readonly [status: string, reason: string]>> = {
  accepted: ['deliverable', 'mailbox_accepted'],
  gone: ['undeliverable', 'mailbox_not_found'],
  malformed: ['undeliverable', 'syntax_invalid'],
  nowhere: ['undeliverable', 'domain_not_found'],
}

/** One row of this many is malformed, one is of a domain that does not exist, one repeats an earlier one. */
const EVERY = 50
/** How far back a repeated row lies, where there are as many: in another piece of the work than its repeat. */
const BACK = 977
/** Most of them come up for the first time far down the list, whoever is away then. */
const DOMAINS = { whole: 1_000, quick: 200 } as const
const GONE_EVERY = 100

/** The same each time. */
export function chaosList(rows: number, { quick }: { quick: boolean }): ListedRow[] {
  const addresses = Array.from({ length: rows }, (_, at) => at).filter((at) => kindOf(at) === 'address').length
  const domains = quick ? DOMAINS.quick : DOMAINS.whole
  const listed = zipfList({ addresses, domains, goneEvery: GONE_EVERY })
  let next = 0
  const list: ListedRow[] = []
  for (let at = 0; at < rows; at += 1) {
    const kind = kindOf(at)
    if (kind === 'address') {
      const { email = '', isGone = false } = listed[next] ?? {}
      list.push({ email, truth: isGone ? 'gone' : 'accepted', repeats: null })
      next += 1
    } else list.push(kind === 'repeat' ? repeatOf(list, at) : oddRow(kind, at))
  }
  return list
}

type Kind = 'address' | 'malformed' | 'nowhere' | 'repeat'

function kindOf(at: number): Kind {
  const place = at % EVERY
  return place === 10 ? 'malformed' : place === 20 ? 'nowhere' : place === 30 ? 'repeat' : 'address'
}

function oddRow(kind: 'malformed' | 'nowhere', at: number): ListedRow {
  if (kind === 'nowhere') return { email: `jane${at}@nowhere${at}.batch.test`, truth: kind, repeats: null }
  const forms = [`jane..${at}@d1.batch.test`, `no-sign-${at}`, `jane${at}@-d1.batch.test`, `jane ${at}@d1.batch.test`]
  return { email: forms[Math.floor(at / EVERY) % forms.length] ?? '', truth: kind, repeats: null }
}

/** An address that was there `BACK` rows before, or the nearest one behind it that repeats nothing. */
function repeatOf(list: readonly ListedRow[], at: number): ListedRow {
  let first = Math.max(0, at - BACK)
  while (list[first]?.repeats !== null) first += 1
  const { email, truth } = list[first]!
  return { email, truth, repeats: first }
}

/** Rows that have their result without a mail server: more are done once servers are asked. */
export function settledByEdge(list: readonly ListedRow[]): number {
  return list.filter(({ truth, repeats }) => repeats !== null || truth === 'malformed' || truth === 'nowhere').length
}

/** With a number for each row, by which it is known again whatever becomes of its address. */
export function csvOf(list: readonly ListedRow[]): string {
  return ['email,n', ...list.map(({ email }, n) => `${email},${n}`)].join('\n').concat('\n')
}
