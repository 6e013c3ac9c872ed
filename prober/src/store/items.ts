// How the items of the evidence table read: what is expired, spoilt, erased or dated by a clock that ran ahead is left out.
import { probeFact } from '@postern/shared/contract/probe.ts'
import type { FeedbackFact, ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import { answered, CONTROL_MS, DAY_MS, FEEDBACK_MS, mailboxReply } from '@postern/shared/verdict/lifetimes.ts'
import { z } from 'zod'
import { readJson } from './dynamo.ts'

export type Item = Readonly<Record<string, unknown>>

export interface AddressItem {
  /** The address's own replies and faults from the last inquiry, and what the account that asks told of it. */
  readonly facts: readonly ProbeFact[]
  /** When they were learned, or erased, in milliseconds since the epoch; 0 where nothing was. */
  readonly learnedAt: number
  /** Instants of the RCPTs of the last 24 h that got no answer about the mailbox. */
  readonly attempts: readonly number[]
}

export interface DomainItem {
  /** Strangers' answers and acceptances of others, per exchange, not older than fourteen days: a 250 is compared with its own week. */
  readonly facts: readonly ReplyFact[]
  /** Instants of the last hour at which a recipient was refused, by whichever lane. */
  readonly refused: readonly number[]
  readonly optedOut: boolean
}

/** Machines agree on the time within this span: what is dated later comes from a clock that ran ahead, and protects nothing. */
export const CLOCK_SKEW_MS = 60_000
/** Facts are kept this long, in seconds, and believed for as long as their lifetimes say. */
export const KEEP_S = (30 * DAY_MS) / 1_000
const HOUR_MS = 3_600_000

/** The name of the attribute that holds what an account told of an address. */
export const feedbackName = (account: string): string => `f#${account}`

// s: the stranger's last answer; c: the last time a stranger was accepted; y: the last time somebody was.
const DOMAIN_ATTRIBUTE = /^[scy]#/

const factsText = z.string().transform(readJson).pipe(z.array(probeFact))

interface Reading {
  readonly now: number
  /** Pseudonym of the account that asks, or null. */
  readonly account: string | null
}

/** The items found under an address's keys and under its marks', as one. */
export function addressItem(items: readonly Item[], marks: readonly Item[], { now, account }: Reading): AddressItem {
  const [heard, marked] = [items, marks].map((all) => all.filter((item) => !isExpired(item, now))) as [Item[], Item[]]
  const erasedAt = Math.max(
    0,
    ...marked.map((item) => numberOf(item, 'erasedAt')).filter((at) => at <= now + CLOCK_SKEW_MS),
  )
  // What an inquiry found that began before the erasure is erased as well, however late it was written.
  const alive = heard.filter((item) => (numberOf(item, 'since') || numberOf(item, 'observedAt')) > erasedAt)
  const [last] = alive.toSorted((one, other) => numberOf(other, 'observedAt') - numberOf(one, 'observedAt'))
  const told = account === null ? [] : marked.flatMap((item) => feedback(item[feedbackName(account)], now))
  // Told under two keys, while one gives way to the other: what was told later takes the place of what was told before.
  const [newest] = told.toSorted((one, other) => other.observedAt - one.observedAt)
  return {
    facts: [
      ...(last === undefined ? [] : factsOf(last['facts'])),
      ...(newest !== undefined && newest.observedAt > erasedAt ? [newest] : []),
    ],
    learnedAt: last === undefined ? erasedAt : numberOf(last, 'observedAt'),
    attempts: united([...alive, ...marked].map((item) => recent(item['attempts'], { now, spanMs: DAY_MS }))),
  }
}

/** What an erasure leaves: how often the mailbox was asked of late, its answer included, without what was said. */
export function restOf(items: readonly Item[], now: number): { readonly attempts: readonly number[] } {
  const asked = items.map((item) => [
    ...recent(item['attempts'], { now, spanMs: DAY_MS }),
    ...recent([answeredAt(item)], { now, spanMs: DAY_MS }),
  ])
  return { attempts: united(asked) }
}

function answeredAt(item: Item): number {
  const reply = mailboxReply(factsOf(item['facts']))
  return reply !== null && answered(reply) ? reply.observedAt : 0
}

/** The items found under a domain's keys, as one. */
export function domainItem(items: readonly Item[], now: number): DomainItem {
  const facts = items.filter((item) => !isExpired(item, now)).flatMap((item) => domainFacts(item, now))
  return {
    facts,
    refused: united(items.map((item) => recent(item['refused'], { now, spanMs: HOUR_MS }))),
    optedOut: items.some((item) => numberOf(item, 'optedOutAt') > 0),
  }
}

/** What is written under a new key repeats what stands under the old one: each instant as often as one of them has it. */
function united(lists: readonly (readonly number[])[]): number[] {
  const most = new Map<number, number>()
  for (const list of lists) {
    for (const at of list) most.set(at, Math.max(most.get(at) ?? 0, list.filter((one) => one === at).length))
  }
  return [...most].flatMap(([at, times]) => Array<number>(times).fill(at)).toSorted((one, other) => one - other)
}

function numberOf(item: Item, name: string): number {
  const value = item[name]
  return typeof value === 'number' ? value : 0
}

/** TTL is a janitor that may be two days late: every read compares for itself. */
function isExpired(item: Item, now: number): boolean {
  const expiresAt = numberOf(item, 'expiresAt')
  return expiresAt > 0 && expiresAt * 1_000 <= now
}

function factsOf(value: unknown): ProbeFact[] {
  const parsed = factsText.safeParse(value)
  return parsed.success ? parsed.data : []
}

function feedback(value: unknown, now: number): FeedbackFact[] {
  return factsOf(value).filter(
    (fact): fact is FeedbackFact =>
      fact.kind === 'feedback' && now - fact.observedAt < FEEDBACK_MS && fact.observedAt <= now + CLOCK_SKEW_MS,
  )
}

function domainFacts(item: Item, now: number): ReplyFact[] {
  return Object.entries(item)
    .filter(([name]) => DOMAIN_ATTRIBUTE.test(name))
    .flatMap(([, value]) => factsOf(value))
    .filter((fact): fact is ReplyFact => fact.kind === 'reply')
    .filter((fact) => now - fact.observedAt < 2 * CONTROL_MS && fact.observedAt <= now + CLOCK_SKEW_MS)
}

function recent(value: unknown, { now, spanMs }: { now: number; spanMs: number }): number[] {
  const numbers = Array.isArray(value) ? value.filter((one): one is number => typeof one === 'number') : []
  return numbers.filter((at) => now - at < spanMs && at <= now + CLOCK_SKEW_MS)
}
