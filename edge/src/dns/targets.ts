// What became of a route's exchanges: their own addresses, waited for, or as far as they are known.
import type { DataOf, Question, RecordType } from '@postern/shared/dns/answer.ts'
import { type ExchangeTarget, type MailRoute, targetOf } from '@postern/shared/dns/mail-route.ts'
import type { Cidr } from '@postern/shared/dns/ip.ts'
import type { Resolved } from './doh.ts'

/** One opinion's questions: `peek` asks nobody. */
export interface Sight {
  ask<T extends RecordType>(question: Question<T>): Promise<Resolved<DataOf[T]>>
  peek<T extends RecordType>(question: Question<T>): Resolved<DataOf[T]> | null
}

/** Exchanges whose addresses are looked up; a domain's fourth-best host decides nothing. */
const MAX_TARGETS = 3

export type Targets = ReadonlyMap<string, ExchangeTarget>

/** Looks up what is not known: a second trip. */
export async function lookUpTargets(route: MailRoute, loopback: readonly Cidr[], sight: Sight): Promise<Targets> {
  const entries = namesOf(route).map(async (name): Promise<[string, ExchangeTarget]> => {
    const [a, aaaa] = await Promise.all([sight.ask({ name, type: 'A' }), sight.ask({ name, type: 'AAAA' })])
    return [name, targetOf({ a: a.answer, aaaa: aaaa.answer }, loopback)]
  })
  return new Map(await Promise.all(entries))
}

/** What is known of them already; those that are not in it are still to be learned. */
export function knownTargets(route: MailRoute, loopback: readonly Cidr[], sight: Sight): Targets {
  const entries = namesOf(route).flatMap((name): [string, ExchangeTarget][] => {
    const [a, aaaa] = [sight.peek({ name, type: 'A' }), sight.peek({ name, type: 'AAAA' })]
    return a === null || aaaa === null ? [] : [[name, targetOf({ a: a.answer, aaaa: aaaa.answer }, loopback)]]
  })
  return new Map(entries)
}

export function allKnown(route: MailRoute, targets: Targets): boolean {
  return namesOf(route).every((name) => targets.has(name))
}

function namesOf(route: MailRoute): string[] {
  if (route.kind !== 'mx') return []
  const named = route.exchanges.filter(({ target }) => target === 'not_looked_up')
  return named.slice(0, MAX_TARGETS).map(({ exchange }) => exchange)
}
