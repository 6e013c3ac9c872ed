// One row of a list as the edge sees it: answered, to be asked of a lane, or to be looked at again when names resolve.
import { NO_EXTRAS } from '@postern/shared/address/parse.ts'
import { MAX_AGE_S } from '@postern/shared/contract/verification.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import { rank } from '@postern/shared/lanes/choose.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import { factOf } from '@postern/shared/verdict/evidence.ts'
import type { Reason } from '@postern/shared/verdict/reasons.ts'
import { dialable } from '@postern/shared/verdict/route.ts'
import { hold, laneKey } from '../verify/ask-mail-server.ts'
import { sandboxed } from '../verify/sandbox.ts'
import type { Verified, VerifyRequest } from '../verify/verified.ts'
import { type Destination, EDGE } from './groups.ts'
import { packed, priceOf, type Taste } from './judge.ts'
import type { RepeatedAnswer } from './repeats.ts'
import type { State } from './state.ts'
import type { Judged } from './work.ts'

export interface SurveyPorts {
  /** The story of one address without its mail server: what the edge knows by itself. */
  readonly survey: (request: VerifyRequest) => Promise<Verified>
  readonly lanes: readonly Lane[]
  readonly now: () => number
}

export interface Candidate {
  readonly row: number
  readonly email: string
}

export interface Surveyed extends Candidate {
  readonly verified: Verified
}

/** Where a row is to be asked about: a lane, or the edge itself. */
export interface Placed extends Destination {
  readonly lane: string
}

export type NextFor =
  | { readonly kind: 'answer'; readonly answer: RepeatedAnswer }
  | { readonly kind: 'ask'; readonly at: Placed }

/** One row's look-ups. */
const ROW_MS = 5_000

/** What comes next for a row that was looked at. */
export function nextFor(
  state: State,
  surveyed: Surveyed,
  { taste, lanes }: { taste: Taste; lanes: readonly Lane[] },
): NextFor {
  const at = state.scope === 'test' ? null : (laneFor(state, surveyed.verified, lanes) ?? edgeFor(surveyed.verified))
  return at === null ? { kind: 'answer', answer: answerOf(state, surveyed, taste) } : { kind: 'ask', at }
}

function laneFor(state: State, verified: Verified, lanes: readonly Lane[]): Placed | null {
  const domain = domainOf(verified)
  const route = factOf(verified.facts, 'route')
  const [lane] = rank(lanes, laneKey({ ...verified, domain }))
  if (!isOpen(state, verified, lanes) || lane === undefined || route === undefined) return null
  return { lane: lane.id, ...destinationOf(verified, domain), route }
}

const UNLEARNED: readonly Reason[] = ['dns_timeout', 'dns_failure']

/** A resolver that says nothing now may say something in a minute. */
function edgeFor(verified: Verified): Placed | null {
  const route = factOf(verified.facts, 'route')
  const domain = domainOf(verified)
  if (!UNLEARNED.includes(verified.verdict.reason) || route === undefined || domain === '') return null
  return { lane: EDGE, domain, place: domain, implicitMx: false, exchanges: [], route }
}

function destinationOf(verified: Verified, domain: string): Omit<Destination, 'route'> {
  const exchanges = exchangesOf(verified)
  const { id } = providerOf(exchanges[0]?.exchange ?? '', domain)
  const implicitMx = factOf(verified.facts, 'route')?.route.kind === 'implicit'
  return { domain, place: id === 'default' ? domain : id, implicitMx, exchanges: [...exchanges] }
}

export async function surveyOf(
  { id, scope, mode }: State,
  { row, email }: Candidate,
  ports: SurveyPorts,
): Promise<Verified> {
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

export function answerOf(state: State, { row, email, verified }: Surveyed, taste: Taste): RepeatedAnswer {
  const { facts, verdict, checkedAt: now } = never(verified)
  const judged: Judged = {
    row,
    result: packed({ facts, domain: domainOf(verified), now }, verdict, taste),
    // Where nothing stands, nothing was verified.
    price: state.scope === 'test' || email.trim() === '' ? 0 : priceOf(verdict, state.mode),
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
