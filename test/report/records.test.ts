// Records about a domain's mail, row by row: what is read of them, and what is told of what is wrong.
import { parseDkim } from '@postern/shared/report/dkim.ts'
import { chosenDmarc, parseDmarc } from '@postern/shared/report/dmarc.ts'
import { chosenSts, names, parsePolicy, parseSts } from '@postern/shared/report/mta-sts.ts'
import { unquoted } from '@postern/shared/report/record.ts'
import { isUsable, means, parseTlsa, type Tlsa } from '@postern/shared/report/tlsa.ts'
import { chosenTlsRpt, parseTlsRpt } from '@postern/shared/report/tlsrpt.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('a pattern of a policy', () => {
  it.each([
    ['*.example.com', 'mail.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'a.b.example.com', false],
    ['*.example.com', 'mail.example.com.evil.test', false],
    ['mail.example.com', 'evilmail.example.com', false],
    ['MAIL.example.com', 'mail.Example.COM.', true],
    ['*.gmail-smtp-in.l.google.com', 'alt4.gmail-smtp-in.l.google.com', true],
    ['*.google.com', 'alt4.gmail-smtp-in.l.google.com', false],
    ['*.mail.protection.outlook.com', 'contoso-com.mail.protection.outlook.com', true],
    ['*.example.com', '.example.com', false],
  ])('%s and %s', (pattern, host, expected) => {
    expect(names(pattern, host)).toBe(expected)
  })
})

describe('a policy', () => {
  const text = 'version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.Example.net\nmax_age: 604800\n'

  it('is read with either end of line, whatever stands beside', () => {
    const record = { mode: 'enforce', maxAgeS: 604_800, mx: ['mail.example.com', '*.example.net'] }
    for (const one of [text, text.replaceAll('\n', '\r\n'), text.trimEnd(), `${text}future: something: else\n`]) {
      expect(parsePolicy(one)).toMatchObject({ ok: true, record, faults: [] })
    }
  })

  it.each([
    ['', 'key: value'],
    [text.replace('version: STSv1\n', ''), 'version'],
    [text.replace('enforce', 'strict'), 'mode'],
    [text.replace('max_age: 604800', 'max_age: a week'), 'max_age'],
    [text.replaceAll(/mx: .*\n/g, ''), 'names no mx'],
    [text.replace('mail.example.com', 'mail.*.com'), 'mx'],
    [text.replace('mail.example.com', '192.0.2.1'), 'mx'],
    [text.replace('mail.example.com', 'mail_1.example.com'), 'mx'],
    [text.replace('mode', '\nmode'), 'key: value'],
    ['\n\n', 'key: value'],
    ['<html>not a policy</html>', 'key: value'],
  ])('that is none says why: %j', (given, why) => {
    const parsed = parsePolicy(given)
    expect(parsed.ok ? parsed.record : parsed.detail).toContain(why)
  })

  it.each([`${text}\n`, `${text}\n\n`, `${text}  \r\n\t`])(
    'with empty lines at its end is read, and has that fault: %j',
    (given) => {
      const record = { mode: 'enforce', maxAgeS: 604_800, mx: ['mail.example.com', '*.example.net'] }
      expect(parsePolicy(given)).toMatchObject({ ok: true, record, faults: ['has empty lines at its end'] })
    },
  )

  it('of mode none needs no mx', () => {
    expect(parsePolicy('version: STSv1\nmode: none\nmax_age: 86400\n')).toMatchObject({ ok: true, record: { mx: [] } })
  })
})

describe('a record that says that there is a policy', () => {
  it.each(['v=STSv1;id=a1', 'v=STSv1 ; x=1; id=a1 ; ', 'v=STSv1; id=a1; id=b-2'])('is read: %j', (given) => {
    expect(parseSts(given)).toMatchObject({ ok: true, record: { id: 'a1' } })
  })

  it.each([
    ['v=STSv1; id = a1;', 'name=value'],
    ['v=STSv1; id=a1 ', 'name=value'],
    ['v=STSv1;; id=a1', 'semicolon'],
    ['v=STSv1; id=a1;;', 'semicolon'],
    ['v=STSv1; id=b-2; id=a1', 'letters and digits'],
    ['v=STSv1;', 'no id'],
  ])('is none to senders: %j', (given, why) => {
    const parsed = parseSts(given)
    expect(parsed.ok ? parsed.record : parsed.detail).toContain(why)
  })
})

