// Mailboxes that their owners keep, whatever a list of disposable ones says: for the check that would turn them away.
import { domainList } from './domain-list.ts'
import table from './mailboxes.json' with { type: 'json' }

const list = domainList(table)

/** `domain` in A-form, and exactly that. */
export function isLasting(domain: string): boolean {
  return list.names.has(domain)
}
