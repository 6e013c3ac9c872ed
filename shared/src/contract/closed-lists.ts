// The closed lists of a domain's report: why something is not known or goes wrong, each member with what it means.
import { z } from '@hono/zod-openapi'
import type { Cap } from '../report/health.ts'
import type { NotFetched, Unreachable } from '../report/mta-sts-survey.ts'
import type { ConnectFault, PkixFault } from '../report/seen.ts'
import type { Unmeasured } from './inspection.ts'

/** Why no lane has looked: what became of asking one, and why none was asked, or has answered yet. */
export type NoLaneLooked = 'no_lane' | 'lane_busy' | 'lane_unreachable'
export type NotLooked = NoLaneLooked | 'test_key' | 'in_progress' | 'dns'

/** Why nobody knows where a domain's mail goes. */
export type RouteUnknown = 'no_answer' | 'unconfirmed' | 'bogus'

/** A member of the type that has no meaning here does not compile, and neither does one that nobody produces. */
type Meanings<M extends string> = Readonly<Record<M, string>>

const OF_LANE: Meanings<Unmeasured> = {
  permit: 'the lane may not connect there more often, or more than once at a time, just now',
  breaker_open: 'connections to it failed a short while ago, and it is left alone for now',
  shunned: 'its operator refuses our address, and is left alone for now',
  lane_unfit: 'the lane is not fit to call on anybody just now, by its own audit',
  in_progress: 'a lane is looking just now',
  route_differs: 'a lane finds other exchanges in the DNS than were to be looked at',
  opted_out: 'the domain does not want to be looked at',
  name_not_resolved: 'the lane has learned no address of it',
  not_reachable_address: 'the address is no public one',
  no_ipv6: 'lanes have IPv4 only',
  connect_unroutable: 'no way led there from the lane',
  too_many_addresses: 'four addresses of a host are tried at most',
  deadline: 'there was no time left',
}

const OF_LOOK: Meanings<Exclude<NotLooked, Unmeasured | NotFetched>> = {
  no_lane: 'there is no lane that could look',
  lane_busy: 'the lane had no hand free',
  lane_unreachable: 'the lane did not answer, or not as lanes do',
  test_key: 'for a test key nobody is looked at',
}

const OF_FETCH: Meanings<NotFetched> = {
  dns: 'the DNS did not say, or not clearly, where to look',
  timeout: 'the policy host was silent for five seconds, towards us',
  connection: 'we came to no connection with the policy host',
  tls: 'the certificate of the policy host was refused on our way to it, and a lane found it valid',
  status: 'the policy host turned us away, or is broken: `mta_sts.fetch.status` has the code',
}

const OF_POLICY_HOST: Meanings<Exclude<Unreachable, NotFetched>> = {
  no_address: 'the policy host has no address',
  not_public: 'none of its addresses is public',
  no_end: 'it began to answer and did not end',
}

const OF_ROUTE: Meanings<RouteUnknown> = {
  no_answer: 'no resolver had an answer for its exchanges',
  unconfirmed: 'a resolver finds that there is nothing, and no other one finds the same',
  bogus: 'signatures of the domain do not hold (RFC 4035 §4.3)',
}

const OF_CAP: Meanings<Cap> = {
  unobtainable: 'senders cannot fetch the policy',
  unparseable: 'senders cannot read the policy',
  certificate_invalid: 'the certificate of the policy host is not valid',
  no_exchange_matched: 'the policy names none of the exchanges',
  no_best_exchange_matched: 'the policy names no exchange of the best preference',
}

const OF_CERTIFICATE: Meanings<PkixFault> = {
  no_certificate: 'none was presented',
  self_signed: 'it is signed by itself',
  untrusted: 'no whole chain leads to an authority that is known',
  invalid: 'the verifier refuses it for another reason',
  expired: 'its time is over',
  not_yet_valid: 'its time has not come',
  mismatch: 'it is for another name',
}

const OF_CONNECTION: Meanings<ConnectFault> = {
  connect_refused: 'the host refused it',
  connect_timeout: 'the host kept silent',
}

/** Why something of a report is not known. */
export const unmeasuredWhy = closed(
  { ...OF_LANE, ...OF_LOOK, ...OF_FETCH },
  'None of these says anything about the host, but `not_reachable_address`, which is a finding as well.',
)
/** Why one address was not measured. */
export const addressWhy = closed(OF_LANE, 'Why it was not measured; null where it was.')
export const fetchWhy = closed(
  { ...OF_FETCH, ...OF_POLICY_HOST },
  'Why there is no answer: of `unreachable` what keeps everybody from it, of `not_fetched` what kept us.',
)
export const routeWhy = closed(OF_ROUTE, 'Why the status is `error`; null where it is none.')
export const healthCap = closed(OF_CAP, 'What held the score down, whatever the components say.')
export const certificateFault = closed(OF_CERTIFICATE, 'What is wrong with a certificate, the worst first.')
export const connectFault = closed(OF_CONNECTION, 'How no connection came about; null where one did.')

function closed<M extends string>(meanings: Meanings<M>, about: string) {
  const lines = Object.entries(meanings).map(([member, meaning]) => `* \`${member}\`: ${String(meaning)}`)
  const members = Object.keys(meanings) as M[]
  return z.enum(members).openapi({ description: [about, '', ...lines].join('\n') })
}
