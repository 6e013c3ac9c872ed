// What may be typed into a sign-up form, what it becomes, and what is said about the rest.
import { describe, expect, test } from 'vitest'
import { type Allow, parse, print, ruleSets } from '@postern/shared/address/parse.ts'

const everything: Allow = { quoted: true, ipLiteral: true, dotless: true }

describe('an address', () => {
  test.each([
    ['jane@example.com', 'jane@example.com', 'jane@example.com', false, null],
    ['Jane.Roe+News@Example.COM', 'Jane.Roe+News@example.com', 'Jane.Roe+News@example.com', false, 'News'],
    ['+jane@example.com', '+jane@example.com', '+jane@example.com', false, null],
    ['jane+@example.com', 'jane+@example.com', 'jane+@example.com', false, ''],
    ['jane+a+b@example.com', 'jane+a+b@example.com', 'jane+a+b@example.com', false, 'a+b'],
    ['jane@müller.de', 'jane@xn--mller-kva.de', 'jane@müller.de', false, null],
    ['jane@XN--MLLER-KVA.de', 'jane@xn--mller-kva.de', 'jane@müller.de', false, null],
    ['jane@faß.de', 'jane@xn--fa-hia.de', 'jane@faß.de', false, null],
    ['jane@ＧＭＸ．ｎｅｔ', 'jane@gmx.net', 'jane@gmx.net', false, null],
    ['jane@cafe\u0301.com', 'jane@xn--caf-dma.com', 'jane@caf\u00e9.com', false, null],
    ['用户@例子.广告', '用户@xn--fsqu00a.xn--4rr70v', '用户@例子.广告', true, null],
    ['re\u0301ne@example.com', 'r\u00e9ne@example.com', 'r\u00e9ne@example.com', true, null],
    [
      "!#$%&'*+-/=?^_`{|}~@example.com",
      "!#$%&'*+-/=?^_`{|}~@example.com",
      "!#$%&'*+-/=?^_`{|}~@example.com",
      false,
      '-/=?^_`{|}~',
    ],
    ['jane@a--b.example.com', 'jane@a--b.example.com', 'jane@a--b.example.com', false, null],
    ['نامه\u200cای@example.com', 'نامه\u200cای@example.com', 'نامه\u200cای@example.com', true, null],
  ])('%s goes out as %s', (typed, wire, ...[printed, needsSmtpUtf8, subaddress]) => {
    const parsed = parse(typed)
    expect(parsed).toMatchObject({ ok: true, address: { typed, wire, needsSmtpUtf8, subaddress } })
    expect(parsed.ok && print(parsed.address)).toBe(printed)
  })

  test.each([
    ['"jane"@example.com', 'jane@example.com'],
    ['"ja\\ne"@example.com', 'jane@example.com'],
    ['"jane roe"@example.com', '"jane roe"@example.com'],
    ['"a\\"b\\\\c"@example.com', '"a\\"b\\\\c"@example.com'],
    ['"a@b"@example.com', '"a@b"@example.com'],
    ['".."@example.com', '".."@example.com'],
    ['""@example.com', '""@example.com'],
    ['jane@[192.0.2.1]', 'jane@[192.0.2.1]'],
    ['jane@[ipv6:2001:DB8::1]', 'jane@[IPv6:2001:db8::1]'],
    ['jane@[IPv6:::ffff:192.0.2.1]', 'jane@[IPv6:::ffff:192.0.2.1]'],
    ['jane@localhost', 'jane@localhost'],
    ['jane@香港', 'jane@xn--j6w193g'],
  ])('%s goes out as %s where the request allows it, and not otherwise', (typed, wire) => {
    expect(parse(typed, everything)).toMatchObject({ ok: true, address: { wire } })
    expect(parse(typed)).toMatchObject({ ok: false })
  })
})

