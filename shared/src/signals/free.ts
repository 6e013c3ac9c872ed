// Providers with whom any person can have a mailbox: the address says nothing about an employer.
import { domainList } from './domain-list.ts'
import table from './free.json' with { type: 'json' }
import type { Signal } from './signal.ts'

const list = domainList(table)

/** `domain` in A-form, and exactly that: below a provider's domain stand its own machines and staff. */
export function free(domain: string): Signal {
  return { signal: 'free', value: list.names.has(domain), source: list.source }
}
