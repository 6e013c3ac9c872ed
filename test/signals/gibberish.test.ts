// Which local parts look as if nobody were called that, and that people's names do not, whatever their language.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from '@postern/shared/address/parse.ts'
import { gibberish } from '@postern/shared/signals/gibberish.ts'
import { isHeldOut, names } from '../../shared/lists/names.ts'

const domain = { kind: 'name', ascii: 'gmail.com', unicode: 'gmail.com' } as const
const isGibberish = (localPart: string, subaddress: string | null = null) =>
  gibberish({ localPart, subaddress, domain }).value

describe('a local part is gibberish', () => {
  test.each([
    ['xkqjzvwpt', 'as no language puts these letters together'],
    ['QWZXKJHG', 'in any case of letters'],
    ['b7k2m9x4q8w1', 'as letters and digits take turns'],
    ['4f1d8c2ab9e07d35', 'as it is hexadecimal'],
    ['1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed', 'as it is a UUID'],
    ['zxcvbnmk', 'as it is a row of keys'],
    ['jane.xqzvkwjph', 'although a name stands before it'],
  ])('%s, %s', (localPart) => {
    expect(isGibberish(localPart)).toBe(true)
  })

  test.each([
    ['jane', 'a name'],
    ['jrtk', 'initials'],
    ['xqzvk', 'too short to tell'],
    ['jane.roe', 'two names'],
    ['jrroe1984', 'initials, a name and a year'],
    ['grzegorz.brzeczyszczykiewicz', 'a Polish name'],
    ['szentgyorgyi', 'a Hungarian name'],
    ['nguyenthithuhuong', 'a Vietnamese name'],
    ['zhangxiaoqiang88', 'a Chinese name with a number of luck'],
    ['venkatasubramanian', 'an Indian name'],
    ['hadzhibeganovic', 'a Bosnian name'],
    ['mbwana.nkrumah', 'African names'],
    ['hrvojekrpan', 'Croatian names'],
    ['13800138000', 'a telephone number'],
    ['customer-service', 'a duty'],
    ['l33th4x0r', 'a pun'],
    ['дмитрийщщщщ', 'in another script, which is not judged'],
    ['jürgenßßßß', 'beyond ASCII, which is not judged'],
  ])('%s is not: %s', (localPart) => {
    expect(isGibberish(localPart)).toBe(false)
  })

  test('whatever its tag, which is not judged', () => {
    const parsed = parse('jane+xkqjzvwpt@company.example')
    expect(parsed.ok && gibberish(parsed.address)).toEqual({
      signal: 'gibberish',
      value: false,
      source: 'gibberish 2026-11',
    })
  })

  test('or not, but always an answer, and soon', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof isGibberish(text) === 'boolean'))
    const before = performance.now()
    isGibberish('x1'.repeat(500_000))
    expect(performance.now() - before).toBeLessThan(500)
  })
})

/** A linear congruential generator: the same texts in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

const known = names()
const first = known.first.filter(isHeldOut)
const last = known.last.filter(isHeldOut)
const roll = dice(2026)
const one = (list: readonly string[]) => list[roll(list.length)]!
const many = (make: () => string) => Array.from({ length: 5000 }, make)
const random = ({ alphabet, from, to }: { alphabet: string; from: number; to: number }) =>
  many(() => Array.from({ length: from + roll(to - from + 1) }, () => alphabet[roll(alphabet.length)]!).join(''))

function share(what: string, texts: readonly string[]): number {
  const flagged = texts.filter((text) => isGibberish(text))
  process.stdout.write(`gibberish: ${what}: ${flagged.length} of ${texts.length}\n`)
  return flagged.length / texts.length
}

describe('of names that were never learned from', () => {
  test.each([
    ['first names', first],
    ['last names', last],
    ['first.last', many(() => `${one(first)}.${one(last)}`)],
    ['firstlast and a year', many(() => `${one(first)}${one(last)}${1950 + roll(60)}`)],
    ['initial and last name', many(() => `${one(first).charAt(0)}${one(last)}`)],
    ['last name and initial', many(() => `${one(last)}${one(first).charAt(0)}`)],
  ])('hardly any is flagged: %s', (what, texts) => {
    expect(texts.length).toBeGreaterThan(2000)
    expect(share(what, texts)).toBeLessThanOrEqual(0.005)
  })

  test('words of every day are none, but for one in two hundred', () => {
    expect(share('words', known.words.filter(isHeldOut))).toBeLessThanOrEqual(0.005)
  })
})

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'

describe('of what chance makes', () => {
  test.each([
    ['8 to 14 letters', { alphabet: LETTERS, from: 8, to: 14 }, 0.8],
    ['10 to 16 letters and digits', { alphabet: LETTERS + DIGITS, from: 10, to: 16 }, 0.8],
    ['16 to 32 hexadecimal digits', { alphabet: `${DIGITS}abcdef`, from: 16, to: 32 }, 0.95],
  ])('most is flagged: %s', (what, shape, floor) => {
    expect(share(what, random(shape))).toBeGreaterThanOrEqual(floor)
  })
})
