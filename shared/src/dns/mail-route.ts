// Where a domain's mail goes (RFC 5321 §5.1), as far as the DNS said it.
import type { Answer, MxData } from './answer.ts'
import { type Cidr } from './ip.ts'
import { globallyReachable } from './reachable.ts'

/** What became of one exchange's own addresses. `ipv6_only` is out of our reach, never dead. */
export type ExchangeTarget =
  | 'not_looked_up'
  | 'reachable'
  | 'dangling'
  | 'special_purpose'
  | 'ipv6_only'
  | 'ip_literal'
  | 'unlearned'

/** One mail exchange: `exchange` is a host name in A-form, lower case, without trailing dot; `preference` 0–65535. */
export interface Exchange {
  readonly exchange: string
  readonly preference: number
  readonly target: ExchangeTarget
}

export type MailRoute =
  | { readonly kind: 'mx'; readonly exchanges: readonly Exchange[] }
  | { readonly kind: 'implicit'; readonly exchanges: readonly Exchange[] }
  | { readonly kind: 'null_mx' }
  | { readonly kind: 'none' }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'unlearned'; readonly why: 'timeout' | 'failure' }

export interface DomainAnswers {
  readonly mx: Answer<MxData>
  readonly a: Answer<string>
  readonly aaaa: Answer<string>
}

export interface Addresses {
  readonly a: Answer<string>
  readonly aaaa: Answer<string>
}

/** A name that is written like an IPv4 address, be it one or not. */
export const IPV4_TEXT = /^\d{1,3}(\.\d{1,3}){3}$/

/**
 * The route that three answers about one domain amount to; exchanges by preference, equals as chance has it: `roll` gives a
 * number per exchange (RFC 5321 §5.1 spreads the load so).
 */
export function mailRoute(domain: string, answers: DomainAnswers, roll: () => number): MailRoute {
  const { mx } = answers
  switch (mx.kind) {
    case 'records':
      return explicitRoute(mx.data, roll)
    case 'nxdomain':
      return missing(answers)
    case 'nodata':
      return implicitRoute(domain, answers)
    case 'failure':
      return unlearned(mx)
  }
}

/**
 * A name that does not exist has records of no type (RFC 8020 §2): beside an address, or beside a name that merely lacks
 * one, the answer contradicts itself, as load balancers do that know few types. An address that could not be looked up may
 * be there.
 */
function missing({ a, aaaa }: DomainAnswers): MailRoute {
  const contradicted = [a, aaaa].some(({ kind }) => kind === 'records' || kind === 'nodata')
  if (contradicted) return { kind: 'unlearned', why: 'failure' }
  return a.kind === 'failure' ? unlearned(a) : { kind: 'nxdomain' }
}

/** Nobody asks further ones; a domain that names thousands must not fill answers. */
const MOST_EXCHANGES = 20

function explicitRoute(data: readonly MxData[], roll: () => number): MailRoute {
  // RFC 7505 §3 wants the null MX to stand alone; beside real exchanges it is a slip, and mail goes to the real ones.
  const real = data.filter(({ exchange }) => exchange !== '')
  if (real.length === 0) return { kind: 'null_mx' }
  const exchanges = real
    .map(({ exchange, preference }) => ({ exchange, preference, target: targetOfName(exchange), drawn: roll() }))
    .sort((one, other) => one.preference - other.preference || one.drawn - other.drawn)
    .slice(0, MOST_EXCHANGES)
    .map(({ exchange, preference, target }) => ({ exchange, preference, target }))
  return { kind: 'mx', exchanges }
}

function targetOfName(exchange: string): ExchangeTarget {
  return IPV4_TEXT.test(exchange) || exchange.includes(':') ? 'ip_literal' : 'not_looked_up'
}

function implicitRoute(domain: string, { a, aaaa }: DomainAnswers): MailRoute {
  if (a.kind === 'records' || aaaa.kind === 'records') {
    return { kind: 'implicit', exchanges: [{ exchange: domain, preference: 0, target: 'not_looked_up' }] }
  }
  if (a.kind === 'failure') return unlearned(a)
  return aaaa.kind === 'failure' ? unlearned(aaaa) : { kind: 'none' }
}

function unlearned(answer: Answer<unknown>): MailRoute {
  const timedOut = answer.kind === 'failure' && answer.why === 'timeout'
  return { kind: 'unlearned', why: timedOut ? 'timeout' : 'failure' }
}

/** What one exchange's addresses make of it; `loopback` is the explicit opt-in of local runs. */
export function targetOf({ a, aaaa }: Addresses, loopback: readonly Cidr[]): ExchangeTarget {
  const v4 = addressesOf(a)
  const v6 = addressesOf(aaaa)
  if (v4.some((address) => globallyReachable(address, loopback))) return 'reachable'
  if (a.kind === 'failure') return 'unlearned'
  if (v6.some((address) => globallyReachable(address, loopback))) return 'ipv6_only'
  if (aaaa.kind === 'failure') return 'unlearned'
  return v4.length + v6.length > 0 ? 'special_purpose' : 'dangling'
}

/** Its name leads to no host that anybody could reach: what was not learned, and what is out of our reach alone, may be one. */
export function leadsNowhere(target: ExchangeTarget): boolean {
  return target === 'dangling' || target === 'special_purpose'
}

/** Of both families, as far as they were learned. */
export function addressesIn({ a, aaaa }: Addresses): string[] {
  return [...addressesOf(a), ...addressesOf(aaaa)]
}

function addressesOf(answer: Answer<string>): readonly string[] {
  return answer.kind === 'records' ? answer.data : []
}

/** The same route with what was learned of its exchanges; hosts that are not in `targets` keep what they have. */
export function withTargets(route: MailRoute, targets: ReadonlyMap<string, ExchangeTarget>): MailRoute {
  if (route.kind !== 'mx' && route.kind !== 'implicit') return route
  const exchanges = route.exchanges.map((one) => ({ ...one, target: targets.get(one.exchange) ?? one.target }))
  return { ...route, exchanges }
}
