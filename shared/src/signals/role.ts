// Mailboxes of a function instead of a person: the core of RFC 2142 apart from what is common besides.
import type { Address } from '../address/parse.ts'
import { longList } from './long-list.ts'
import table from './role.json' with { type: 'json' }
import furtherFile from './role-further.json' with { type: 'json' }
import type { Signal } from './signal.ts'

const source = `${table.name} ${table.date}`
/** The core is a standard's own list, whatever month ours is of. */
const coreSource = `${table.name}-rfc2142 ${table.date}`

const core = new Set(table.core)
/** `no-reply` is written `noreply` too. */
const common = new Set(table.common.flatMap((name) => [name, name.replaceAll('-', '')]))
const further = longList(furtherFile)
const searched = `${source}, ${further.source}`

/** RFC 2142 §2 takes names without regard to case. A tag does not change whose mailbox it is (RFC 5233 §1). */
export function role(address: Pick<Address, 'localPart' | 'subaddress'>): Signal {
  const name = untagged(address).toLowerCase()
  // RFC 2142 §6: `<list>-request` reaches whoever runs a mailing list.
  if (core.has(name) || (name.endsWith('-request') && name !== '-request'))
    return { signal: 'role', value: true, source: coreSource }
  const spelled = hyphenated(name)
  if (common.has(spelled)) return { signal: 'role', value: true, source }
  const value = further.has(spelled)
  return { signal: 'role', value, source: value ? further.source : searched }
}

/** The local part without its tag: whose mailbox it is. */
export function untagged({ localPart, subaddress }: Pick<Address, 'localPart' | 'subaddress'>): string {
  return subaddress === null ? localPart : localPart.slice(0, localPart.indexOf('+'))
}

/** `customer.service` is `customer-service`; but nothing is joined, since `s.ales` is a person of that name. */
const hyphenated = (name: string): string => name.replace(/[._]/g, '-')
