// Providers with whom any person can have a mailbox: the address says nothing about an employer.
import { domainList } from './domain-list.ts'
import table from './free.json' with { type: 'json' }
import vanityTable from './free-vanity.json' with { type: 'json' }
import furtherFile from './free-further.json' with { type: 'json' }
import { isLasting } from './lasting.ts'
import { longList } from './long-list.ts'
import { isForwarding, isRelay } from './relay.ts'
import type { Signal } from './signal.ts'

const list = domainList(table)
/** Names that a provider hands out besides its own, words of everyday language most of them. */
const vanity = domainList(vanityTable)
const further = longList(furtherFile)
const searched = `${list.source}, ${further.source}`

/** `domain` in A-form, and exactly that: below a provider's domain stand its own machines and staff. */
export function free(domain: string): Signal {
  const own = [list, vanity].find(({ names }) => names.has(domain))
  if (own !== undefined) return { signal: 'free', value: true, source: own.source }
  // What is only sold, and what passes mail on, is on the long list too.
  const value = !(isLasting(domain) || isRelay(domain) || isForwarding(domain)) && further.has(domain)
  return { signal: 'free', value, source: value ? further.source : searched }
}

/** By our own list alone. */
export function isFree(domain: string): boolean {
  return list.names.has(domain) || vanity.names.has(domain)
}
