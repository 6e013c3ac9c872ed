// The mail route of one domain as facts: four look-ups at once, a second opinion on every "nothing there", then the exchanges.
import type { Answer, DataOf, Question, RecordType } from '@postern/shared/dns/answer.ts'
import {
  type ExchangeTarget,
  type MailRoute,
  mailRoute,
  targetOf,
  withTargets,
} from '@postern/shared/dns/mail-route.ts'
import type { Cidr } from '@postern/shared/dns/reachable.ts'
import type { Fact, OptOutFact, RouteFact } from '@postern/shared/verdict/evidence.ts'
import type { Resolve, Resolved } from './doh.ts'

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
  const asked = new Map<string, string>()
  const first = await look(wanted, ports, firstOpinion(wanted, ports, asked))
  if (!isNegative(first.fact.route)) return [...first.optOut, first.fact]
  const second = await look(wanted, ports, secondOpinion(wanted, ports, { asked, doubted: first.fact.source }))
  // Whoever denied the domain could not tell of its opt-out either.
  const [optOut] = [...first.optOut, ...second.optOut]
  return [...(optOut === undefined ? [] : [optOut]), agree(first.fact, second.fact)]
}

interface Looked {
  readonly fact: RouteFact
  readonly optOut: readonly OptOutFact[]
}

type AskDns = <T extends RecordType>(question: Question<T>) => Promise<Resolved<DataOf[T]>>

function keyOf({ name, type }: Question): string {
  return `${type} ${name}`
}

/** Notes in `asked` which resolver answered which question. */
function firstOpinion({ deadlineAt }: RouteWanted, ports: RoutePorts, asked: Map<string, string>): AskDns {
  return async (question) => {
    const resolved = await ports.resolve(question, { deadlineAt, opinion: { kind: 'first' } })
    asked.set(keyOf(question), resolved.source)
    return resolved
  }
}

/**
 * Each question begins with a resolver other than the one that answered that very question, or, where it was not asked yet,
 * than the one whose route is doubted.
 */
function secondOpinion({ deadlineAt }: RouteWanted, ports: RoutePorts, { asked, doubted }: Doubt): AskDns {
  return (question) => {
    const after = asked.get(keyOf(question)) ?? doubted
    return ports.resolve(question, { deadlineAt, opinion: { kind: 'second', after } })
  }
}

interface Doubt {
  readonly asked: ReadonlyMap<string, string>
  readonly doubted: string
}

async function look(wanted: RouteWanted, ports: RoutePorts, ask: AskDns): Promise<Looked> {
  const { domain } = wanted
  const [mx, a, aaaa, policy] = await Promise.all([
    ask({ name: domain, type: 'MX' }),
    ask({ name: domain, type: 'A' }),
    ask({ name: domain, type: 'AAAA' }),
    ask({ name: `_verify-policy.${domain}`, type: 'TXT' }),
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
  ask: AskDns,
): Promise<ReadonlyMap<string, ExchangeTarget>> {
  if (route.kind !== 'mx') return new Map()
  const names = route.exchanges.filter(({ target }) => target === 'not_looked_up').map(({ exchange }) => exchange)
  const entries = names.slice(0, MAX_TARGETS).map(async (name): Promise<[string, ExchangeTarget]> => {
    const [a, aaaa] = await Promise.all([ask({ name, type: 'A' }), ask({ name, type: 'AAAA' })])
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
