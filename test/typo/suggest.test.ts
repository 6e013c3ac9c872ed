// Which slips are recognised and which domains are left alone: one row, one domain, and what is said of it.
import { describe, expect, test } from 'vitest'
import { parse } from '@postern/shared/address/parse.ts'
import { type Suggestion, suggest } from '@postern/shared/typo/suggest.ts'

function suggested(typed: string): Suggestion | null {
  return suggest(typed, parse(typed))
}

const meant = (domain: string) => suggested(`jane.roe+shop@${domain}`)?.domain ?? null

describe('a provider is recognised', () => {
  test.each([
    ['behind swapped letters', 'iclodu.com', 'icloud.com'],
    ['behind a missing letter', 'hotmal.com', 'hotmail.com'],
    ['behind a letter twice', 'outllook.com', 'outlook.com'],
    ['behind a neighbouring key', 'oitlook.com', 'outlook.com'],
    ['behind a neighbouring key too many', 'icloiud.com', 'icloud.com'],
    ['behind a name spelled as it sounds', 'hotmeil.com', 'hotmail.com'],
    ['behind two slips', 'ouutlok.com', 'outlook.com'],
    ['in its country', 'yhaoo.co.uk', 'yahoo.co.uk'],
    ['in another country', 'libreo.it', 'libero.it'],
    ['in a country where it has no domain of its own', 'gmal.co.nz', 'gmail.co.nz'],
    ['under an ending that nobody has', 'comcast.bet1', 'comcast.net'],
    ['under an ending of another registry', 'yahoo.cm', 'yahoo.com'],
    ['under an ending with a slip in its middle', 'hotmail.cp.uk', 'hotmail.co.uk'],
    ['in its country without the registry’s second label', 'hotmail.uk', 'hotmail.co.uk'],
    ['in a country whose registry says `com`', 'yahoo.co.ph', 'yahoo.com.ph'],
    ['although its name is three letters', 'mns.com', 'msn.com'],
    ['under another generic ending', 'hotmail.org', 'hotmail.com'],
    ['behind two slips, one of them in the ending', 'hotmial.ocm', 'hotmail.com'],
    ['with its dot one key late', 'outlookc.om', 'outlook.com'],
    ['with its dot one key early', 'verizo.nnet', 'verizon.net'],
    ['with its dot in the middle of a country', 'terra.comb.r', 'terra.com.br'],
    ['without dot', 'orangefr', 'orange.fr'],
    ['without ending', 'hotmail', 'hotmail.com'],
    ['with a comma', 'icloud,com', 'icloud.com'],
    ['with a space', 'icloud com', 'icloud.com'],
    ['with an underscore', 'icloud_com', 'icloud.com'],
    ['with two dots', 'gmx..net', 'gmx.net'],
    ['behind a mark', "'web.de", 'web.de'],
    ['behind a second @', '@gmail.com', 'gmail.com'],
    ['behind what browsers put in front', 'www.gmail.com', 'gmail.com'],
  ])('%s: %s', (_how, typed, expected) => {
    expect(meant(typed)).toBe(expected)
  })
})

describe('an ending is recognised under any name', () => {
  test.each([
    ['its letters swapped', 'acme.ogr', 'acme.org'],
    ['a neighbouring key', 'acme.cim', 'acme.com'],
    ['a letter too many', 'acme.deb', 'acme.de'],
    ['typed on', 'acme.comer', 'acme.com'],
    ['typed twice', 'acme.net.net', 'acme.net'],
    ['its dot missing', 'acme.coza', 'acme.co.za'],
    ['both dots missing', 'acmecouk', 'acme.co.uk'],
    ['spelled as in another country', 'acme.co.tr', 'acme.com.tr'],
    ['spelled as in another country, the other way round', 'acme.com.nz', 'acme.co.nz'],
    ['a slip in its middle', 'acme.clm.br', 'acme.com.br'],
    ['a slip in its short middle', 'acme.xo.uk', 'acme.co.uk'],
    ['begun only', 'acme.c', 'acme.com'],
    ['its last letter missing', 'acme.com.b', 'acme.com.br'],
    ['a country that is none', 'acme.co.jl', 'acme.co.jp'],
    ['below another label', 'mail.acme.cmo', 'mail.acme.com'],
    ['under a name of other letters', 'müller.dde', 'xn--mller-kva.de'],
  ])('%s: %s', (_how, typed, expected) => {
    expect(meant(typed)).toBe(expected)
  })
})

