// The mail route of one domain as facts: four look-ups at once, a second opinion on every "nothing there", then the exchanges.
import type { Answer } from '@postern/shared/dns/answer.ts'
import { leadsNowhere, type MailRoute, mailRoute, targetOf, withTargets } from '@postern/shared/dns/mail-route.ts'
import { declinesProbes, policyName } from '@postern/shared/dns/opt-out.ts'
import type { Cidr } from '@postern/shared/dns/ip.ts'
import type { Fact, OptOutFact, RouteFact } from '@postern/shared/verdict/evidence.ts'
import { type TakesMail, takesMail } from './also.ts'
import type { Opinion, Resolve, Resolved } from './doh.ts'
import { createKnown, independent, type Known, type Open } from './known.ts'
import { keyOf, type Memo, shared } from './memo.ts'
import { allKnown, knownTargets, lookUpTargets, type Sight } from './targets.ts'

export interface RoutePorts {
  readonly resolve: Resolve
  readonly memo: (name: string) => Memo
  readonly open: Open
  readonly now: () => number
  /** A number from 0 to 1, another one with every call. */
  readonly roll: () => number
  /** Work for after the answer has left. */
  readonly later: (work: () => Promise<unknown>) => void
  readonly loopback: readonly Cidr[]
}

export interface RouteWanted {
  readonly domain: string
  readonly deadlineAt: number
  /**
   * The exchanges' own addresses, a second trip: awaited, or taken as far as they are known and otherwise looked up beside
   * the answer, for the next one.
   */
  readonly targets: 'await' | 'beside'
  /** A second domain, of which only this is wanted. */
  readonly alsoTakesMail?: string
}

export interface Routed {
  readonly facts: Fact[]
  readonly also: TakesMail | null
}

/** What goes on after the answer may take this long, in milliseconds. */
const BESIDE_MS = 3_000

/** Route and opt-out of `domain` (A-form) as facts. Never rejects. */
export async function lookUpRoute(wanted: RouteWanted, ports: RoutePorts): Promise<Routed> {
  const [facts, also] = await Promise.all([factsOf(wanted, ports), alsoOf(wanted, ports)])
  return { facts, also }
}

async function alsoOf({ alsoTakesMail: name, deadlineAt }: RouteWanted, ports: RoutePorts): Promise<TakesMail | null> {
  if (name === undefined) return null
  const memo = ports.memo(name)
  const also = await takesMail(name, deadlineAt, { ...ports, memoOf: () => memo })
  if (memo.isDue()) ports.later(() => memo.write())
  return also
}

async function factsOf(wanted: RouteWanted, ports: RoutePorts, memo = ports.memo(wanted.domain)): Promise<Fact[]> {
  const { domain } = wanted
  const own = Object.values(questionsOf(domain))
  const isOwn = (name: string): boolean => own.some((question) => question.name === name)
  const memoOf = (name: string): Memo => (isOwn(name) ? memo : shared(memo, ports.memo(name)))
  await memo.open(own.map((question) => keyOf(question, 'first')))
  const looked = await agreed(wanted, ports, createKnown({ ...ports, memoOf }))
  // Written once, when the exchanges are known too.
  if (!looked.complete) {
    ports.later(() => factsOf({ ...wanted, targets: 'await', deadlineAt: ports.now() + BESIDE_MS }, ports, memo))
  } else if (memo.isDue()) ports.later(() => memo.write())
  return [...looked.optOut, looked.fact]
}

function questionsOf(domain: string) {
  return {
    mx: { name: domain, type: 'MX' },
    a: { name: domain, type: 'A' },
    aaaa: { name: domain, type: 'AAAA' },
    policy: { name: policyName(domain), type: 'TXT' },
  } as const
}

interface Looked {
  readonly fact: RouteFact
  readonly optOut: readonly OptOutFact[]
  /** False where exchanges are still to be looked up. */
  readonly complete: boolean
}

async function agreed(wanted: RouteWanted, ports: RoutePorts, known: Known): Promise<Looked> {
  const asked = new Map<string, string>()
  const first = await look(wanted, ports, firstSight(wanted, known, asked))
  if (!isNegative(first.fact.route)) return first
  const repeated = new Set<string>()
  const doubt = { asked, doubted: first.fact.source, repeated }
  const second = await look(wanted, ports, secondSight(wanted, known, doubt))
  return {
    fact: agree(first.fact, second.fact, repeated.size === 0),
    // Whoever denied the domain could not tell of its opt-out either.
    optOut: [...first.optOut, ...second.optOut].slice(0, 1),
    complete: second.complete,
  }
}

