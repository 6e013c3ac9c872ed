// One exchange of one inquiry: resolve, guard, permit, converse, and what was heard.
import type { Answer } from '@postern/shared/dns/answer.ts'
import { destinationOf, type ProviderRow, providerOf } from '@postern/shared/dns/provider.ts'
import { inOrderFor } from '@postern/shared/lanes/choose.ts'
import type { CanaryFact, Fault, HoldFact, ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { faultFact } from './hearing.ts'
import { type Heard, type Inquiry, NOTHING_HEARD, type Subject, together } from './inquiry.ts'
import type { Conversation } from './net/converse.ts'
import type { Plan } from './smtp/plan.ts'
import type { Permits, Settlement } from './store/permits.ts'
import { planFor, sessionsOf, wantedFor } from './planned.ts'
import { askInSessions } from './sessions.ts'

export interface LaneIdentity {
  readonly id: string
  readonly ehloName: string
  readonly mailFrom: string
}

/** Instants in milliseconds since the epoch. A host that has not greeted by `greetingBy` is left for the next one. */
export interface Limits {
  readonly deadlineAt: number
  readonly greetingBy: number
}

/** Never rejects: a connection that fails is a fault, a conversation that ends badly says how. */
export type Dial = (address: string, plan: Plan, limits: Limits) => Promise<Conversation | { readonly fault: Fault }>

export interface ExchangePorts {
  readonly lane: LaneIdentity
  readonly now: () => number
  readonly resolveAddresses: (exchange: string, deadlineAt: number) => Promise<Answer<string>>
  /** The guard, asked before a permit is spent; the driver asks it again about what it connects to. */
  readonly mayDial: (address: string) => boolean
  /** Local parts that should be nobody's: a random one, and one that reads like a person's. */
  readonly strangersOf: (domain: string) => readonly [random: string, personal: string]
  /** A short name for what other lanes may not read. */
  readonly aliasOf: (text: string) => string
  readonly permits: Permits
  readonly dial: Dial
  readonly sleep: (ms: number) => Promise<void>
  /** How many times faster than the clock the spans of courtesy pass; 1 but on a desk. */
  readonly hurry: number
}

export interface Question extends Limits {
  readonly inquiry: Inquiry
  readonly exchange: string
  /** Whom to ask about; at least one. */
  readonly subjects: readonly Subject[]
}

/** `settled`: the next exchange must not, or need not, be asked. `settlements`: what its destinations are still to be told. */
export interface Asked {
  readonly heard: Heard
  readonly settled: boolean
  readonly settlements: readonly Settlement[]
  /** When as many of the destination may be asked about again; absent where nobody knows. */
  readonly nextAt?: number | null
}

/** Addresses of one exchange that are tried (RFC 5321 §5.1 asks for at least two, where there are). */
const MAX_ADDRESSES = 2

/** On to the exchange's next address only where the one before could not be reached. */
export async function askExchange(question: Question, ports: ExchangePorts): Promise<Asked> {
  const found = await addressesOf(question, ports)
  if (found.fault !== undefined) return fruitless(question, ports, found.fault)
  const row = providerOf(question.exchange, question.inquiry.domain)
  const barred = barredBy(row, question, ports) ?? unfitFor(row, question, ports)
  if (barred !== null) return { heard: { ...NOTHING_HEARD, shared: [barred] }, settled: true, settlements: [] }
  let unreached: Asked = { heard: NOTHING_HEARD, settled: false, settlements: [] }
  for (const address of found.addresses.slice(0, MAX_ADDRESSES)) {
    const asked = await askAddress(question, { row, address }, ports)
    const both = {
      ...asked,
      heard: together(unreached.heard, asked.heard),
      settlements: [...unreached.settlements, ...asked.settlements],
    }
    if (!isUnreached(asked)) return both
    // The next address may be the same operator's: it is asked for with all that is known.
    await Promise.all(both.settlements.map((settlement) => settlement.write()))
    unreached = { ...both, settlements: [] }
    if (ports.now() >= question.greetingBy) break
  }
  return unreached
}

function isUnreached({ heard, settled }: Asked): boolean {
  const hopeless = (fact: ProbeFact) =>
    (fact.kind === 'fault' && UNREACHED.includes(fact.fault)) || (fact.kind === 'hold' && fact.hold === 'breaker_open')
  const said = heard.shared.filter(({ kind }) => kind !== 'canary')
  return !settled && heard.named.size === 0 && said.length > 0 && said.every(hopeless)
}

export const UNREACHED: readonly Fault[] = ['connect_refused', 'connect_timeout']

export function fruitless({ exchange }: Question, ports: ExchangePorts, fault: Fault): Asked {
  const fact = faultFact(fault, { exchange, source: ports.lane.id }, { to: 'nobody', now: ports.now() })
  return { heard: { ...NOTHING_HEARD, shared: [fact] }, settled: false, settlements: [] }
}

/** The edge sends no such job; a route that changed on the way may still lead here. */
function barredBy({ probe }: ProviderRow, { inquiry }: Question, ports: ExchangePorts): HoldFact | null {
  switch (probe) {
    case 'yes':
      return null
    case 'no':
      return holdFact('never_asked', null, ports)
    case 'batch':
    case 'queue':
      return inquiry.patient ? null : holdFact('batch_only', null, ports)
  }
}

/** An operator that refuses a mailbox which is known to be somebody's refuses this lane: it is not asked about others'. */
function unfitFor({ id }: ProviderRow, { inquiry }: Question, ports: ExchangePorts): HoldFact | null {
  return inquiry.fitness.unfitOperators.includes(id) ? holdFact('shunned', null, ports) : null
}

async function addressesOf({ exchange, deadlineAt, subjects }: Question, ports: ExchangePorts) {
  const answer = await ports.resolveAddresses(exchange, deadlineAt)
  if (answer.kind === 'failure' && answer.why === 'timeout') return { fault: 'name_timeout' } as const
  if (answer.kind !== 'records') return { fault: 'name_not_resolved' } as const
  const allowed = answer.data.filter(ports.mayDial)
  if (allowed.length === 0) return { fault: 'not_reachable_address' } as const
  return { addresses: inOrderFor(subjects[0]?.wire ?? '', allowed) }
}

interface Destination {
  readonly row: ProviderRow
  readonly address: string
}

async function askAddress(question: Question, { row, address }: Destination, ports: ExchangePorts): Promise<Asked> {
  const destination = destinationOf(row, address)
  const sessions = sessionsOf(question, row)
  const [first = []] = sessions
  const plan = planFor({ ...question, subjects: first }, ports, row)
  const wanted = { ...wantedFor({ ...question, sessions }, plan, ports), address }
  const permit = await ports.permits.take(destination, wanted, { ...row.limits, hurry: ports.hurry })
  // Somebody who waits is worth a visit without a permit; a list is not.
  const refused = permit.kind === 'unavailable' && question.inquiry.patient ? withoutTable(ports) : permit
  if (refused.kind !== 'granted' && refused.kind !== 'unavailable') {
    const fact = holdFact(refused.kind, refused.retryAt, ports)
    return { heard: { ...NOTHING_HEARD, shared: [fact] }, settled: refused.kind !== 'breaker_open', settlements: [] }
  }
  const { asked, outcome } = await askInSessions(
    question,
    { row, address, sessions, recipients: wanted.sessions ?? [], permit: refused },
    ports,
  )
  const nextAt = refused.kind === 'granted' && question.inquiry.patient ? refused.nextAt : null
  const visited = sessions.slice(0, refused.kind === 'granted' ? refused.sessions : 1).flat()
  // Whom the minute has no room for need not ask again within it.
  const alike = question.subjects.filter(({ smtpUtf8 }) => smtpUtf8 === first[0]?.smtpUtf8)
  const isFull = nextAt !== null && visited.length < alike.length
  const more = [canaryOf(row, question, ports), isFull ? holdFact('permit', nextAt, ports) : null]
  const heard = { ...asked.heard, shared: [...asked.heard.shared, ...more.filter((fact) => fact !== null)] }
  const alone = row.limits.connections === 1
  return { ...asked, heard, nextAt, settlements: [ports.permits.settle(destination, wanted.owner, { outcome, alone })] }
}

/** Where a row needs no control, that its dead canary was refused of late stands in for one. */
function canaryOf(row: ProviderRow, { inquiry }: Question, ports: ExchangePorts): CanaryFact | null {
  const refusedAt = row.control === 'none' ? inquiry.fitness.canaries[row.id] : undefined
  if (refusedAt === undefined) return null
  return { kind: 'canary', operator: row.id, observedAt: refusedAt, source: ports.lane.id }
}

const TABLE_RETRY_MS = 60_000

function withoutTable({ now }: ExchangePorts) {
  return { kind: 'permit', retryAt: now() + TABLE_RETRY_MS } as const
}

/** Why this lane asks nobody, as of now; `retryAt` as an instant, or null where time changes nothing. */
export function holdFact(
  hold: HoldFact['hold'],
  retryAt: number | null,
  ports: Pick<ExchangePorts, 'lane' | 'now'>,
): HoldFact {
  return { kind: 'hold', hold, retryAt, observedAt: ports.now(), source: ports.lane.id }
}
