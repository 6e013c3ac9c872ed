// Lists that are sent as what they are not, or whose column of addresses has none: refused where that is sure, and taken else.
import { describe, expect, it } from 'vitest'
import { SNIFF_OCTETS } from '../../../edge/src/batches/sniff.ts'
import { latin1, octets, refusalOf } from './uploads.ts'

describe('a list in an encoding of single octets', () => {
  const rows = (count: number) => latin1(`name,email\n${'J\xf6rg,a@x.test\n'.repeat(count)}`)

  it('is refused where it is one throughout', () => {
    const refusal = 'body: The body is not UTF-8: save it as UTF-8.'
    expect(refusalOf(rows(5))).toBe(refusal)
    expect(refusalOf(latin1('"J\xf6rg <a@x.test>"\n'.repeat(5)), { type: 'ndjson' })).toBe(refusal)
    // The euro sign and quotation marks of Windows, and names in Cyrillic.
    expect(refusalOf(latin1(`name,email\n${'\x80\x93x\x94,a@x.test\n'.repeat(5)}`))).toBe(refusal)
    expect(refusalOf(latin1(`name,email\n${'\xc8\xe2\xe0\xed,a@x.test\n'.repeat(5)}`))).toBe(refusal)
  })

  it('is taken where it is one in a few rows only, or beside text in UTF-8', () => {
    expect(refusalOf(rows(4))).toBe('accepted')
    expect(refusalOf(Uint8Array.from([...rows(50), ...octets('J\u00f6rg,b@x.test\n')]))).toBe('accepted')
  })

  it('is not what the end of the beginning cuts in two', () => {
    expect(refusalOf(`name,email\n${'\u{1f600},a@x.test\n'.repeat(40_000)}`)).toBe('accepted')
    expect(refusalOf(`${'x'.repeat(SNIFF_OCTETS % 2)}name,email\n${'\u00f6,a@x.test\n'.repeat(40_000)}`)).toBe(
      'accepted',
    )
  })
})

describe('what is sent as something else is refused in words that help', () => {
  const times = (count: number, row: string) => `${row}\n`.repeat(count)
  const none = (column: string) => `?column: No value in column ${column} looks like an address: name the column with`

  it.each([
    ['asked for, beside one with addresses', 'contact,email\nAnn,a@x.test\n', '1', '"contact"'],
    ['of a list without header, asked for', 'Ann,a@x.test\n', '1', '1'],
    ['asked for, of two rows', 'id,whom\n1,nobody\n2,no one\n', 'whom', '"whom"'],
    ['of a known name, beside one with addresses', 'mail,to\nyes,a@x.test\nno,b@x.test\n', '', '"mail"'],
    ['of a known name, of ten rows', `id,email\n${times(10, '1,5d41402abc4b2a76')}`, '', '"email"'],
  ])('a column without any address: %s', (_what, upload, ...[column, name]) => {
    expect(refusalOf(upload, { column })).toContain(none(name))
  })

  it.each([
    ['of one row, asked for', 'id,whom\n1,nobody\n', 'whom'],
    ['of one row, of a known name, beside one with addresses', 'owner,email\no@x.test,nobody\n', undefined],
    ['of a few rows, of a known name', `id,email\n${times(9, '1,nobody')}`, undefined],
    ['of a few rows, asked for by a known name', `id,email\n${times(9, '1,nobody')}`, 'email'],
    ['with half an address in one row', `id,whom\n${times(50, '1,nobody')}1,a@\n`, 'whom'],
    ['of blanks, which cost nothing', `whom,email\n${times(200, ' ,a@x.test')}`, 'whom'],
  ])('but a column is believed: %s', (_what, upload, column) => {
    expect(refusalOf(upload, { column })).toBe('accepted')
  })

  it.each([
    ['a JSON document', '{"emails": ["a@x.test"]}', /^body: The body looks like JSON: send it as application\/json/],
    ['one over several lines', '\ufeff\n {\n  "emails": [', /^body: The body looks like JSON: send it/],
    ['lines of JSON', '{"email": "a@x.test"}\n', /looks like JSON: .* or as application\/x-ndjson/],
    ['an array', '["a@x.test",\n"b@x.test"]', /looks like JSON/],
    ['a web page', '<!DOCTYPE html>\n<p>a@x.test</p>\n', /^body: The body looks like a web page, not a list: send it/],
    ['a part of one', ' <table class="x"><tr><td>a@x.test</td>\n', /looks like a web page/],
    ['XML', '<?xml version="1.0"?>\n<Error>a@x.test</Error>\n', /looks like a web page/],
  ])('as CSV: %s', (_what, upload, detail) => {
    expect(refusalOf(upload)).toMatch(detail)
  })

  it('addresses may begin as pages and JSON do', () => {
    for (const upload of ['<a@x.test>\n', '<p@x.test>,Ann\n', '{a}@x.test\n', '{name},email\nAnn,a@x.test\n']) {
      expect(refusalOf(upload)).toBe('accepted')
      expect(refusalOf(upload.replace(/,.*/s, ''), { type: 'ndjson' })).toMatch(/accepted|No line is JSON/)
    }
  })

  const CSV = /^body: The body looks like CSV: send it as text\/csv\.$/

  it.each([
    ['CSV', 'name,email\nAnn,a@x.test\n', CSV],
    ['CSV without header', 'Ann;a@x.test\nBob;b@x.test\n', CSV],
    ['CSV whose fields are in quotes', '"name","email"\n"Ann","a@x.test"\n', CSV],
    ['CSV of one column', 'E-Mail\na@x.test\nb@x.test\n', CSV],
    ['CSV with its fields apart by bars', 'name|email\nAnn|a@x.test\n', CSV],
    ['a web page', '<html>\na@x.test\n</html>\n', /^body: The body looks like a web page/],
    [
      'a JSON document on one line',
      '{"emails": ["a@x.test"]}',
      /^body: .* one JSON document: send it as application\/json\.$/,
    ],
    ['objects with numbers for addresses', '{"id": 1, "to": "a@x.test"}', none('"id"')],
    ['text', times(10, 'Dear all'), /^body: No value looks like an address/],
    ['objects without addresses', times(10, '{"email": "nobody"}'), none('"email"')],
    ['objects of which another member has them', '{"who": "Ann", "to": "a@x.test"}', none('"who"')],
  ])('as newline-delimited JSON: %s', (what, upload, detail) => {
    const column = what.includes('another') ? 'who' : what.includes('numbers') ? 'id' : undefined
    const refusal = refusalOf(upload, { type: 'ndjson', column })
    if (typeof detail === 'string') expect(refusal).toContain(detail)
    else expect(refusal).toMatch(detail)
  })

  it.each([
    ['addresses as they stand', 'a@x.test\nb@x.test\n'],
    ['some with bars, which local parts may have', 'a|b@x.test\nc|d@x.test\n'],
    ['some that are none', times(9, '"nobody"')],
    ['strings with commas', '"Roe, Ann <a@x.test>"\n"Fox, Bob <b@x.test>"\n'],
    ['a first one that is misspelt', 'ann\nb@x.test\n'],
  ])('lines may be %s', (_what, upload) => {
    expect(refusalOf(upload, { type: 'ndjson' })).toBe('accepted')
  })
})