/** Notes in `asked` which resolver answered which question. */
function firstSight({ deadlineAt }: RouteWanted, known: Known, asked: Map<string, string>): Sight {
  const opinion: Opinion = { kind: 'first' }
  const note = <R extends Resolved<unknown> | null>(key: string, resolved: R): R => {
    if (resolved !== null) asked.set(key, resolved.source)
    return resolved
  }
  return {
    ask: async (question) => note(keyOf(question, 'first'), await known.ask(question, { deadlineAt, opinion })),
    peek: (question) => note(keyOf(question, 'first'), known.peek(question, opinion)),
  }
}

interface Doubt {
  readonly asked: ReadonlyMap<string, string>
  readonly doubted: string
  /** Types of questions of which the second answer came from whoever gave the first. */
  readonly repeated: Set<string>
}

/**
 * Each question begins with a resolver other than the one that answered that very question, or, where it was not asked yet,
 * than the one whose route is doubted.
 */
function secondSight({ deadlineAt }: RouteWanted, known: Known, { asked, doubted, repeated }: Doubt): Sight {
  const opinionOn = (key: string): Opinion => ({ kind: 'second', after: asked.get(key) ?? doubted })
  return {
    ask: async (question) => {
      const opinion = opinionOn(keyOf(question, 'first'))
      const resolved = await known.ask(question, { deadlineAt, opinion })
      // What a policy says decides no route.
      if (question.type !== 'TXT' && !independent(resolved, opinion)) repeated.add(question.type)
      return resolved
    },
    peek: (question) => known.peek(question, opinionOn(keyOf(question, 'first'))),
  }
}

async function look({ domain, targets: manner }: RouteWanted, ports: RoutePorts, sight: Sight): Promise<Looked> {
  const { loopback } = ports
  const questions = questionsOf(domain)
  const [mx, a, aaaa, policy] = await Promise.all([
    sight.ask(questions.mx),
    sight.ask(questions.a),
    sight.ask(questions.aaaa),
    sight.ask(questions.policy),
  ])
  const route = mailRoute(domain, { mx: mx.answer, a: a.answer, aaaa: aaaa.answer }, ports.roll)
  const targets =
    route.kind === 'implicit'
      ? new Map([[domain, targetOf({ a: a.answer, aaaa: aaaa.answer }, loopback)]])
      : await (manner === 'await' ? lookUpTargets : knownTargets)(route, loopback, sight)
  const observed = { observedAt: learnedAt(route, mx, [a, aaaa]), source: mx.source }
  const authentic = mx.answer.kind !== 'failure' && mx.answer.authentic
  return {
    fact: { kind: 'route', route: withTargets(route, targets), confirmed: false, authentic, ...observed },
    optOut: optedOut(policy.answer) ? [{ kind: 'opt_out', observedAt: policy.observedAt, source: policy.source }] : [],
    complete: allKnown(route, targets),
  }
}

/** A route is as old as the oldest answer that it rests on; what could not be learned, as young as the last that failed. */
function learnedAt(
  route: MailRoute,
  mx: Resolved<unknown>,
  addresses: readonly [Resolved<unknown>, Resolved<unknown>],
): number {
  const instants = [mx, ...addresses].map(({ observedAt }) => observedAt)
  switch (route.kind) {
    case 'mx':
    case 'null_mx':
      return mx.observedAt
    case 'unlearned':
      return Math.max(...instants)
    case 'implicit':
    case 'none':
    case 'nxdomain':
      return Math.min(...instants)
  }
}

function optedOut(answer: Answer<string>): boolean {
  return answer.kind === 'records' && declinesProbes(answer.data)
}

/** True for routes that would end in a no. */
function isNegative(route: MailRoute): boolean {
  if (route.kind === 'mx' || route.kind === 'implicit') {
    return route.exchanges.every(({ target }) => leadsNowhere(target))
  }
  return route.kind !== 'unlearned'
}

/**
 * A second, different answer is believed where it is positive; where it is none, or comes from whoever gave the first, the
 * first stays unconfirmed.
 */
function agree(first: RouteFact, second: RouteFact, isIndependent: boolean): RouteFact {
  if (second.route.kind === 'unlearned') return first
  if (!isNegative(second.route)) return second
  return first.route.kind === second.route.kind && isIndependent ? { ...first, confirmed: true } : first
}
