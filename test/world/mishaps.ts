// What can befall a lane in the world: a block list, a lost PTR record, a sender that is refused; for tests of audits.
import { BLOCK_LIST, entry, entryName } from './dns/block-list.ts'
import { parseRecord } from './dns/zone-text.ts'
import type { Zones } from './dns/zones.ts'
import { hostName } from './hosts.ts'
import type { MailboxState } from './mailbox.ts'
import type { Host } from './smtp/host.ts'
import { reverseName } from './zone-of-row.ts'

export interface Mishaps {
  /** Puts an IPv4 address on the block list `dnsbl.test`, or takes it off. */
  list(address: string): void
  unlist(address: string): void
  /** Takes an address's PTR record away. */
  loseName(address: string): void
  /** Makes the mail host of all sender domains think so of one mailbox, postmaster excepted. */
  setSender(mailbox: string, state: MailboxState): void
  /** Sends a sender domain's mail to a host that accepts connections and never says a word. */
  neverAtHome(domain: string): void
  /** Zone text with absolute names, such as `1.9.24.127.in-addr.arpa. PTR other.test.`; what had the same name and type goes. */
  putRecord(...lines: readonly string[]): void
}

const SILENT_DOMAIN = 'dead.test'

/** `senders` is the mail host of all sender domains. */
export function mishapsOf(zones: Zones, senders: Host): Mishaps {
  return {
    list: (address) => zones.put(entry(address, BLOCK_LIST)),
    unlist: (address) => {
      for (const type of ['A', 'TXT']) zones.drop(entryName(address, BLOCK_LIST), type)
    },
    loseName: (address) => zones.drop(reverseName(address), 'PTR'),
    setSender: (mailbox, state) => {
      const at = mailbox.lastIndexOf('@')
      senders.serves.get(mailbox.slice(at + 1))?.set(mailbox.slice(0, at), state)
    },
    neverAtHome: (domain) => zones.put([parseRecord(`${domain}. MX 10 ${hostName(SILENT_DOMAIN, 0)}.`, '')]),
    putRecord: (...lines) => zones.put(lines.map((line) => parseRecord(line, ''))),
  }
}
