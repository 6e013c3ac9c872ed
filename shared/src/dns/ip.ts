// Addresses and blocks of them, of both families, as numbers.

/** A block of addresses; `bits` are the address's own, 32 or 128 of them, and only the first `length` count. */
export interface Cidr extends Address {
  readonly length: number
}

/** `bits` as a number of `width` binary digits. */
export interface Address {
  readonly bits: bigint
  readonly width: 32 | 128
}

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

/** Null for what is no address in its one usual spelling. */
export function parseAddress(text: string): Address | null {
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

export function holds(block: Cidr, address: Address): boolean {
  const shift = BigInt(block.width - block.length)
  return block.width === address.width && block.bits >> shift === address.bits >> shift
}

/** Decimal octets of an IPv4 address, hexadecimal nibbles of an IPv6 one; the most significant first. */
export function labelsOf({ bits, width }: Address): string[] {
  if (width === 128) return bits.toString(16).padStart(32, '0').split('')
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn))
}

/** Where the PTR records of an address are (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(address: Address): string {
  return nameBelow(address.width === 32 ? 'in-addr.arpa' : 'ip6.arpa', address)
}

/** Where a zone has an address: a block list as the tree of reverse names (RFC 5782 §2.1, §2.4). */
export function nameBelow(zone: string, address: Address): string {
  return `${labelsOf(address).toReversed().join('.')}.${zone}`
}

/** What mostly fails together, as a name: a /24, or a /48 of IPv6; the text itself where it is no address. */
export function networkOf(text: string): string {
  const address = parseAddress(text)
  if (address === null) return text
  return address.width === 32 ? `4 ${address.bits >> 8n}` : `6 ${address.bits >> 80n}`
}
