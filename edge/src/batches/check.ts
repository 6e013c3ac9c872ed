// What the edge itself can tell of a chunk's rows: syntax, lists, mail route. What is left is stashed for the lanes.
import { factOf, type SuggestionFact } from '@postern/shared/verdict/evidence.ts'
import type { Checked } from './batch.ts'
import type { Chunk } from './chunk-book.ts'
import { INCONCLUSIVE } from './counting.ts'
import { isInDoubt } from './doubt.ts'
import type { Stash } from './groups.ts'
import type { Taste } from './judge.ts'
import { readRows } from './read-rows.ts'
import type { RepeatedAnswer, Repeats } from './repeats.ts'
import { fetchRange } from './split.ts'
import { buckets, type State } from './state.ts'
import { type Candidate, nextFor, type Placed, type Surveyed, type SurveyPorts, surveyOf } from './survey-row.ts'

export interface CheckPorts extends SurveyPorts {
  readonly spool: Pick<R2Bucket, 'get'>
  readonly tasteOf: (account: string) => Promise<Taste>
  readonly repeats: Repeats
}

/** Rows that are looked at side by side: more would only wait for one another's connections, and call that silence. */
const AT_A_TIME = 8

/** What of the object checking needs. */
export interface CheckedObject {
  takeCheck(n: number): Promise<{ readonly state: State; readonly chunk: Chunk } | null>
  commitCheck(n: number, checked: Checked): Promise<readonly number[]>
}

/** @throws where the store or an object does not answer: the message is delivered again. */
export async function check(object: CheckedObject, n: number, ports: CheckPorts): Promise<void> {
  const taken = await object.takeCheck(n)
  if (taken === null) return
  const { state, chunk } = taken
  const window = await fetchRange(ports.spool, state.upload.key, { offset: chunk.at, length: chunk.upto - chunk.at })
  const { rows } = readRows(state.layout, window, { isEnd: true, most: chunk.rows })
  if (rows.length !== chunk.rows) throw new Error('a chunk has other rows than when it was read')
  const wanted = rows
    .map((one, at) => ({ row: chunk.first + at, email: one.email, inDoubt: isInDoubt(one) }))
    .filter(({ row }) => !chunk.duplicates.has(row))
  const doubted = wanted.filter(({ inDoubt }) => inDoubt).map(({ row }) => ({ row, result: INCONCLUSIVE, price: 0 }))
  const sure = wanted.flatMap(({ row, email, inDoubt }) => (inDoubt ? [] : [{ row, email }]))
  const { answers, stashes } = await checked(state, sure, ports)
  const judged = [...doubted, ...(await ports.repeats.price(state, answers))]
  const untold = await object.commitCheck(n, { judged, stashes })
  await ports.repeats.untold(state, answers, untold)
}

interface Told extends Pick<Checked, 'stashes'> {
  readonly answers: readonly RepeatedAnswer[]
}

async function checked(state: State, wanted: readonly Candidate[], ports: CheckPorts): Promise<Told> {
  const taste = await ports.tasteOf(state.account)
  const surveyed = await inTurn(wanted, async (one) => ({ ...one, verified: await surveyOf(state, one, ports) }))
  const rows = surveyed.map((one) => ({ ...one, next: nextFor(state, one, { taste, lanes: ports.lanes }) }))
  return {
    answers: rows.flatMap(({ next }) => (next.kind === 'answer' ? [next.answer] : [])),
    stashes: stashesOf(
      state,
      rows.flatMap(({ next, ...one }) => (next.kind === 'ask' ? [{ ...one, at: next.at }] : [])),
    ),
  }
}

/** All of them, some at a time, in their order. */
export async function inTurn<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < all.length; at = next++) {
      const one = all[at]
      if (one !== undefined) done[at] = await work(one)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  return done
}

interface Stashed extends Surveyed {
  readonly at: Placed
}

/** By bucket of the domain, so that all rows of a domain come together whichever chunk they are in. */
function stashesOf(state: State, open: readonly Stashed[]): Map<number, Stash> {
  const stashes = new Map<
    number,
    { destinations: Stash['destinations'][number][]; members: Stash['members'][number][] }
  >()
  for (const { row, email, verified, at } of open) {
    const bucket = bucketOf(at.domain, buckets(state))
    const stash = stashes.get(bucket) ?? { destinations: [], members: [] }
    stashes.set(bucket, stash)
    let which = stash.destinations.findIndex((one) => one.domain === at.domain && one.lane === at.lane)
    if (which === -1) which = stash.destinations.push(at) - 1
    const suggestion = factOf(verified.facts, 'suggestion')
    stash.members.push(memberOf(row, email, { which, suggestion }))
  }
  return stashes
}

function memberOf(
  row: number,
  email: string,
  { which, suggestion }: { which: number; suggestion: SuggestionFact | undefined },
): Stash['members'][number] {
  return suggestion === undefined ? [row, email, which] : [row, email, which, suggestion]
}

/** Any spread will do; the same name in the same bucket is all that counts. */
function bucketOf(domain: string, count: number): number {
  let value = 0
  for (let at = 0; at < domain.length; at += 1) value = (Math.imul(value, 31) + domain.charCodeAt(at)) >>> 0
  return value % count
}
