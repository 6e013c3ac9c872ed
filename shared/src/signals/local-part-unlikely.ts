// Names that a large provider does not give out: a doubt, never a no, since rules were other ones once.
import type { Address } from '../address/parse.ts'
import table from './provider-names.json' with { type: 'json' }
import { untagged } from './role.ts'
import type { Signal } from './signal.ts'

interface Grammar {
  readonly least: number
  readonly most: number
  readonly pattern: RegExp
  /** Characters that the provider overlooks when it counts. */
  readonly ignored: string
  readonly source: string
}

const grammars = new Map<string, Grammar>(
  table.rows.flatMap(({ domains, pattern, ...row }) =>
    domains.map((domain): [string, Grammar] => [
      domain,
      { ...row, source: `${row.source} (${table.name} ${table.date})`, pattern: new RegExp(pattern) },
    ]),
  ),
)

/** Null where the provider's rules are not known, or the name is somebody's duty there (RFC 5321 §4.5.1). */
export function localPartUnlikely(address: Pick<Address, 'localPart' | 'subaddress' | 'domain'>): Signal | null {
  const grammar = address.domain.kind === 'name' ? grammars.get(address.domain.ascii) : undefined
  if (grammar === undefined) return null
  const name = untagged(address).toLowerCase()
  const value = !DUTIES.includes(name) && !fits(name, grammar)
  return { signal: 'local_part_unlikely', value, source: grammar.source }
}

/** RFC 5321 §4.5.1 and RFC 2142 §5: every domain has these, whatever it gives to people. */
const DUTIES = ['postmaster', 'abuse', 'noc', 'security']

function fits(name: string, { least, most, pattern, ignored }: Grammar): boolean {
  let counted = 0
  for (const character of name) if (!ignored.includes(character)) counted += 1
  return counted >= least && counted <= most && pattern.test(name)
}
