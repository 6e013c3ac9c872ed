// Which of a group's addresses may be asked about: what is on record of each, and what bars it, or all of them.
import type { Fitness } from '@postern/shared/contract/audit.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import type { HoldFact } from '@postern/shared/verdict/evidence.ts'
import { DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { type ExchangePorts, holdFact } from './exchange.ts'
import type { Subject } from './inquiry.ts'
import { isKnown, type Known, pertinent } from './known.ts'
import type { Route } from './net/route.ts'
import type { Group } from './probe.ts'
import type { Recalled } from './store/evidence.ts'
import { barOf } from './store/fit.ts'
import type { DomainItem } from './store/items.ts'

type Clocked = Pick<ExchangePorts, 'lane' | 'now'>
type Hurried = Pick<ExchangePorts, 'lane' | 'now' | 'hurry'>

/** RCPTs without an answer about the mailbox, all causes together. */
const MAX_ATTEMPTS_A_DAY = 6

/** One address of a group, and what is on record of it. */
export interface Case {
  readonly subject: Subject
  readonly known: Known
  readonly attempts: readonly number[]
  readonly isKnown: boolean
}

export function caseOf(
  group: Group,
  recalled: Recalled,
  { wire, n, startedAt }: { wire: string; n: number; startedAt: number },
): Case {
  const { domain, maxAgeMs } = group
  const { localPart = '', smtpUtf8 = false } = group.recipients[n] ?? {}
  const { facts = [], learnedAt = 0, attempts = [] } = recalled.addresses[n] ?? {}
  const names = group.exchanges.map(({ exchange }) => exchange)
  const known = pertinent({ own: facts, domainFacts: recalled.domain.facts }, names)
  // Without memory nobody knows what an earlier visit has found: its answer cannot be waited for.
  const seenAt = recalled.available ? learnedAt : startedAt
  return {
    subject: { localPart, wire, smtpUtf8, learnedAt: seenAt },
    known,
    attempts,
    isKnown: isKnown(known, { domain, now: startedAt, maxAgeMs }),
  }
}

/** An address that a list holds twice is asked about once. */
export function isFirst({ subject }: Case, n: number, cases: readonly Case[]): boolean {
  return cases.findIndex((other) => other.subject.wire === subject.wire) === n
}

export function isOpen(one: Case, ports: Clocked): boolean {
  return !one.isKnown && holdOn(one, ports) === null
}

export interface Circumstances {
  readonly recalled: Recalled
  readonly route: Route
  readonly fitness: Fitness
}

/** Of one domain, over all lanes and accounts. */
function refusedTooOften(
  { domain, exchanges }: Group,
  { facts, refused }: DomainItem,
  ports: Hurried,
): HoldFact | null {
  // An operator's own domain has as many mailboxes as a country: its row says how many of them may be refused.
  const most = providerOf(exchanges[0]?.exchange ?? '', domain).limits.refusedPerHour
  // Where nobody is known to be accepted, postmaster is asked after a refused mailbox.
  const refusable = facts.some(({ reply }) => reply.code < 300) ? 1 : 2
  const lately = refused.filter((at) => ports.now() - at < HOUR_MS / ports.hurry)
  const [oldest] = lately.slice(refusable - most - 1)
  return lately.length + refusable <= most || oldest === undefined
    ? null
    : holdFact('permit', oldest + Math.ceil(HOUR_MS / ports.hurry), ports)
}

/** What bars the whole group, in the order in which it counts. */
export function barredBy(group: Group, { recalled, route, fitness }: Circumstances, ports: Hurried): HoldFact | null {
  if (route.optedOut || recalled.domain.optedOut) return holdFact('opted_out', null, ports)
  if (!group.dial) return holdFact('breaker_open', null, ports)
  // Without memory nobody knows who opted out, or was asked today: whoever waits is worth it, a list is not.
  if (group.patient && !recalled.available) return holdFact('permit', ports.now() + WITHOUT_MEMORY_MS, ports)
  // A lane that is broken leaves its domains to others; one that is ill thought of keeps them, and asks nobody.
  const bar = barOf(fitness)
  if (bar !== null) return holdFact(bar, null, ports)
  if (!route.agrees) return holdFact('route_differs', null, ports)
  return refusedTooOften(group, recalled.domain, ports)
}

const HOUR_MS = 3_600_000
const WITHOUT_MEMORY_MS = 60_000

export function holdOn({ attempts }: Case, ports: Clocked): HoldFact | null {
  const [oldest] = attempts
  return attempts.length < MAX_ATTEMPTS_A_DAY || oldest === undefined
    ? null
    : holdFact('attempts_spent', oldest + DAY_MS, ports)
}
