// The mail route of one domain as facts: four look-ups at once, a second opinion on every "nothing there", then the exchanges.
import type { Answer } from '@postern/shared/dns/answer.ts'
import {
  type ExchangeTarget,
  type MailRoute,
  mailRoute,
  targetOf,
  withTargets,
} from '@postern/shared/dns/mail-route.ts'
import type { Cidr } from '@postern/shared/dns/reachable.ts'
import type { Fact, OptOutFact, RouteFact } from '@postern/shared/verdict/evidence.ts'
import type { Opinion, Resolve } from './doh.ts'

export interface RoutePorts {
  readonly resolve: Resolve
  readonly now: () => number
  readonly loopback: readonly Cidr[]
}

export interface RouteWanted {
  readonly domain: string
  readonly deadlineAt: number
  /** Look up the exchanges' own addresses too: a second trip. */
  readonly targets: boolean
}

/** Exchanges whose addresses are looked up; a domain's fourth-best host decides nothing. */
const MAX_TARGETS = 3
const OPT_OUT = /(^|[\s;])probe=no([\s;]|$)/i

/** Route and opt-out of `domain` (A-form) as facts. Never rejects. */
export async function lookUpRoute(wanted: RouteWanted, ports: RoutePorts): Promise<Fact[]> {
  const first = await look(wanted, ports, { kind: 'first' })
  if (!isNegative(first.fact.route)) return [...first.optOut, first.fact]
  const second = await look(wanted, ports, { kind: 'second', after: first.fact.source })
  return [...first.optOut, agree(first.fact, second.fact)]
}

interface Looked {
  readonly fact: RouteFact
  readonly optOut: readonly OptOutFact[]
}

async function look(wanted: RouteWanted, ports: RoutePorts, opinion: Opinion): Promise<Looked> {
  const { domain, deadlineAt } = wanted
  const ask = { deadlineAt, opinion }
  const [mx, a, aaaa, policy] = await Promise.all([
    ports.resolve({ name: domain, type: 'MX' }, ask),
    ports.resolve({ name: domain, type: 'A' }, ask),
    ports.resolve({ name: domain, type: 'AAAA' }, ask),
    ports.resolve({ name: `_verify-policy.${domain}`, type: 'TXT' }, ask),
  ])
  const route = mailRoute(domain, { mx: mx.answer, a: a.answer, aaaa: aaaa.answer })
  const observed = { observedAt: ports.now(), source: mx.source }
  const authentic = mx.answer.kind !== 'failure' && mx.answer.authentic
  const known =
    route.kind === 'implicit' ? new Map([[domain, targetOf({ a: a.answer, aaaa: aaaa.answer }, ports.loopback)]]) : null
  const targets = known ?? (wanted.targets ? await lookUpTargets(route, ports, ask) : new Map())
  return {
    fact: { kind: 'route', route: withTargets(route, targets), confirmed: false, authentic, ...observed },
    optOut: optedOut(policy.answer) ? [{ kind: 'opt_out', observedAt: ports.now(), source: policy.source }] : [],
  }
}

async function lookUpTargets(
  route: MailRoute,
  ports: RoutePorts,
  ask: { deadlineAt: number; opinion: Opinion },
): Promise<ReadonlyMap<string, ExchangeTarget>> {
  if (route.kind !== 'mx') return new Map()
  const names = route.exchanges.filter(({ target }) => target === 'not_looked_up').map(({ exchange }) => exchange)
  const entries = names.slice(0, MAX_TARGETS).map(async (name): Promise<[string, ExchangeTarget]> => {
    const [a, aaaa] = await Promise.all([
      ports.resolve({ name, type: 'A' }, ask),
      ports.resolve({ name, type: 'AAAA' }, ask),
    ])
    return [name, targetOf({ a: a.answer, aaaa: aaaa.answer }, ports.loopback)]
  })
  return new Map(await Promise.all(entries))
}

function optedOut(answer: Answer<string>): boolean {
  return answer.kind === 'records' && answer.data.some((text) => OPT_OUT.test(text))
}

/** True for routes that would end in a no. */
function isNegative(route: MailRoute): boolean {
  if (route.kind === 'mx' || route.kind === 'implicit') {
    return route.exchanges.every(({ target }) => target === 'dangling' || target === 'special_purpose')
  }
  return route.kind !== 'unlearned'
}

/** A second, different answer is believed where it is positive; where it is none, the first stays unconfirmed. */
function agree(first: RouteFact, second: RouteFact): RouteFact {
  if (second.route.kind === 'unlearned') return first
  if (!isNegative(second.route)) return second
  return first.route.kind === second.route.kind ? { ...first, confirmed: true } : first
}