describe('of the records at a name', () => {
  it.each([
    [chosenSts(['v=spf1 -all', 'v=STSv1; id=1;']), { kind: 'one', text: 'v=STSv1; id=1;' }],
    [chosenSts(['v=STSv1; id=1;', 'v=STSv1; id=2;']), { kind: 'several' }],
    [chosenSts(['v=STSv10; id=1;', 'V=STSv1; id=1']), { kind: 'none' }],
    [
      chosenTlsRpt(['v=TLSRPTv1;rua=mailto:a@b.test', 'other']),
      { kind: 'one', text: 'v=TLSRPTv1;rua=mailto:a@b.test' },
    ],
    [chosenDmarc(['v=DMARC1; p=none', 'v=DMARC1; p=reject']), { kind: 'several' }],
    [chosenDmarc(['v=DMARC12; p=none', 'v=dmarc1; p=none']), { kind: 'none' }],
    [chosenDmarc(['v = DMARC1 ;p=none']), { kind: 'one', text: 'v = DMARC1 ;p=none' }],
  ])('one counts, or none: %#', (given, expected) => {
    expect(given).toEqual(expected)
  })
})

const wrongOf = (parsed: ReturnType<typeof parseDmarc>): string =>
  parsed.ok ? [...parsed.faults, ...parsed.notices, parsed.wrong ?? ''].join() : parsed.detail

describe('a DMARC record', () => {
  it('says what it asks for', () => {
    const text =
      'v=DMARC1; p=Reject; sp=quarantine; np=none; t=y; adkim=s; psd=n; rua=mailto:a@b.test , https://c.test/d!10m; pct=50'
    expect(parseDmarc(text)).toEqual({
      ok: true,
      faults: [],
      notices: [],
      wrong: null,
      record: {
        p: 'reject',
        sp: 'quarantine',
        np: 'none',
        testing: true,
        psd: 'n',
        strictDkim: true,
        strictSpf: false,
        rua: ['mailto:a@b.test', 'https://c.test/d!10m'],
        ruf: [],
        historic: ['pct'],
      },
    })
  })

  it.each([
    ['v=DMARC1; rua=mailto:a@b.test', 'counts as p=none'],
    ['v=DMARC1; p=monitor; rua=mailto:a@b.test', 'says p=monitor, which is no policy'],
    ['v=DMARC1; p=monitor', 'says p=monitor, which is no policy'],
    ['v=DMARC1; sp=reject', 'has no p, and no rua that would stand in for it'],
    ['v=DMARC1; p=none; p=none', 'has the tag p twice'],
    ['v=DMARC1; p=none; sp=some', 'says sp=some, which is no policy'],
    [`v=DMARC1; p=none; np=${'x'.repeat(60_000)}`, `says np=${'x'.repeat(39)}…, which is no policy`],
    ['v=DMARC1; p=none; nonsense', 'no tag=value'],
    ['v=DMARC1; p=none; rua=bogus', 'rua'],
    ['v=DMARC1; p=none; rua=mailto:<a@b.test>', 'rua'],
    ['v=DMARC1; p=reject; sp=some; rua=mailto:a@b.test', 'says sp=some, which is no policy'],
    ['v=DMARC1; p=reject; np=some', 'says np=some, which is no policy'],
    ['v=DMARC1; p=reject; v=DMARC1', 'the tag v twice'],
    ['v=DMARC1; P=reject', 'has the tag P'],
  ])('%s', (text, expected) => {
    expect(wrongOf(parseDmarc(text))).toContain(expected)
  })
})

it.each([
  ['v=DMARC1; p=reject; sp=some; rua=mailto:', { p: 'none', sp: null }],
  ['v=DMARC1; p=reject; np=', { p: null, np: null }],
  ['v=DMARC1; p=rejct; rua=mailto:a@b.test', { p: 'none', sp: null }],
  ['v=DMARC1; p=reject; sp=quarantin; rua=bogus', { p: null, sp: null }],
  ['v=DMARC1; P=reject; psd=y', { p: null, psd: 'y' }],
  ['v=DMARC1; p=quarantine; SP=none', { p: 'quarantine', sp: null }],
  ['v=DMARC1', { p: null, psd: 'u' }],
])('a DMARC record that goes wrong asks for little, or for nothing: %s', (text, record) => {
  expect(parseDmarc(text)).toMatchObject({ ok: true, record })
})

