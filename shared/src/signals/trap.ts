// Addresses that look like bait for those who gather addresses: a suspicion, never more.
import type { Address } from '../address/parse.ts'
import { untagged } from './role.ts'
import type { Signal } from './signal.ts'

const SOURCE = 'trap words 2026-11'

/** Words by which people name their bait. Most traps bear ordinary names, so that `false` says little. */
const BAIT =
  /(?:^|[._-])(?:spam-?(?:traps?|bait|catcher|collector|feed)|honey-?(?:pots?|traps?)|(?:trap|bait)-?spam|harvester-?trap)(?:[0-9]*)(?:$|[._-])/i

/** One of these is in each of them: most names have none, which is soon seen. */
const HINT = /spam|honey|trap/i

/** By the local part alone: companies, pubs and charities are called Honeypot too. */
export function suspectedTrap(address: Pick<Address, 'localPart' | 'subaddress'>): Signal {
  const name = untagged(address)
  return { signal: 'suspected_trap', value: HINT.test(name) && BAIT.test(name), source: SOURCE }
}

/** Who takes mail for domains that others lend as bait. */
const TRAPPERS = /(?:^|\.)projecthoneypot\.org$/

/** What a host that takes mail for trap domains tells of them; else null. */
export function trapExchange(exchange: string): Signal | null {
  return TRAPPERS.test(exchange) ? { signal: 'suspected_trap', value: true, source: `${SOURCE}, by exchange` } : null
}
