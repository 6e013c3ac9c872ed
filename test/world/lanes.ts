// What a lane must have in the DNS and behind it to be taken seriously: names that agree, and a sender that takes mail.
import { SENDER_DOMAIN } from './domains.ts'
import { parseRecord, type ResourceRecord } from './dns/zone-text.ts'
import type { Zones } from './dns/zones.ts'
import { hostName } from './hosts.ts'
import type { Host } from './smtp/host.ts'
import { pointer, reverseZone } from './zone-of-row.ts'

export interface LaneIdentity {
  /** Host name that the lane says in EHLO. */
  readonly ehlo: string
  /** Loopback address that it connects from. */
  readonly address: string
  /** Mailbox that it says in MAIL FROM. */
  readonly sender: string
}

export interface Lanes {
  add(lane: LaneIdentity): void
}

/** `senders` is the mail host of all sender domains. Lanes that share a sender domain share its SPF record. */
export function lanesOf(zones: Zones, senders: Host): Lanes {
  const lanes = new Map<string, LaneIdentity>()
  return {
    add(lane) {
      lanes.set(lane.ehlo, lane)
      const [local, domain] = splitSender(lane.sender)
      const sharing = [...lanes.values()].filter(({ sender }) => splitSender(sender)[1] === domain)
      zones.addZone(reverseZone(lane.address))
      zones.addZone(domain)
      zones.put([...recordsOfDomain(domain, sharing), ...recordsOfName(lane), pointer(lane.address, lane.ehlo)])
      const mailboxes = senders.serves.get(domain) ?? new Map([['abuse', 'known' as const]])
      senders.serves.set(domain, mailboxes.set(local, 'known'))
    },
  }
}

function splitSender(sender: string): readonly [string, string] {
  const at = sender.lastIndexOf('@')
  return [sender.slice(0, at), sender.slice(at + 1).toLowerCase()]
}

function recordsOfDomain(domain: string, lanes: readonly LaneIdentity[]): ResourceRecord[] {
  return [
    parseRecord(`@ MX 10 ${hostName(SENDER_DOMAIN, 0)}.`, domain),
    parseRecord(`@ TXT v=spf1 ${lanes.map(({ address }) => `ip4:${address}`).join(' ')} -all`, domain),
    ...lanes.map(({ address }) => parseRecord(`@ A ${address}`, domain)),
  ]
}

/** The EHLO name where it is not the sender domain as well; SPF is checked for either (RFC 7208 §2.3). */
function recordsOfName({ ehlo, address, sender }: LaneIdentity): ResourceRecord[] {
  if (splitSender(sender)[1] === ehlo) return []
  return [parseRecord(`@ A ${address}`, ehlo), parseRecord(`@ TXT v=spf1 ip4:${address} -all`, ehlo)]
}