describe('nothing is said of', () => {
  test.each([
    ['a provider', 'gmail.com'],
    ['a provider in its country', 'hotmail.fr'],
    ['a provider whose name is an edit away', 'ymail.com'],
    ['a provider of another name in the same country', 'list.ru'],
    ['a provider’s name in a country where it may be another’s', 'gmail.de'],
    ['a company', 'acme.com'],
    ['a company whose name is an abbreviation', 'apl.com'],
    ['a company whose name is a word near a provider’s', 'outlet.com'],
    ['a mail service named in the usual way', 'vmail.fr'],
    ['a host below a company', 'mail.acme.co.uk'],
    ['a host below a company whose name is no slip', 'mail.cern.uk'],
    ['a host below a provider', 'anything.gmail.com'],
    ['a domain under a new ending', 'acme.cam'],
    ['a school', 'gmal.edu'],
    ['a university', 'yaho.ac.jp'],
    ['a short name under .co', 'x1.co'],
    ['a name that somebody else than the registry sells', 'acme.co.pl'],
    ['a name set aside', 'company.example'],
    ['a name within a house', 'gmail.lan.internal'],
    ['an address of numbers', '192.0.2.1'],
    ['a name without ending', 'acme'],
  ])('%s: %s', (_what, typed) => {
    expect(meant(typed)).toBeNull()
  })

  test('a text without readable local part', () => {
    for (const typed of ['@gmial.com', 'ja ne@gmial.com', '"jane"@gmial.com', '..@gmail,com', 'gmial.com', '']) {
      expect(suggested(typed)).toBeNull()
    }
  })
})

describe('a suggestion', () => {
  test('keeps the local part, its case and its tag', () => {
    expect(suggested('Jane.ROE+Shop@Gmial.com')).toMatchObject({ email: 'Jane.ROE+Shop@gmail.com' })
    expect(suggested('Jane.ROE+Shop@gmial,com')).toMatchObject({ email: 'Jane.ROE+Shop@gmail.com' })
  })

  test('is surer of a slip of many than of a slip of few, and of one slip than of two', () => {
    const sure = (domain: string) => suggested(`jane@${domain}`)?.probability ?? 0
    expect(sure('gmial.com')).toBeGreaterThan(0.95)
    expect(sure('gmial.com')).toBeGreaterThan(sure('tutanta.com'))
    expect(sure('acme.cmo')).toBeGreaterThan(sure('acme.cm'))
    expect(sure('acme.cm')).toBeLessThan(0.5)
    expect(sure('acme.co')).toBeLessThan(sure('acme.cm'))
  })

  test('says what was mended first, and whether the target needs no look-up', () => {
    expect(suggested('jane@gmial.com')).toMatchObject({ rule: 'typo.provider', knownTarget: true })
    expect(suggested('jane@acme.cmo')).toMatchObject({ rule: 'typo.ending', knownTarget: false })
    expect(suggested('jane@gmailc.om')).toMatchObject({ rule: 'typo.dot' })
    expect(suggested('jane@gmail com')).toMatchObject({ rule: 'typo.unreadable' })
    expect(suggested('jane@gmal.co.nz')).toMatchObject({ knownTarget: false })
  })

  test('takes what the parser unwrapped, and mends that too', () => {
    expect(suggested(' jane@acme.com ')).toMatchObject({ email: 'jane@acme.com', rule: 'typo.wrapping' })
    expect(suggested('<jane@gmial.com>')).toMatchObject({ email: 'jane@gmail.com', rule: 'typo.wrapping' })
  })
})

describe('nothing is suggested', () => {
  test.each([
    'jane@gmail.com\r\nRCPT TO:<karl@gmail.com>',
    'jane@gmail\u0000.com',
    'jane@gm\udc00ail.com',
    'jane@gmail.com, karl@gmail.com',
    'jane@roe@gmail.com',
  ])('for %j, which is no slip', (typed) => {
    expect(suggest(typed, parse(typed))).toBeNull()
  })
})
