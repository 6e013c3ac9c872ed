// THE STORY of what an address reveals before anybody is asked: its domain on lists, then its local part.
import type { Address } from '../address/parse.ts'
import { disposable, disposableExchange } from './disposable.ts'
import { free } from './free.ts'
import { gibberish } from './gibberish.ts'
import { localPartUnlikely } from './local-part-unlikely.ts'
import { forwarding, relay, relayByName } from './relay.ts'
import { role } from './role.ts'
import type { Signal } from './signal.ts'
import { subaddress } from './subaddress.ts'
import { suspectedTrap, trapExchange } from './trap.ts'

/**
 * One answer per check that was made, true or false. A check that is missing was not made: lists of domains say nothing
 * about an IP literal.
 */
export function signals(address: Address): Signal[] {
  const unlikely = localPartUnlikely(address)
  const looks = [role(address), subaddress(address), gibberish(address), suspectedTrap(address)]
  return ofDomain(address).concat(looks, unlikely ?? [])
}

function ofDomain(address: Address): Signal[] {
  const { domain } = address
  if (domain.kind !== 'name') return []
  const name = domain.ascii
  return [disposable(name), relayByName(address) ?? relay(name), forwarding(name), free(name)]
}

/** What the hosts that take a domain's mail reveal (names in A-form, best first): only what is true, once. */
export function exchangeSignals(exchanges: readonly string[]): Signal[] {
  return [disposableExchange, trapExchange].flatMap((check) => {
    const found = exchanges.map(check).find((signal) => signal !== null)
    return found === undefined ? [] : [found]
  })
}
