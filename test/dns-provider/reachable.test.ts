// Where a prober may be sent, and every way around it that must not be one.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'

/** IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), multicast, and blocks retired since. */
const v4Blocks = [
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
  '255.255.255.255/32',
]
const v6Blocks = [
  '::/128',
  '::1/128',
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  '2001::/23',
  '2001::/32',
  '2001:2::/48',
  '2001:20::/28',
  '2001:30::/28',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

const printV4 = (bits: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.')
const printV6 = (bits: bigint): string =>
  Array.from({ length: 8 }, (_, at) => ((bits >> BigInt(112 - 16 * at)) & 0xffffn).toString(16)).join(':')

interface Block {
  readonly text: string
  readonly width: 32 | 128
  readonly first: bigint
  readonly last: bigint
}

function block(text: string): Block {
  const cidr = parseCidr(text)
  if (cidr === null) throw new Error(`not a block: ${text}`)
  const size = 1n << BigInt(cidr.width - cidr.length)
  const first = (cidr.bits / size) * size
  return { text, width: cidr.width, first, last: first + size - 1n }
}

const blocks = [...v4Blocks, ...v6Blocks].map(block)
const print = ({ width }: Block, bits: bigint): string => (width === 32 ? printV4(bits) : printV6(bits))
const within = (one: Block, bits: bigint): boolean => bits >= one.first && bits <= one.last

describe('a special-purpose block', () => {
  test.each(blocks.map((one) => [one.text, one] as const))('%s is closed from edge to edge', (_, one) => {
    for (const bits of [one.first, one.last]) expect(globallyReachable(print(one, bits), [])).toBe(false)
    fc.assert(
      fc.property(fc.bigInt({ min: one.first, max: one.last }), (bits) => {
        expect(globallyReachable(print(one, bits), [])).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  /** Just outside the open space begins, unless another block does or nothing is allocated there (RFC 4291 §2.4). */
  const global6 = block('2000::/3')
  const outside = blocks.flatMap((one) =>
    [one.first - 1n, one.last + 1n]
      .filter((bits) => bits >= 0n && bits < 1n << BigInt(one.width))
      .filter((bits) => !blocks.some((other) => other.width === one.width && within(other, bits)))
      .map((bits) => [print(one, bits), one.width === 32 || within(global6, bits)] as const),
  )
  test.each(outside)('%s, just outside, is open: %s', (address, open) => {
    expect(globallyReachable(address, [])).toBe(open)
  })

  test('an address of neither kind is open', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }), (bits) => {
        const special = blocks.some((one) => one.width === 32 && within(one, bits))
        expect(globallyReachable(printV4(bits), [])).toBe(!special)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('an address', () => {
  test.each([
    '8.8.8.8',
    '192.0.1.0',
    '172.15.255.255',
    '172.32.0.0',
    '2606:4700::1111',
    '2A00:1450:4001:0:0:0:0:200E',
    '2a00:1450::8.8.8.8',
  ])('%s is open', (address) => {
    expect(globallyReachable(address, [])).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['a name', 'localhost'],
    ['octal', '0177.0.0.1'],
    ['a leading zero', '8.8.8.08'],
    ['hexadecimal', '0x8.8.8.8'],
    ['one number', '134744072'],
    ['three parts', '8.8.8'],
    ['five parts', '8.8.8.8.8'],
    ['256', '8.8.8.256'],
    ['a space', ' 8.8.8.8'],
    ['a line end', '8.8.8.8\n'],
    ['a port', '8.8.8.8:25'],
    ['brackets', '[2606:4700::1111]'],
    ['a zone', '2606:4700::1111%eth0'],
    ['two gaps', '2606::4700::1'],
    ['nine groups', '2606:0:0:0:0:0:0:0:1'],
    ['seven groups', '2606:0:0:0:0:0:1'],
    ['a gap of nothing', '2606:0:0:0:0:0::0:1'],
    ['five digits', '2606:47000::1'],
    ['a tail that is no address', '2606::8.8.8'],
    ['Arabic digits', '٨.8.8.8'],
    ['loopback as IPv4-mapped', '::ffff:127.0.0.1'],
    ['loopback as IPv4-mapped, in hexadecimal', '::FFFF:7f00:1'],
    ['a public address as IPv4-mapped', '::ffff:8.8.8.8'],
    ['a public address through NAT64', '64:ff9b::8.8.8.8'],
    ['a private address through 6to4', '2002:a00:1::'],
    ['IPv4-compatible', '::8.8.8.8'],
    ['the metadata service', '169.254.169.254'],
  ])('as %s is closed', (_, address) => {
    expect(globallyReachable(address, [])).toBe(false)
  })

  test('any text is answered', () => {
    const anyText = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fx:.%/]{0,60}$/))
    fc.assert(
      fc.property(anyText, (text) => {
        expect([true, false]).toContain(globallyReachable(text, []))
      }),
    )
  })
})

describe('the opt-in', () => {
  const cidrs = (...texts: string[]) => texts.map(parseCidr).filter((cidr) => cidr !== null)

  test('opens the loopback block it names and no more', () => {
    const opened = cidrs('127.25.0.0/16')
    expect(globallyReachable('127.25.3.4', opened)).toBe(true)
    expect(globallyReachable('127.0.0.1', opened)).toBe(false)
    expect(globallyReachable('127.26.0.0', opened)).toBe(false)
    expect(globallyReachable('::ffff:127.25.3.4', opened)).toBe(false)
    expect(globallyReachable('8.8.8.8', opened)).toBe(true)
    expect(globallyReachable('::1', cidrs('::1/128'))).toBe(true)
  })

  test('opens nothing but loopback, whatever it names', () => {
    const opened = cidrs('0.0.0.0/0', '::/0', ...v4Blocks, ...v6Blocks)
    for (const one of blocks.filter(({ text }) => text !== '127.0.0.0/8' && text !== '::1/128')) {
      const member = one.text === '::/96' ? '::2' : print(one, one.last)
      expect({ member, open: globallyReachable(member, opened) }).toEqual({ member, open: false })
    }
  })

  test.each([
    '',
    '127.0.0.1',
    '127.0.0.0/33',
    '127.0.0.0/-1',
    '127.0.0.0/8/8',
    '127.0.0.0/',
    '127.0.0.0/ 8',
    '127.1/8',
    '::1/129',
    'x/8',
    '127.0.0.0/1e1',
  ])('%j is no block', (text) => {
    expect(parseCidr(text)).toBeNull()
  })
})
