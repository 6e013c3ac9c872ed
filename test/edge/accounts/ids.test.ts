// Ids: what each tells without a look-up, and that a text which tells nothing is refused, never a fault.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accountId,
  base32,
  dayOf,
  derivedId,
  instantOf,
  keyIdOf,
  OPERATORS,
  readAccountId,
  tailOf,
  unbase32,
} from '../../../edge/src/accounts/ids.ts'
import { partitionOf, recordsName } from '../../../edge/src/accounts/places.ts'

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const partition = fc.stringMatching(/^[a-z][a-z0-9]{0,11}$/)
/** From the epoch to the year 2100. */
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 })
const DAY = 86_400_000
const BASE32 = Array.from('abcdefghijklmnopqrstuvwxyz234567')

describe('base32', () => {
  it('gives back the octets that it was given, in lower case and without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (given) => {
        const text = base32(given)
        expect(text).toMatch(/^[a-z2-7]*$/)
        expect([...unbase32(text)!]).toEqual([...given])
      }),
    )
  })

  it.each(['a', 'ab', 'abc1', 'a=======', 'a b', 'äö', '0'])('refuses %o, which no octets are written as', (text) => {
    expect(unbase32(text)).toBeNull()
  })
})

describe('the id of an account', () => {
  it('tells its partition and its octets', () => {
    fc.assert(
      fc.property(partition, octets(16), (name, own) => {
        const id = accountId(name, own)
        const read = readAccountId(id)!
        expect([read.partition, [...read.octets]]).toEqual([name, [...own]])
        expect(partitionOf(id)).toBe(name)
      }),
    )
  })

  it('has one spelling: whatever is read is written the same again', () => {
    const name = fc.string({
      unit: fc.constantFrom(...BASE32),
      minLength: 26,
      maxLength: 26,
    })
    fc.assert(
      fc.property(partition, name, (part, text) => {
        const read = readAccountId(`acc_${part}_${text}`)
        // The last of 26 letters has two bits that mean nothing: three of four spellings are refused.
        if (read !== null) expect(accountId(read.partition, read.octets)).toBe(`acc_${part}_${text}`)
        expect(read === null).toBe(!'aeimquy4'.includes(text.at(-1)!))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['', 'nothing'],
    ['acc_default_', 'no name'],
    ['acc__aaaaaaaaaaaaaaaaaaaaaaaaaa', 'no partition'],
    ['acc_Default_aaaaaaaaaaaaaaaaaaaaaaaaaa', 'a capital'],
    ['acc_1eu_aaaaaaaaaaaaaaaaaaaaaaaaaa', 'a partition that begins with a digit'],
    ['acc_averyverylong_aaaaaaaaaaaaaaaaaaaaaaaaaa', 'a partition of more than twelve characters'],
    ['acc_default_aaaaaaaaaaaaaaaaaaaaaaaaa', 'a character too few'],
    ['acc_default_aaaaaaaaaaaaaaaaaaaaaaaaaaa', 'a character too many'],
    ['acc_default_aaaaaaaaaaaaaaaaaaaaaaaaaa\n', 'a line feed'],
    ['key_aaaaaaaaaaaaaaaaaaaaaaaaaa', 'the name of a key'],
  ])('is not %o: %s', (text) => {
    expect(readAccountId(text)).toBeNull()
    expect(partitionOf(text)).toBe('default')
  })

  it('of operators is one that can be read, in the default partition', () => {
    expect(readAccountId(OPERATORS)).toMatchObject({ partition: 'default' })
  })
})

describe('the id of a key', () => {
  it('is made of the first half of its hash, and tells nothing of the other', () => {
    fc.assert(
      fc.property(octets(32), octets(16), (digest, other) => {
        const changed = Uint8Array.from([...digest.slice(0, 16), ...other])
        expect(keyIdOf(changed)).toBe(keyIdOf(digest))
        expect(keyIdOf(digest)).toBe(`key_${base32(digest.slice(0, 16))}`)
      }),
    )
  })
})

describe('an id that follows from a request', () => {
  it('is the same all day, and has the same tail for ever', () => {
    fc.assert(
      fc.property(octets(10), instant, instant, (request, one, other) => {
        const [first, second] = [derivedId('ver', request, one), derivedId('ver', request, other)]
        expect(first === second).toBe(dayOf(one) === dayOf(other))
        expect(tailOf(first)).toBe(tailOf(second))
      }),
    )
  })

  it('tells the first instant of its day, and has the form of all ids', () => {
    fc.assert(
      fc.property(octets(10), instant, (request, now) => {
        const id = derivedId('ver', request, now)
        expect(id).toMatch(/^ver_[0-9A-HJKMNP-TV-Z]{26}$/)
        expect(instantOf('ver', id)).toBe(now - (now % DAY))
        expect(dayOf(instantOf('ver', id)!)).toBe(dayOf(now))
      }),
    )
  })

  it('is another one for another request: all 80 bits count', () => {
    fc.assert(
      fc.property(octets(10), fc.nat(79), (request, bit) => {
        const other = request.with(bit >> 3, request[bit >> 3]! ^ (1 << (bit & 7)))
        expect(tailOf(derivedId('ver', other, 0))).not.toBe(tailOf(derivedId('ver', request, 0)))
      }),
    )
  })
})

describe('the instant in an id', () => {
  it.each([
    ['ver_01ARYZ6S41TSV4RRFFQ69G5FAV', 1_469_918_176_385],
    ['ver_00000000000000000000000000', 0],
  ])('of %s is %d ms', (id, at) => {
    expect(instantOf('ver', id)).toBe(at)
  })

  it.each([
    ['', 'nothing'],
    ['ver_', 'no id'],
    ['01ARYZ6S41TSV4RRFFQ69G5FAV', 'without its prefix'],
    ['key_01ARYZ6S41TSV4RRFFQ69G5FAV', 'of another kind'],
    ['ver_01ARYZ6S41TSV4RRFFQ69G5FA', 'a character too few'],
    ['ver_01ARYZ6S41TSV4RRFFQ69G5FAVA', 'a character too many'],
    ['ver_01aryz6s41tsv4rrffq69g5fav', 'in small letters'],
    ['ver_01ARYZ6S41TSV4RRFFQ69G5FAU', 'with a letter that Crockford leaves out'],
    ['ver_../../../../../../../../../', 'a path'],
  ])('is not told by %o: %s', (id) => {
    expect(instantOf('ver', id)).toBeNull()
  })
})

describe('an id of the form of a ULID', () => {
  it('tells an instant whose day can be named, or nothing: its first digit may say more than its time can hold', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/), (text) => {
        const at = instantOf('ver', `ver_${text}`)
        expect(at === null).toBe(text.charAt(0) > '7')
        if (at !== null) expect(dayOf(at)).toMatch(/^\+?\d{4,6}-\d\d/)
      }),
      { numRuns: 500 },
    )
  })
})

describe('days', () => {
  it.each([
    ['2026-11-21T00:00:00.000Z', '2026-11-21'],
    ['2026-11-21T23:59:59.999Z', '2026-11-21'],
    ['2026-11-22T00:30:00.000+01:00', '2026-11-21'],
  ])('are those of UTC: %s is on %s', (at, day) => {
    expect(dayOf(Date.parse(at))).toBe(day)
  })

  it('of live and of test keys, of two accounts and of two days have names of their own', () => {
    const names = [
      recordsName('acc_a', 'live', '2026-11-21'),
      recordsName('acc_a', 'test', '2026-11-21'),
      recordsName('acc_b', 'live', '2026-11-21'),
      recordsName('acc_a', 'live', '2026-11-22'),
    ]
    expect(new Set(names).size).toBe(4)
  })
})
