// Addresses that pass mail on: aliases that keep a person's address private, and addresses for life.
import { type DomainList, domainList, liesWithin } from './domain-list.ts'
import forwardingTable from './forwarding.json' with { type: 'json' }
import relayTable from './relay.json' with { type: 'json' }
import type { Signal } from './signal.ts'

const relays: DomainList = domainList(relayTable)
const forwarders: DomainList = domainList(forwardingTable)

/** An alias made for one correspondent. `domain` in A-form; parents count, as people get names of their own below them. */
export function relay(domain: string): Signal {
  return { signal: 'relay', value: liesWithin(relays, domain), source: relays.source }
}

/**
 * A lasting address whose mailbox is elsewhere. `domain` in A-form, and exactly that: what lies below a university or a
 * project are ordinary mail hosts.
 */
export function forwarding(domain: string): Signal {
  return { signal: 'forwarding', value: forwarders.names.has(domain), source: forwarders.source }
}
