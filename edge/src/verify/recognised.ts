// What lists and looks say of an address, as facts: of its own text first, and of the hosts that take its mail.
import type { Address } from '@postern/shared/address/parse.ts'
import { specialUse } from '@postern/shared/address/special-use.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import type { Signal } from '@postern/shared/signals/signal.ts'
import { exchangeSignals, signals } from '@postern/shared/signals/signals.ts'
import { type Suggestion, TYPO_SOURCE } from '@postern/shared/typo/suggest.ts'
import { type Fact, factOf } from '@postern/shared/verdict/evidence.ts'
import type { TakesMail } from '../dns/also.ts'

interface Circumstances {
  readonly now: () => number
  readonly allowSpecialUse: readonly string[]
}

export function recognised(address: Address, { now, allowSpecialUse }: Circumstances): Fact[] {
  const observedAt = now()
  const listed = signals(address).map((signal): Fact => ({ kind: 'signal', ...signal, observedAt }))
  const name = address.domain.kind === 'name' ? specialUse(address.domain.ascii, allowSpecialUse) : null
  return name === null ? listed : [...listed, { kind: 'special_use', name, observedAt, source: 'edge' }]
}

/** What the hosts that take the mail tell of the domain. */
export function revealed(domain: string, routed: readonly Fact[], observedAt: number): Fact[] {
  const fact = factOf(routed, 'route')
  const exchanges = fact === undefined || !('exchanges' in fact.route) ? [] : fact.route.exchanges
  const names = exchanges.map(({ exchange }) => exchange)
  const flags = names.slice(0, 1).flatMap((exchange) => passedOn(exchange, domain))
  return [...exchangeSignals(names), ...flags].map((signal): Fact => ({ kind: 'signal', ...signal, observedAt }))
}

/** Operators of relays and forwarders take mail for domains of their customers too. */
function passedOn(exchange: string, domain: string): Signal[] {
  const { flag, id, seen } = providerOf(exchange, domain)
  return flag === null ? [] : [{ signal: flag, value: true, source: `${id} ${seen}, by exchange` }]
}

/** What was probably meant, with what the DNS said of its domain. */
export function suggested(meant: Suggestion | null, takes: TakesMail | null, observedAt: number): Fact[] {
  if (meant === null) return []
  const { email, probability, rule } = meant
  const target = meant.knownTarget ? 'known' : (takes ?? 'unlearned')
  return [{ kind: 'suggestion', email, probability, rule, target, observedAt, source: TYPO_SOURCE }]
}

/** Providers' domains are as old as everybody knows; their customers come and go. */
export function hasAgeOfItsOwn(listed: readonly Fact[]): boolean {
  return !listed.some((fact) => fact.kind === 'signal' && fact.value && PROVIDERS.includes(fact.signal))
}

const PROVIDERS: readonly Signal['signal'][] = ['free', 'relay', 'forwarding']