describe('a refusal names the rule and the place', () => {
  const long = 'a'.repeat(64)
  const sixtyThree = 'b'.repeat(63)
  test.each([
    ['', 'empty', 0],
    ['jane', 'at_missing', 4],
    [' jane@example.com', 'surrounding_space', 0],
    ['jane@example.com \n', 'surrounding_space', 16],
    ['Jane <jane@example.com>', 'display_name', 5],
    ['ja\ud800ne@example.com', 'not_unicode', 2],
    ['jane\udc00@example.com', 'not_unicode', 4],
    ['@example.com', 'local.empty', 0],
    ['.jane@example.com', 'local.dot', 0],
    ['jane.@example.com', 'local.dot', 4],
    ['ja..ne@example.com', 'local.dot', 2],
    ['ja ne@example.com', 'local.space', 2],
    ['ja,ne@example.com', 'local.character', 2],
    ['ja"ne@example.com', 'local.character', 2],
    ['ja\u0000ne@example.com', 'local.character', 2],
    ['ja(x)ne@example.com', 'comment', 2],
    ['ja\u00a0ne@example.com', 'local.unsafe_character', 2],
    ['ja\u202ene@example.com', 'local.unsafe_character', 2],
    ['ja\u200bne@example.com', 'local.unsafe_character', 2],
    ['ja\u200dne@example.com', 'local.unsafe_character', 2],
    ['\u0301jane@example.com', 'local.unsafe_character', 0],
    ['ja.\u0301ne@example.com', 'local.unsafe_character', 3],
    ['ja\u037ene@example.com', 'local.unsafe_character', 2],
    ['ja\ue000ne@example.com', 'local.unsafe_character', 2],
    [`${long}a@example.com`, 'local.too_long', 0],
    [`${'é'.repeat(33)}@example.com`, 'local.too_long', 0],
    ['"jane@example.com', 'local.quotes', 0],
    ['"ja"ne@example.com', 'local.quotes', 4],
    ['"ja\rne"@example.com', 'local.quotes', 0],
    ['"jane"@example.com', 'local.quoted', 0],
    ['jane@', 'domain.empty', 5],
    ['jane@@example.com', 'at_twice', 5],
    ['jane@roe@example.com', 'at_twice', 8],
    ['jane@.example.com', 'domain.dot', 5],
    ['jane@example.com.', 'domain.dot', 16],
    ['jane@example..com', 'domain.dot', 12],
    ['jane@exa mple.com', 'domain.space', 8],
    ['jane@exa_mple.com', 'domain.character', 8],
    ['jane@example.com\u0000', 'domain.character', 16],
    ['jane@example.com,joe@example.com', 'domain.character', 16],
    ['jane@-example.com', 'domain.hyphen', 5],
    ['jane@example-.com', 'domain.hyphen', 12],
    [`jane@www.${sixtyThree}b.com`, 'domain.label_too_long', 9],
    [`jane@${`${sixtyThree}.`.repeat(4)}com`, 'domain.too_long', 5],
    [`${long}@${`${sixtyThree}.`.repeat(3)}com`, 'too_long', 0],
    ['jane@www.💩.la', 'domain.idna', 9],
    ['jane@xn--ls8h.la', 'domain.idna', 5],
    ['jane@xn--0.example', 'domain.idna', 5],
    ['jane@a€b.com', 'domain.idna', 5],
    ['jane@ab--é.com', 'domain.idna', 5],
    ['jane@اa.com', 'domain.idna', 5],
    [`jane@${'é'.repeat(60)}.com`, 'domain.label_too_long', 5],
    ['jane@example', 'domain.dotless', 5],
    ['jane@192.0.2.1', 'domain.tld_numeric', 13],
    ['jane@example.c', 'domain.tld_short', 13],
    ['jane@example.c-m', 'domain.tld_letters', 13],
    ['jane@[192.0.2.1]', 'domain.ip_literal', 5],
    ['jane@[192.0.2.256]', 'domain.literal', 5],
    ['jane@[192.0.2.01]', 'domain.literal', 5],
    ['jane@[::1]', 'domain.literal', 5],
    ['jane@[IPv6:1::2::3]', 'domain.literal', 5],
    ['jane@[IPv6:1:2:3:4:5:6:7::]', 'domain.literal', 5],
    ['jane@[IPv6:1:2:3:4:5:6:7:8:9]', 'domain.literal', 5],
    ['jane@[IPv6:g::1]', 'domain.literal', 5],
    ['jane@[tag:anything]', 'domain.literal', 5],
    ['jane@[192.0.2.1', 'domain.literal', 5],
    ['a'.repeat(2000), 'too_long', 254],
  ])('%j: %s at %i', (typed, rule, offset) => {
    const parsed = parse(typed)
    expect(parsed).toMatchObject({ ok: false, refusal: { rule: `syntax.${rule}`, offset } })
    expect(!parsed.ok && parsed.refusal.message).toMatch(/^[A-Z].*\.$/)
    expect(!parsed.ok && parsed.refusal.cites).toMatch(/^RFC \d+ §/)
  })

  test.each([
    [' jane@example.com\t', 'jane@example.com'],
    ['Jane Roe <jane@example.com>', 'jane@example.com'],
    ['<jane@example.com>', 'jane@example.com'],
    ['mailto:jane@example.com', 'jane@example.com'],
    ['jane@example.com.', 'jane@example.com'],
    ['jane＠example.com', 'jane@example.com'],
    ['ja ne@example.com', undefined],
    ['<jane>', undefined],
  ])('%j was likely meant as %s', (typed, likely) => {
    const parsed = parse(typed)
    expect(parsed.ok).toBe(false)
    expect(!parsed.ok && parsed.likely).toBe(likely)
  })
})

describe('the grammars that a text fits, whatever the policy', () => {
  test.each([
    ['jane@shop.example', true, true, false],
    ['"jane roe"@shop.example', true, true, false],
    ['jane@[192.0.2.1]', true, true, false],
    ['jane@localhost', true, true, false],
    ['jane@127.0.0.1', true, true, false],
    ['jané@shop.example', false, true, true],
    ['jane@bücher.example', false, true, false],
    ['jane', false, false, null],
    ['jane..roe@shop.example', false, false, null],
    ['', false, false, null],
  ])('%j', (...row) => {
    const [typed, rfc5321, rfc6531, needsSmtpUtf8] = row
    expect(ruleSets(typed)).toEqual({ rfc5321, rfc6531, needsSmtpUtf8 })
  })
})
