// DNS over HTTPS with a second opinion: asks a name's resolvers, lets one overtake the other, within one deadline.
import { type Answer, conclusive, type DataOf, type Question, type RecordType } from '@postern/shared/dns/answer.ts'
import { type Resolver, resolversFor } from '@postern/shared/dns/resolvers.ts'
import type { Connect } from '../http/connections.ts'
import { type Attempt, ask, type Heard } from './attempt.ts'
import type { Standings } from './standing.ts'

/**
 * A first opinion asks in the configured order. A second one begins with a resolver other than `after`, which gave the first,
 * and asks that one again only past its cache: it may find what the first had missed, but confirms nothing by repeating it.
 */
export type Opinion = { readonly kind: 'first' } | { readonly kind: 'second'; readonly after: string }

export interface Asking {
  readonly deadlineAt: number
  readonly opinion: Opinion
}

export interface Resolved<D> {
  readonly answer: Answer<D>
  /** Name of the resolver that gave it. */
  readonly source: string
  /** When it was learned, in milliseconds since the epoch. */
  readonly observedAt: number
  /** True where nobody else could have been asked, and no HTTP cache can have answered (RFC 8484 §5.1). */
  readonly sole: boolean
}

export type Resolve = <T extends RecordType>(question: Question<T>, asking: Asking) => Promise<Resolved<DataOf[T]>>

export interface DohPorts {
  readonly resolvers: readonly Resolver[]
  readonly standings: Standings
  readonly connect: Connect
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
}

const ATTEMPT_MS = 1_500
/** With less left, asking once more only adds to the load. */
const LEAST_REPEAT_MS = 50
/** RFC 9520 §3.1: nobody is asked the same more than three times. */
const TIMES_EACH = 3

export function createResolve(ports: DohPorts): Resolve {
  return async (question, asking) => {
    const order = attempts(question.name, asking.opinion, ports)
    const [first] = order
    if (first === undefined) return nobody(ports.now())
    ports.standings.asked()
    const isAlone = resolversFor(ports.resolvers, question.name).length === 1
    return race(question, order, { ports, deadlineAt: asking.deadlineAt, over: new AbortController(), isAlone })
  }
}

function nobody(observedAt: number): Resolved<never> {
  return { answer: { kind: 'failure', why: 'unreachable' }, source: 'none', observedAt, sole: false }
}

/** Two resolvers where there are two to ask, in turn, else the same one; whoever is asked again is so past its cache. */
function attempts(name: string, opinion: Opinion, { resolvers, standings }: DohPorts): Attempt[] {
  const all = resolversFor(resolvers, name)
  const after = opinion.kind === 'second' ? opinion.after : null
  // A second opinion needs somebody else, breaker or not; and a breaker that leaves nobody to ask spares nobody anything.
  const needed = (one: Resolver) => after !== null && one.name !== after
  const available = all.filter((one) => needed(one) || standings.of(one.name).available())
  const worthwhile = available.length > 0 ? available : all
  const pair = [...worthwhile.filter((one) => one.name !== after), ...worthwhile.filter((one) => one.name === after)]
  return Array.from({ length: TIMES_EACH }).flatMap((_, round) =>
    pair.slice(0, 2).map((resolver) => ({ resolver, pastCache: round > 0 || resolver.name === after })),
  )
}

interface Race {
  readonly ports: DohPorts
  readonly deadlineAt: number
  /** Aborted when there is a conclusive answer: whoever is still asked is let go, and its connection with it. */
  readonly over: AbortController
  /** True where only one resolver is there to ask. */
  readonly isAlone: boolean
}

type Runner<D> = Resolved<D> & Pick<Heard<D>, 'manner'>

/** A question to one resolver, from its turn on. */
interface Turn {
  readonly source: string
  /** Null until it is its turn. */
  startedAt: number | null
  /** Null until something was heard or it was given up. */
  endedAt: number | null
  /** False where nothing was heard. */
  spoke: boolean
}

const LATE = Symbol('late')

