// THE STORY of what an address reveals before anybody is asked: its domain on lists, then its local part.
import type { Address } from '../address/parse.ts'
import { disposable } from './disposable.ts'
import { free } from './free.ts'
import { gibberish } from './gibberish.ts'
import { forwarding, relay } from './relay.ts'
import { role } from './role.ts'
import type { Signal } from './signal.ts'
import { subaddress } from './subaddress.ts'

/**
 * One answer per check that was made, true or false. A check that is missing was not made: lists of domains say nothing
 * about an IP literal.
 */
export function signals(address: Address): Signal[] {
  return [...ofDomain(address), role(address), subaddress(address), gibberish(address)]
}

function ofDomain({ domain }: Address): Signal[] {
  if (domain.kind !== 'name') return []
  return [disposable, relay, forwarding, free].map((check) => check(domain.ascii))
}
