// What the edge itself can tell of a chunk's rows: syntax, lists, mail route. What is left is stashed for the lanes.
import { providerOf } from '@postern/shared/dns/provider.ts'
import { rank } from '@postern/shared/lanes/choose.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import { factOf, type SuggestionFact } from '@postern/shared/verdict/evidence.ts'
import { dialable } from '@postern/shared/verdict/route.ts'
import type { RepeatedAnswer, Repeats } from './repeats.ts'
import { hold, laneKey } from '../verify/ask-mail-server.ts'
import { sandboxed } from '../verify/sandbox.ts'
import type { Verified, VerifyRequest } from '../verify/verified.ts'
import type { Checked } from './batch.ts'
import type { Chunk } from './chunk-book.ts'
import type { Destination, Stash } from './groups.ts'
import { packed, priceOf, type Taste } from './judge.ts'
import { readRows } from './read-rows.ts'
import { fetchRange } from './split.ts'
import { buckets, type State } from './state.ts'
import type { Judged } from './work.ts'

export interface CheckPorts {
  readonly spool: Pick<R2Bucket, 'get'>
  /** The story of one address without its mail server: what the edge knows by itself. */
  readonly survey: (request: VerifyRequest) => Promise<Verified>
  readonly lanes: readonly Lane[]
  readonly tasteOf: (account: string) => Promise<Taste>
  readonly repeats: Repeats
  readonly now: () => number
}

const NO_EXTRAS = { quoted: false, ipLiteral: false, dotless: false }
/** One row's look-ups. */
const ROW_MS = 5_000
/** Rows that are looked at side by side: more would only wait for one another's connections, and call that silence. */
const AT_A_TIME = 8
const MAX_AGE_S = 31_536_000

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
    .map(({ email }, at) => ({ row: chunk.first + at, email }))
    .filter(({ row }) => !chunk.duplicates.has(row))
  const { answers, stashes } = await checked(state, wanted, ports)
  const untold = await object.commitCheck(n, { judged: await ports.repeats.price(state, answers), stashes })
  await ports.repeats.untold(state, answers, untold)
}

interface Candidate {
  readonly row: number
  readonly email: string
}

interface Told extends Pick<Checked, 'stashes'> {
  readonly answers: readonly RepeatedAnswer[]
}

async function checked(state: State, wanted: readonly Candidate[], ports: CheckPorts): Promise<Told> {
  const taste = await ports.tasteOf(state.account)
  const surveyed = await inTurn(wanted, async (one) => ({ ...one, verified: await surveyOf(state, one, ports) }))
  const open = surveyed.filter(({ verified }) => isOpen(state, verified, ports.lanes))
  const isStashed = new Set(open)
  const settled = surveyed.filter((one) => !isStashed.has(one))
  return {
    answers: settled.map((one) => answerOf(state, one, taste)),
    stashes: stashesOf(state, open, ports.lanes),
  }
}

/** All of them, some at a time, in their order. */
async function inTurn<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
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

type Surveyed = Candidate & { readonly verified: Verified }

async function surveyOf({ id, scope, mode }: State, { row, email }: Candidate, ports: CheckPorts): Promise<Verified> {
  const deadlineAt = ports.now() + ROW_MS
  const request = { id: `${id}.${row}`, email, mode, allow: NO_EXTRAS, maxAgeS: MAX_AGE_S, deadlineAt }
  if (scope === 'test') return sandboxed(request, ports.now())
  const verified = await ports.survey(request)
  return mode === 'full' && ports.lanes.length === 0 ? withoutLane(verified, ports.now()) : verified
}

function withoutLane(verified: Verified, now: number): Verified {
  if (!isUndecided(verified)) return verified
  const facts = [...verified.facts, hold('no_lane', null, now)]
  return { ...verified, facts, verdict: decide({ facts, domain: domainOf(verified), now }) }
}

/** Nobody was asked, and somebody may know. */
function isUndecided({ address, smtpState, facts }: Verified): boolean {
  const route = factOf(facts, 'route')
  return (
    address?.domain.kind === 'name' &&
    smtpState === 'not_asked' &&
    route !== undefined &&
    dialable(route.route).length > 0
  )
}

function isOpen({ scope, mode }: State, verified: Verified, lanes: readonly Lane[]): boolean {
  if (scope === 'test' || mode === 'fast' || lanes.length === 0 || !isUndecided(verified)) return false
  const [first] = exchangesOf(verified)
  return first !== undefined && providerOf(first.exchange, domainOf(verified)).probe !== 'no'
}

function exchangesOf({ facts }: Verified) {
  const route = factOf(facts, 'route')
  return route === undefined ? [] : dialable(route.route).slice(0, 20)
}

export function domainOf({ address }: Pick<Verified, 'address'>): string {
  return address?.domain.kind === 'name' ? address.domain.ascii : ''
}

function answerOf(state: State, { row, email, verified }: Surveyed, taste: Taste): RepeatedAnswer {
  const { facts, verdict, checkedAt: now } = never(verified)
  const judged: Judged = {
    row,
    result: packed({ facts, domain: domainOf(verified), now }, verdict, taste),
    price: state.scope === 'test' ? 0 : priceOf(verdict, state.mode),
  }
  return { judged, email, verdict, asked: verified.dnsMs !== null, checkedAt: now }
}

/** A provider whose row says that it is not asked: nobody will. */
function never(verified: Verified): Verified {
  const [first] = exchangesOf(verified)
  if (!isUndecided(verified) || first === undefined) return verified
  const domain = domainOf(verified)
  if (providerOf(first.exchange, domain).probe !== 'no') return verified
  const facts = [...verified.facts, hold('never_asked', null, verified.checkedAt)]
  return { ...verified, facts, verdict: decide({ facts, domain, now: verified.checkedAt }) }
}

/** By bucket of the domain, so that all rows of a domain come together whichever chunk they are in. */
function stashesOf(state: State, open: readonly Surveyed[], lanes: readonly Lane[]): Map<number, Stash> {
  const stashes = new Map<
    number,
    { destinations: Stash['destinations'][number][]; members: Stash['members'][number][] }
  >()
  for (const { row, email, verified } of open) {
    const domain = domainOf(verified)
    const lane = rank(lanes, laneKey({ ...verified, domain }))[0]
    const route = factOf(verified.facts, 'route')
    if (lane === undefined || route === undefined) continue
    const bucket = bucketOf(domain, buckets(state))
    const stash = stashes.get(bucket) ?? { destinations: [], members: [] }
    stashes.set(bucket, stash)
    let which = stash.destinations.findIndex((one) => one.domain === domain && one.lane === lane.id)
    if (which === -1) which = stash.destinations.push({ lane: lane.id, ...destinationOf(verified, domain), route }) - 1
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

function destinationOf(verified: Verified, domain: string): Omit<Destination, 'route'> {
  const exchanges = exchangesOf(verified)
  const { id } = providerOf(exchanges[0]?.exchange ?? '', domain)
  const implicitMx = factOf(verified.facts, 'route')?.route.kind === 'implicit'
  return { domain, place: id === 'default' ? domain : id, implicitMx, exchanges: [...exchanges] }
}

/** Any spread will do; the same name in the same bucket is all that counts. */
function bucketOf(domain: string, count: number): number {
  let value = 0
  for (let at = 0; at < domain.length; at += 1) value = (Math.imul(value, 31) + domain.charCodeAt(at)) >>> 0
  return value % count
}
