// What must hold of any text whatever, and of any address.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical } from '@postern/shared/address/canonical.ts'
import { type Address, type Allow, parse, print } from '@postern/shared/address/parse.ts'

const everything: Allow = { quoted: true, ipLiteral: true, dotless: true }
const nearlyAnAddress = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '@',
        '.',
        '"',
        '\\',
        '[',
        ']',
        '-',
        '+',
        ' ',
        'IPv6:',
        'xn--',
        '\r\n',
        '\u0000',
        'é',
        'ß',
        '\u0301',
        '\u200d',
        '。',
        '例',
        'ا',
        '💩',
        '\ud800',
      ),
      fc.constantFrom(
        'jane',
        'Example',
        'com',
        'mller-kva',
        '192.0.2.1',
        '2001:db8::1',
        'jane@',
        '@example.com',
        '@müller.de',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 10 },
  )
  .map((pieces) => pieces.join(''))

const atom = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+/=?^_`{|}~éß例ا-]{1,12}$/)
const label = fc.constantFrom('example', 'a-b', '1', 'xn--mller-kva', 'müller', 'faß', '例子', 'παράδειγμα', 'пример')
const localPart = fc.oneof(
  fc.array(atom, { minLength: 1, maxLength: 3 }).map((atoms) => atoms.join('.')),
  fc.string({ unit: 'grapheme-ascii', maxLength: 20 }).map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`),
)
const domain = fc.oneof(
  fc
    .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('com', 'co.uk', 'рф', 'xn--p1ai'))
    .map(([labels, tld]) => [...labels, tld].join('.')),
  fc.constantFrom('[192.0.2.1]', '[IPv6:2001:DB8::1]', 'localhost'),
)
const address = fc
  .tuple(localPart, domain)
  .map(([local, name]) => parse(`${local}@${name}`, everything))
  .filter((parsed): parsed is { ok: true; address: Address } => parsed.ok)
  .map((parsed) => parsed.address)

describe('parsing', () => {
  test('gives back what was printed', () => {
    fc.assert(
      fc.property(address, (one) => {
        expect(parse(print(one), everything)).toEqual({ ok: true, address: { ...one, typed: print(one) } })
        expect(parse(one.wire, everything)).toEqual({ ok: true, address: { ...one, typed: one.wire } })
      }),
      { numRuns: 3000 },
    )
  })

  test('answers for any text, with a place inside it, and never lets a control character through', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyAnAddress, fc.string({ unit: 'binary' })), (text) => {
        const parsed = parse(text, everything)
        if (parsed.ok) {
          expect(parsed.address.wire).not.toMatch(/[\p{Cc}\p{Cs}]/u)
          expect(parsed.address.wire).not.toMatch(/[<>]/.test(text) ? /[\r\n]/ : /[<>\r\n]/)
          expect(parse(print(parsed.address), everything)).toMatchObject({
            ok: true,
            address: { wire: parsed.address.wire },
          })
        } else {
          expect(parsed.refusal.offset).toBeGreaterThanOrEqual(0)
          expect(parsed.refusal.offset).toBeLessThanOrEqual(text.length)
          if (parsed.likely !== undefined) expect(parse(parsed.likely, everything).ok).toBe(true)
        }
      }),
      { numRuns: 5000 },
    )
  })

  test('allowing more never refuses what was accepted', () => {
    fc.assert(
      fc.property(nearlyAnAddress, (text) => {
        const plain = parse(text)
        if (plain.ok) expect(parse(text, everything)).toEqual(plain)
      }),
      { numRuns: 3000 },
    )
  })

  const huge = (unit: string, times: number) => unit.repeat(times)
  test.each([
    ['a', 1_000_000],
    ['a.', 500_000],
    ['@', 1_000_000],
    ['"', 1_000_000],
    ['\\"', 500_000],
    [' ', 1_000_000],
    ['\u0000', 1_000_000],
    ['\ud800', 1_000_000],
    ['<a@b.c>', 150_000],
    ['\r\n', 500_000],
    ['é', 1_000_000],
    ['xn--', 250_000],
    ['a@é.', 250],
    ['xn--a.', 170],
    ['"a@', 340],
    ['\u200d', 1000],
  ])('%j, %i times over, is answered within fifty milliseconds', (unit, times) => {
    const texts = [
      huge(unit, times),
      `jane@${huge(unit, times)}`,
      `${huge(unit, times)}@example.com`,
      `"${huge(unit, times)}`,
      `jane@${huge(unit, Math.min(times, 900 / unit.length))}.com`,
    ]
    parse('warm@müller.de')
    for (const text of texts) {
      const before = performance.now()
      parse(text, everything)
      expect(performance.now() - before).toBeLessThan(50)
    }
  })
})

describe('the canonical form', () => {
  test('is its own canonical form', () => {
    fc.assert(
      fc.property(
        address,
        fc.constantFrom('gmail.com', 'yandex.ru', 'proton.me', 'outlook.com', 'example.com'),
        (one, at) => {
          const moved = parse(`${one.localPart}@${at}`, everything)
          if (!moved.ok) return
          const once = canonical(moved.address)
          const again = parse(once, everything)
          expect(again.ok && canonical(again.address)).toBe(once)
        },
      ),
    )
  })
})
