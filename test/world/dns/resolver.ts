// The world's resolver: what it answers to one DNS message over HTTP, with the fault that the name in question has.
import type { ResolverFault } from './resolver-fault.ts'
import { failed, type Query, type Response, readQuery, writeResponse } from './message.ts'
import type { Zones } from './zones.ts'

/** What goes back over HTTP, after `afterMs`; null never goes back at all. */
export interface DohResponse {
  readonly status: 200 | 400 | 500
  readonly body: Buffer
  readonly maxAgeS: number
  readonly afterMs: number
}

export interface Resolved {
  readonly response: DohResponse | null
  /** The question, where there was one. */
  readonly asked: { readonly name: string; readonly type: string; readonly fault: string | null } | null
}

// `other.test A IN` on the wire.
const OTHER_QUESTION = Buffer.from('\u0005other\u0004test\u0000\u0000\u0001\u0000\u0001', 'latin1')

export function resolve(zones: Zones, bytes: Buffer): Resolved {
  const query = readQuery(bytes)
  if (query === null) return { response: plain(400, Buffer.alloc(0)), asked: null }
  if (query.problem !== null) return { response: plain(200, writeResponse(query, failed(query.problem))), asked: null }
  const fault = zones.faultOf(query)
  const asked = { name: query.name, type: query.type, fault: fault?.kind ?? null }
  return { response: fault === null ? honest(zones, query) : faulty(zones, query, fault), asked }
}

function honest(zones: Zones, query: Query): DohResponse {
  const finding = zones.lookup(query)
  return { ...plain(200, writeResponse(query, finding)), maxAgeS: lifetime(finding) }
}

/** RFC 8484 §5.1: freshness is the smallest TTL of the answer; for a negative one, of the SOA (RFC 2308 §5). */
function lifetime({ answers, authorities }: Response): number {
  const records = answers.length > 0 ? answers : authorities
  return records.length > 0 ? Math.min(...records.map(({ ttl }) => ttl)) : 0
}

const FAULTS: Readonly<
  Record<Exclude<ResolverFault['kind'], 'slow'>, (query: Query, zones: Zones) => DohResponse | null>
> = {
  hang: () => null,
  servfail: serverFailure,
  bogus: (query, zones) => (query.checkingDisabled ? honest(zones, query) : serverFailure(query)),
  truncated: (query) => plain(200, writeResponse(query, { ...failed('NOERROR'), truncated: true })),
  garbage: () => plain(200, Buffer.from('c0ffee c0ffee: neither header nor question')),
  wrong_id: (query, zones) => plain(200, writeResponse({ ...query, id: query.id ^ 0x5a5a }, zones.lookup(query))),
  wrong_question: (query) => plain(200, writeResponse({ ...query, question: OTHER_QUESTION }, failed('NOERROR'))),
  http_500: () => plain(500, Buffer.alloc(0)),
}

function serverFailure(query: Query): DohResponse {
  return plain(200, writeResponse(query, failed('SERVFAIL')))
}

function faulty(zones: Zones, query: Query, fault: ResolverFault): DohResponse | null {
  return fault.kind === 'slow' ? { ...honest(zones, query), afterMs: fault.ms } : FAULTS[fault.kind](query, zones)
}

function plain(status: DohResponse['status'], body: Buffer): DohResponse {
  return { status, body, maxAgeS: 0, afterMs: 0 }
}
