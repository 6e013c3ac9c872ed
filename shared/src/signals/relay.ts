// Addresses that pass mail on: aliases that keep a person's address private, and addresses for life.
import type { Address } from '../address/parse.ts'
import { type DomainList, domainList, liesWithin } from './domain-list.ts'
import forwardingTable from './forwarding.json' with { type: 'json' }
import relayTable from './relay.json' with { type: 'json' }
import type { Signal } from './signal.ts'

const relays: DomainList = domainList(relayTable)
const forwarders: DomainList = domainList(forwardingTable)

/** An alias made for one correspondent. `domain` in A-form; parents count, as people get names of their own below them. */
export function relay(domain: string): Signal {
  return { signal: 'relay', value: isRelay(domain), source: relays.source }
}

/** Two words, then a digit and a letter, behind different marks: what iCloud+ makes up for those who hide their address. */
const HIDE_MY_EMAIL = /^[a-z]{3,12}([._-])[a-z]{3,12}(?!\1)[._-](?:[0-9][a-z]|[a-z][0-9])$/

/** An alias that is told by its look alone, at a domain where most addresses are mailboxes; else null. */
export function relayByName({ localPart, domain }: Pick<Address, 'localPart' | 'domain'>): Signal | null {
  const found = domain.kind === 'name' && domain.ascii === 'icloud.com' && HIDE_MY_EMAIL.test(localPart)
  return found ? { signal: 'relay', value: true, source: `Hide My Email, by its look (${relays.source})` } : null
}

export function isRelay(domain: string): boolean {
  return liesWithin(relays, domain)
}

/**
 * A lasting address whose mailbox is elsewhere. `domain` in A-form, and exactly that: what lies below a university or a
 * project are ordinary mail hosts.
 */
export function forwarding(domain: string): Signal {
  return { signal: 'forwarding', value: isForwarding(domain), source: forwarders.source }
}

export function isForwarding(domain: string): boolean {
  return forwarders.names.has(domain)
}