async function race<T extends RecordType>(
  question: Question<T>,
  order: readonly Attempt[],
  race: Race,
): Promise<Resolved<DataOf[T]>> {
  const { standings, sleep } = race.ports
  const waiting = [...order]
  const running = new Set<Promise<Runner<DataOf[T]>>>()
  const failed: Runner<DataOf[T]>[] = []
  const turns: Turn[] = []
  const start = (): void => {
    const [attempt] = waiting.splice(0, 1)
    if (attempt === undefined) return
    // A silent resolver may not eat the time of the one behind it.
    const share = failed.length + running.size === 0 ? 2 : 1
    const turn: Turn = { source: attempt.resolver.name, startedAt: null, endedAt: null, spoke: false }
    turns.push(turn)
    const runner = run(attempt, question, { ...race, share, turn }).finally(() => running.delete(runner))
    running.add(runner)
  }
  start()
  let late = mayOvertake(waiting[0]) ? sleep(hedgeAfterMs(order, standings)).then(() => LATE) : null
  while (running.size > 0) {
    const next = await Promise.race<Runner<DataOf[T]> | symbol>([...running, ...(late === null ? [] : [late])])
    if (typeof next === 'symbol') {
      late = null
      if (standings.hedge()) start()
      continue
    }
    if (conclusive(next.answer)) {
      race.over.abort()
      blame(turns, next.source, race.ports)
      return next
    }
    failed.push(next)
    late = null
    if (running.size === 0 && worthRepeating(failed, race)) start()
  }
  return mostTelling(failed)
}

/** Silence counts where somebody else could answer; else it is the name's affair. */
function blame(turns: readonly Turn[], winner: string, { standings, now }: DohPorts): void {
  for (const { source, startedAt, endedAt, spoke } of turns) {
    if (spoke || startedAt === null || source === winner) continue
    standings.of(source).overtaken((endedAt ?? now()) - startedAt)
  }
}

/** Only by somebody else: whoever is slow is not made quicker by being asked twice. */
function mayOvertake(attempt: Attempt | undefined): boolean {
  return attempt !== undefined && !attempt.pastCache
}

function hedgeAfterMs([first]: readonly Attempt[], standings: Standings): number {
  return first === undefined ? 0 : standings.of(first.resolver.name).hedgeAfterMs()
}

/** One failure of whatever kind gets its second try; after that, only silence is something that time can mend. */
function worthRepeating(failed: readonly Runner<unknown>[], { ports, deadlineAt }: Race): boolean {
  if (failed.length < 2) return true
  return failed.every(({ manner }) => manner === 'silent') && deadlineAt - ports.now() >= LEAST_REPEAT_MS
}

/** What a resolver said of the name tells more than silence, and silence more than a resolver that does not work. */
const TELLING = ['servfail', 'refused', 'timeout', 'malformed', 'unreachable']

function mostTelling<D>(failed: readonly Runner<D>[]): Resolved<D> {
  const rank = ({ answer }: Runner<D>) => (answer.kind === 'failure' ? TELLING.indexOf(answer.why) : -1)
  const [best] = failed.toSorted((one, other) => rank(one) - rank(other))
  return best ?? nobody(0)
}

async function run<T extends RecordType>(
  attempt: Attempt,
  question: Question<T>,
  { ports, deadlineAt, over, isAlone, share, turn }: Race & { readonly share: number; readonly turn: Turn },
): Promise<Runner<DataOf[T]>> {
  const { connect, now, standings } = ports
  const standing = standings.of(turn.source)
  standing.begin()
  const heard = await connect(async () => {
    // Counted when its turn has come, since that may be late.
    const timeoutMs = Math.floor(Math.min(ATTEMPT_MS, (deadlineAt - now()) / share))
    if (timeoutMs < 1) return ask(attempt, question, AbortSignal.abort())
    turn.startedAt = now()
    return ask(attempt, question, AbortSignal.any([AbortSignal.timeout(timeoutMs), over.signal]))
  })
  turn.endedAt = now()
  turn.spoke = heard.manner !== 'silent'
  if (heard.manner === 'spoke') standing.spoke(turn.endedAt - (turn.startedAt ?? turn.endedAt))
  if (heard.manner === 'failed') standing.failed(heard.restMs)
  const { answer, manner } = heard
  return { answer, manner, source: turn.source, observedAt: turn.endedAt, sole: isAlone && attempt.pastCache }
}