describe('a DKIM key', () => {
  const rsa = (bits: number): string => {
    const modulus = [0, ...Array<number>(bits / 8).fill(0xff)]
    const integer = (octets: readonly number[]) => [0x02, 0x82, octets.length >> 8, octets.length & 255, ...octets]
    const inside = [...integer(modulus), 0x02, 0x03, 1, 0, 1]
    return btoa(String.fromCharCode(0x30, 0x82, inside.length >> 8, inside.length & 255, ...inside))
  }

  it.each([
    [`v=DKIM1; k=rsa; p=${rsa(2048)}`, { type: 'rsa', bits: 2_048, revoked: false, testing: false }],
    [`p=${rsa(1024)}; t=s:y`, { type: 'rsa', bits: 1_024, testing: true }],
    [`v=DKIM1; k=ed25519; p=${btoa('x'.repeat(32))}`, { type: 'ed25519', bits: 256 }],
    ['v=DKIM1; p=', { revoked: true, bits: null }],
    ['v=DKIM1; h=sha1; p=', { hashes: ['sha1'], forMail: true }],
    ['v=DKIM1; s=tlsrpt; p=', { forMail: false }],
    ['v=DKIM1; s=tlsrpt:*; p=', { forMail: true }],
    [`k=ed25519; p=${btoa('x'.repeat(32)).replaceAll('=', '')}`, { bits: 256 }],
  ])('is read: %.40s', (text, record) => {
    expect(parseDkim(text)).toMatchObject({ ok: true, record })
  })

  it.each([
    ['v=DKIM1; p=!', 'Base64'],
    [`v=DKIM1; p=${btoa('no key')}`, 'none of rsa'],
    [`v=DKIM1; k=ed25519; p=${btoa('x'.repeat(31))}`, 'none of ed25519'],
    [`p=${btoa(String.fromCharCode(0x30, 3, 2, 1, 1))}`, 'none of rsa'],
    [`p=${rsa(512).slice(0, -4)}`, 'none of rsa'],
    [`p=${rsa(512)}=`, 'Base64'],
    ['v=DKIM1', 'no key'],
    ['v=DKIM2; p=', 'DKIM1'],
    ['p=; v=DKIM1', 'beginning'],
  ])('is none: %s', (text, why) => {
    const parsed = parseDkim(text)
    expect(parsed.ok ? parsed.record : parsed.detail).toContain(why)
  })
})

describe('a TLSA record', () => {
  const tlsa = (text: string): Tlsa => {
    const parsed = parseTlsa(text)
    if (!parsed.ok) throw new Error(parsed.detail)
    return parsed.record
  }
  const digest = (digit: string) => digit.repeat(64)
  const seen = { certSha256: digest('a'), certSha512: digest('b').repeat(2), spkiSha256: digest('c'), spkiSha512: null }

  it('is for mail where it is DANE-TA or DANE-EE', () => {
    expect([0, 1, 2, 3].map((usage) => isUsable(tlsa(`${usage} 1 1 ${digest('c')}`)))).toEqual([
      false,
      false,
      true,
      true,
    ])
    expect([`3 2 1 ${digest('c')}`, '3 1 7 ab', '3 1 0 ab'].map((text) => isUsable(tlsa(text)))).toEqual([
      false,
      false,
      true,
    ])
  })

  it('means a certificate, another one, or nobody can tell', () => {
    const rows = [
      `3 1 1 ${digest('C')}`,
      `3 0 1 ${digest('a')}`,
      `3 1 1 ${digest('a')}`,
      `3 1 2 ${digest('c').repeat(2)}`,
      '3 1 0 ab',
    ]
    expect(rows.map((text) => means(tlsa(text), seen))).toEqual([true, true, false, null, null])
  })
})

it('text in quotes is read as look-up tools show it', () => {
  expect(unquoted('"v=spf1 ip4:192.0.2.1 " "-all"')).toBe('v=spf1 ip4:192.0.2.1 -all')
  expect(unquoted('"say \\"no\\""')).toBe('say "no"')
  expect(unquoted('v=spf1 -all')).toBe('v=spf1 -all')
})

it('no reader is shaken by any text, nor slow', () => {
  const begins = fc.constantFrom('v=STSv1;', 'v=TLSRPTv1;', 'v=DMARC1;', 'v=DKIM1;', 'version: STSv1\n', '')
  const any = fc.tuple(begins, fc.string({ unit: 'binary', maxLength: 300 })).map((parts) => parts.join(''))
  fc.assert(
    fc.property(any, (text) => {
      for (const read of [parseDkim, parseDmarc, parsePolicy, parseSts, parseTlsa, parseTlsRpt])
        expect(read(text)).toHaveProperty('ok')
    }),
    { numRuns: 2_000 },
  )
  const startedAt = performance.now()
  for (const long of ['v=DMARC1; p=none; rua=', 'v=TLSRPTv1; rua=', 'v=DKIM1; p=', 'v=STSv1; id=', '3 1 1 ']) {
    for (const filling of [' ', ';', ',', '=', 'a', '\t;']) {
      const text = long + filling.repeat(65_000)
      for (const read of [parseDkim, parseDmarc, parsePolicy, parseSts, parseTlsa, parseTlsRpt, unquoted]) read(text)
    }
  }
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})
