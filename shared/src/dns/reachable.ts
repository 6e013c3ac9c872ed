// The guard against being sent where nobody outside may go: which addresses are globally reachable, by the IANA registries.
import { type Cidr, holds, parseAddress, parseCidr } from './ip.ts'

// IANA IPv4 Special-Purpose Address Registry (RFC 6890), not globally reachable, plus multicast and class E.
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

// Of IPv6 only 2000::/3 is allocated as global unicast (RFC 4291 §2.4); within it these are of special purpose (RFC 6890).
const GLOBAL_V6 = '2000::/3'
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']

const LOOPBACK = ['127.0.0.0/8', '::1/128']

function blocks(texts: readonly string[]): Cidr[] {
  return texts.map(parseCidr).filter((block) => block !== null)
}

const SPECIAL = blocks([...SPECIAL_V4, ...SPECIAL_V6])
const GLOBAL = blocks([GLOBAL_V6])
const LOOPBACK_BLOCKS = blocks(LOOPBACK)

/**
 * True for an address that anybody on the Internet could be sent to. IPv4-mapped, NAT64, 6to4 and Teredo addresses are not
 * (they lie outside 2000::/3 or in a special block), so that an embedded address needs no look.
 * `loopback` opens loopback blocks only, for runs on a desk; whatever else it holds opens nothing.
 */
export function globallyReachable(text: string, loopback: readonly Cidr[]): boolean {
  const address = parseAddress(text)
  if (address === null) return false
  if (LOOPBACK_BLOCKS.some((block) => holds(block, address))) return loopback.some((block) => holds(block, address))
  if (SPECIAL.some((block) => holds(block, address))) return false
  return address.width === 32 || GLOBAL.some((block) => holds(block, address))
}
