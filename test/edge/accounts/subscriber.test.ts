// Who asks, for limits: an IPv4 address, or the /64 that an IPv6 subscriber has, however it is spelled.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { subscriber } from '../../../edge/src/http/near-limits.ts'

describe('a subscriber', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:0000:0000:0000:0006', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::ABCD', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8:0:0::6', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4', '2001:db8:0:0::/64'],
    ['2001::2:3:4:5:6:7', '2001:0:2:3::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['1::', '1:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('with the address %s is %s', (address, expected) => {
    expect(subscriber(address)).toBe(expected)
  })

  const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })

  /** The same address, with the run of zeros from `from` on left out where there is one. */
  function shortened(numbers: readonly number[], from: number): string {
    const zeros = numbers.slice(from).findIndex((number) => number !== 0)
    const run = zeros < 0 ? 8 - from : zeros
    const written = numbers.map((number) => number.toString(16))
    return run === 0 ? written.join(':') : `${written.slice(0, from).join(':')}::${written.slice(from + run).join(':')}`
  }

  it('is the same for every spelling of its address, and for every host behind it', () => {
    fc.assert(
      fc.property(groups, groups, fc.nat(7), (numbers, host, from) => {
        const whole = numbers.map((number) => number.toString(16).padStart(4, '0')).join(':')
        const expected = subscriber(whole)
        expect(subscriber(whole.toUpperCase())).toBe(expected)
        expect(subscriber(shortened(numbers, from))).toBe(expected)
        expect(subscriber(shortened([...numbers.slice(0, 4), ...host.slice(4)], from))).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('is another one where any of the first four groups differs', () => {
    fc.assert(
      fc.property(groups, fc.nat(3), fc.integer({ min: 1, max: 0xffff }), (numbers, at, bits) => {
        const other = numbers.with(at, numbers[at]! ^ bits)
        expect(subscriber(shortened(other, 4))).not.toBe(subscriber(shortened(numbers, 4)))
      }),
    )
  })
})
