// Mailboxes that anybody may read, or that are gone within hours.
import table from './disposable.json' with { type: 'json' }
import { domainList, liesWithin } from './domain-list.ts'
import type { Signal } from './signal.ts'

const list = domainList(table)

/** `domain` in A-form. Parents count: such operators answer for every name below theirs. */
export function disposable(domain: string): Signal {
  return { signal: 'disposable', value: liesWithin(list, domain), source: list.source }
}
