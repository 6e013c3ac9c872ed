// The guard against being sent where nobody outside may go: which addresses are globally reachable, by the IANA registries.

/** A block of addresses; `bits` are the address's own, 32 or 128 of them, and only the first `length` count. */
export interface Cidr {
  readonly bits: bigint
  readonly width: 32 | 128
  readonly length: number
}

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

const OCTET = /^(0|[1-9]\d{0,2})$/

/** Dotted decimal of four parts without leading zeros; the octal, hexadecimal and short forms of old libraries are refused. */
function parseV4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part) && Number(part) <= 255)) return null
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

const GROUP = /^[0-9a-f]{1,4}$/i

/** RFC 4291 §2.2, dotted tail included; zone ids are refused, since they name an interface of ours. */
function parseV6(text: string): bigint | null {
  const dotted = withDottedTail(text)
  if (dotted === null) return null
  const halves = dotted.split('::')
  if (halves.length > 2) return null
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const [head = [], tail = []] = groups
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!all.every((group) => GROUP.test(group))) return null
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

function withDottedTail(text: string): string | null {
  if (!text.includes('.')) return text
  const cut = text.lastIndexOf(':') + 1
  const tail = parseV4(text.slice(cut))
  if (tail === null || cut === 0) return null
  return `${text.slice(0, cut)}${(tail >> 16n).toString(16)}:${(tail & 0xff_ffn).toString(16)}`
}

function parseAddress(text: string): { bits: bigint; width: 32 | 128 } | null {
  const v4 = parseV4(text)
  if (v4 !== null) return { bits: v4, width: 32 }
  const v6 = text.includes(':') ? parseV6(text) : null
  return v6 === null ? null : { bits: v6, width: 128 }
}

/** `address/length`, or null where the text is no block. */
export function parseCidr(text: string): Cidr | null {
  const [address = '', suffix = ''] = text.split('/')
  const parsed = parseAddress(address)
  const length = Number(suffix)
  if (parsed === null || !/^\d{1,3}$/.test(suffix) || length > parsed.width || text.split('/').length !== 2) return null
  return { ...parsed, length }
}

function holds(block: Cidr, address: { bits: bigint; width: 32 | 128 }): boolean {
  const shift = BigInt(block.width - block.length)
  return block.width === address.width && block.bits >> shift === address.bits >> shift
}

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
