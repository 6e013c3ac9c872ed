// Addresses that look like bait for those who gather addresses: a suspicion, never more.
import type { Address } from '../address/parse.ts'
import { untagged } from './role.ts'
import type { Signal } from './signal.ts'

const SOURCE = 'trap words 2026-11'

/**
 * Words by which people name their bait, as parts of a local part or labels of a domain. Most traps bear ordinary names, so
 * that `false` says little.
 */
const BAIT =
  /(?:^|[._-])(?:spam-?(?:traps?|bait|catcher|collector|feed)|honey-?(?:pots?|traps?)|(?:trap|bait)-?spam|harvester-?trap)(?:[0-9]*)(?:$|[._-])/i

/** One of these is in each of them, and in the names below: most addresses have none, which is soon seen. */
const HINT = /spam|honey|trap/i

/** Who publishes addresses to be harvested, and takes mail for domains that others lend to them. */
const TRAPPERS = /(?:^|\.)(?:projecthoneypot\.org|spamtrap\.[a-z]+|honeypot\.[a-z]+)$/

export function suspectedTrap(address: Pick<Address, 'localPart' | 'subaddress' | 'domain'>): Signal {
  const { domain } = address
  const byDomain = domain.kind === 'name' && HINT.test(domain.ascii) && isOfTrappers(domain.ascii)
  const name = untagged(address)
  return { signal: 'suspected_trap', value: byDomain || (HINT.test(name) && BAIT.test(name)), source: SOURCE }
}

const isOfTrappers = (domain: string): boolean => BAIT.test(domain) || TRAPPERS.test(domain)

/** True for a host that takes mail for trap domains. */
export function trapExchange(exchange: string): Signal | null {
  return TRAPPERS.test(exchange) ? { signal: 'suspected_trap', value: true, source: `${SOURCE}, by exchange` } : null
}
