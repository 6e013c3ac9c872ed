// What the beginning of an upload tells: layout, column of addresses, or what is wrong with it.
import { describe, expect, it } from 'vitest'
import type { CsvLayout, NdjsonLayout } from '../../../edge/src/batches/layout.ts'
import { SNIFF_OCTETS } from '../../../edge/src/batches/sniff.ts'
import { emailsOf, latin1, layoutOf, look, octets, refusalOf, type Upload } from './uploads.ts'

const csv = (upload: Upload, wish = {}) => layoutOf(upload, wish) as CsvLayout
const ndjson = (upload: Upload, wish = {}) => layoutOf(upload, { type: 'ndjson', ...wish }) as NdjsonLayout

describe('a CSV', () => {
  it.each([
    ['a column without header', 'a@x.test\nb@x.test\n', null, 0, 0],
    ['one address and nothing else', 'a@x.test', null, 0, 0],
    ['a column with header', 'Email\na@x.test\n', ['Email'], 0, 6],
    ['a header that nobody knows, above addresses', 'Kontakt,Name\na@x.test,Ann\n', ['Kontakt', 'Name'], 0, 13],
    ['a known header above a row that is no address', 'name;E-Mail\nAnn;none\n', ['name', 'E-Mail'], 1, 12],
    ['no header, addresses in the third column', '1,Ann,a@x.test\n2,Bob,b@x.test\n', null, 2, 0],
    ['quoted names', '"id","e_mail"\r\n1,a@x.test\r\n', ['id', 'e_mail'], 1, 15],
    ['a quoted name of two lines', '"na\nme",mail\r\n1,a@x.test\r\n', ['na\nme', 'mail'], 1, 14],
    ['a BOM', '\ufeffemail\na@x.test', ['email'], 0, 9],
    ['empty lines around its header', '\n\nemail\n\n\na@x.test', ['email'], 0, 10],
    ['a known name beside another column of addresses', 'owner,email\no@x.test,a@x.test\n', ['owner', 'email'], 1, 12],
    [
      'the best known of several names',
      'Mail,Email Address,Email\n,,a@x.test\n',
      ['Mail', 'Email Address', 'Email'],
      2,
      25,
    ],
    ['a name in Spanish', 'Nombre,Correo Electrónico\nAnn,a@x.test\n', ['Nombre', 'Correo Electrónico'], 1, 27],
    ['a name without its accents', 'Nombre,correo electronico\na@x.test,\n', ['Nombre', 'correo electronico'], 1, 26],
    ['a name in French', 'nom,adresse e-mail\nAnn,a@x.test\n', ['nom', 'adresse e-mail'], 1, 19],
    ['a name in Japanese', '名前,メールアドレス\nAnn,a@x.test\n', ['名前', 'メールアドレス'], 1, 29],
  ])('%s', (_what, upload, ...[header, column, start]) => {
    expect(csv(upload)).toMatchObject({ header, column, start })
  })

  it.each([
    [',', 'name,email\n"Roe; Jane",a@x.test\n"Fox; Max",b@x.test\n'],
    [';', 'name;email\n"Roe, Jane";a@x.test\n"Fox, Max";b@x.test\n'],
    [';', 'name;email;sum\nRoe, Jane;a@x.test;1,5\nFox, Max;b@x.test;2,5\n'],
    ['\t', 'name\temail\nRoe, Jane\ta@x.test\n'],
    ['|', 'name|email|x\nRoe, Jane|a@x.test|1\n'],
    [',', 'a@x.test\n'],
    [',', 'a@x.test\no|neill@x.test\nb@x.test\n'],
  ])('has its fields separated by %j', (delimiter, upload) => {
    expect(csv(upload).delimiter).toBe(delimiter)
    expect(emailsOf(upload)[0]).toBe('a@x.test')
  })

  it.each([
    ['\n', 'email\na@x.test\n'],
    ['\r\n', 'email\r\na@x.test\r\n'],
    ['\r', 'email\ra@x.test\rb@x.test\r'],
    ['\n', 'a@x.test'],
  ])('has lines that end in %j', (lineBreak, upload) => {
    expect(csv(upload).lineBreak).toBe(lineBreak)
    expect(emailsOf(upload)[0]).toBe('a@x.test')
  })

  it.each([
    ['work', 1, 'yes'],
    ['WORK', 1, 'auto'],
    [' Work ', 1, 'auto'],
    ['3', 2, 'auto'],
    ['2', 1, 'no'],
  ] as const)('takes the column that is asked for: %j', (column, at, header) => {
    const upload = 'id,Work,email\n1,a@x.test,b@x.test\n'
    expect(csv(upload, { column, header }).column).toBe(at)
  })

  it('is told by the column asked for that its first row is a header', () => {
    expect(csv('id,whom\n1,nobody\n', { column: 'whom' })).toMatchObject({ header: ['id', 'whom'], column: 1 })
  })

  it('has a header or none where that is said', () => {
    expect(csv('a@x.test\nb@x.test\n', { header: 'yes' })).toMatchObject({ header: ['a@x.test'], start: 9 })
    expect(csv('email\nb@x.test\n', { header: 'no', column: '1' })).toMatchObject({ header: null, start: 0 })
  })

  it('has a column named by a number before the one of that number', () => {
    expect(csv('2,1,email\na,b@x.test,c@x.test\n', { column: '1', header: 'yes' }).column).toBe(1)
  })

  it('has names for all of its columns, none twice', () => {
    expect(csv('email, ,x,x,x_2,x\na@x.test,1,2,3,4,5\n').columns).toEqual([
      'email',
      'column_2',
      'x',
      'x_3',
      'x_2',
      'x_4',
    ])
    expect(csv('a@x.test,1\n').columns).toEqual(['column_1', 'column_2'])
    expect(csv('column_2,,email\n1,2,a@x.test\n').columns).toEqual(['column_2', 'column_2_2', 'email'])
  })

  it('is as wide as most of its rows, where its header is not', () => {
    expect(csv('email,x\na@x.test,1,\nb@x.test,2,\n').columns).toEqual(['email', 'x', 'column_3'])
    expect(csv('email,x\na@x.test,1,2\nb@x.test,2\nc@x.test,3\n').columns).toEqual(['email', 'x'])
  })

  it('that is a list of results has our columns again, under other names', () => {
    expect(csv('email,postern_status,postern_score\na@x.test,risky,1\n').own.slice(0, 4)).toEqual([
      'postern_status_2',
      'postern_reason',
      'postern_level',
      'postern_score_2',
    ])
    expect(csv('email,postern_status,postern_status_2\na@x.test,risky,1\n').own[0]).toBe('postern_status_3')
  })

  it('may have ten thousand columns', () => {
    const names = Array.from({ length: 10_000 }, (_, at) => (at === 8_999 ? 'email' : `c${at}`))
    const cells = names.map((name) => (name === 'email' ? 'a@x.test' : ''))
    const upload = `${names.join()}\n${cells.join()}\n`
    expect(csv(upload)).toMatchObject({ column: 8_999, header: names })
    expect(emailsOf(upload)).toEqual(['a@x.test'])
    const same = `${names.map(() => 'x').join()}\n${cells.join()}\n`
    expect(new Set(csv(same).columns).size).toBe(10_000)
  })

  it('may have columns named as what every object has', () => {
    const upload = '__proto__,constructor,email\nb@x.test,2,a@x.test\n'
    expect(csv(upload, { column: '__proto__' }).column).toBe(0)
    expect(csv(upload).columns).toEqual(['__proto__', 'constructor', 'email'])
    expect(refusalOf('id,email\n1,a@x.test\n', { column: 'constructor' })).toContain('no column "constructor"')
  })

  it('is told by its beginning, wherever that cuts a row', () => {
    const upload = `name,email\n${'Ann,a@x.test\n'.repeat(40_000)}`
    expect(upload.length).toBeGreaterThan(SNIFF_OCTETS)
    expect(csv(upload)).toMatchObject({ header: ['name', 'email'], column: 1, start: 11 })
  })

  it('may hold rows in other encodings', () => {
    const upload = latin1('name,email\nJos\xe9,jos\xe9@x.test\nAnn,a@x.test\n')
    expect(emailsOf(upload)).toEqual(['jos\ufffd@x.test', 'a@x.test'])
  })
})

describe('newline-delimited JSON', () => {
  it.each([
    ['{"email": "a@x.test", "id": 1}\n{"email": "b@x.test", "x": 2}', {}, 'email', ['email', 'id', 'x']],
    ['"a@x.test"\n"b@x.test"\n', {}, 'email', ['email']],
    ['a@x.test\nb@x.test\n', {}, 'email', ['email']],
    ['{"id": 1, "E-Mail": "a@x.test"}\n', {}, 'E-Mail', ['id', 'E-Mail']],
    ['{"id": 1, "to": "a@x.test"}\n{"id": 2, "to": "b@x.test"}\n{"id": 3}\n', {}, 'to', ['id', 'to']],
    ['{"id": 1, "Work": "a@x.test", "email": ""}\n', { column: 'work' }, 'Work', ['id', 'Work', 'email']],
    ['"a@x.test"\n{"mail": "b@x.test"}\n', {}, 'mail', ['mail']],
    ['{"mail": "a@x.test"}\n{"email": "b@x.test"}\n', {}, 'mail', ['mail', 'email']],
    [
      '{"__proto__": "a@x.test", "constructor": 1}\n',
      { column: '__proto__' },
      '__proto__',
      ['__proto__', 'constructor'],
    ],
  ])('%s', (upload, wish, ...[key, columns]) => {
    expect(ndjson(upload, wish)).toMatchObject({ key, columns, start: 0, lineBreak: '\n' })
  })

  it('may begin with a BOM and end its lines in any way', () => {
    expect(ndjson('\ufeff{"email":"a@x.test"}\r\n')).toMatchObject({ start: 3, lineBreak: '\r\n' })
    expect(emailsOf('\ufeff{"email":"a@x.test"}\r\n', { type: 'ndjson' })).toEqual(['a@x.test'])
    expect(emailsOf('"a@x.test"\r"b@x.test"\r', { type: 'ndjson' })).toEqual(['a@x.test', 'b@x.test'])
  })

  it('has our columns beside its own', () => {
    expect(ndjson('{"email": "a@x.test", "postern_reason": 1}\n').own.slice(0, 2)).toEqual([
      'postern_status',
      'postern_reason_2',
    ])
  })
})

const ZIP = 'PK\x03\x04\x14\0\x08\0'

describe('what is no list is refused in words that help', () => {
  it.each([
    ['nothing', '', 'body: The list is empty.'],
    ['a BOM and nothing', '\ufeff', 'body: The list is empty.'],
    ['empty lines', '\r\n\r\n', 'body: The list is empty.'],
    ['a header', 'email\r\n', 'body: The list has a header and no rows.'],
    ['a header without a line break', 'email,name', 'body: The list has a header and no rows.'],
    ['UTF-16', latin1('\xff\xfea\0@\0'), 'body: The body is in UTF-16: save it as UTF-8.'],
    ['UTF-16, its greater octets first', latin1('\xfe\xff\0a\0@'), 'body: The body is in UTF-16: save it as UTF-8.'],
    ['UTF-16 without BOM', 'e\0m\0\r\0\n\0a\0@\0x\0', 'body: The body is in UTF-16: save it as UTF-8.'],
    ['gzip', latin1('\x1f\x8b\x08\0\0'), /^body: The body is compressed with gzip: unpack it/],
    ['zip', latin1(`${ZIP}list.csv`), /^body: The body is a zip archive: unpack it/],
    [
      'xlsx',
      latin1(`${ZIP}[Content_Types].xml${ZIP}xl/workbook.xml`),
      /^body: The body is an Excel workbook \(\.xlsx\): save/,
    ],
    ['xls', latin1('\xd0\xcf\x11\xe0\xa1\xb1'), /^body: The body is a workbook of an old Excel/],
    ['a PDF', '%PDF-1.7\n', /^body: The body is a PDF/],
    ['a list with NUL in it', 'email\na@x.test\0\n', /^body: The body is binary/],
    ['NULs on either side of its letters', 'a\0\0b\0\0', /^body: The body is binary/],
    ['control octets', '\x01\x02\x03\x04\x05\x06@\n', /^body: The body is binary/],
    ['words', 'one,two\nthree,four\n', /^\?column: There is no column with addresses: name it with \?column=/],
    ['a quote that stays open', '"a@x.test\nb@x.test\n', 'body: Row 1: A quote in this row is never closed.'],
    [
      'a later one',
      'email\na@x.test\n"b@x.test\n',
      'body: Row 2 (the header is not counted): A quote in this row is never closed.',
    ],
    [
      'one in the first row below names that nobody knows',
      'Kontakt\n"b@x.test\n',
      'body: Row 1 (the header is not counted): A quote in this row is never closed.',
    ],
    ['one in the header', 'name,"email\na,b@x.test\n', 'body: Row 1: A quote in this row is never closed.'],
    ['one behind a first row of data', 'a@x.test\n"b@x.test\n', 'body: Row 2: A quote in this row is never closed.'],
    [
      '2 MB on one line',
      'a'.repeat(2_000_000),
      /^body: Row 1: This row is longer than 65536 octets: a quote in it may/,
    ],
    [
      '2 MB in one quote',
      `email\n"${'a@x.test\n'.repeat(200_000)}`,
      /^body: Row 1 \(the header is not counted\): This row is longer than 65536 octets/,
    ],
  ])('%s', (_what, upload, detail) => {
    expect(refusalOf(upload)).toMatch(detail)
  })

  it.each([
    ['mail', 'email,name\na@x.test,Ann\n', 'There is no column "mail": the list has "email", "name".'],
    ['3', 'email,name\na@x.test,Ann\n', 'There is no column "3": the list has "email", "name".'],
    ['0', 'a@x.test,Ann\n', 'There is no column "0": the list has no header, and its columns are numbered 1 to 2.'],
    [
      'whom',
      'a@x.test,Ann\n',
      'There is no column "whom": the list has no header, and its columns are numbered 1 to 2.',
    ],
  ])('column=%s of %j', (column, upload, detail) => {
    expect(refusalOf(upload, { column })).toBe(`?column: ${detail}`)
  })

  it('a header that is said to be one, and cannot be read', () => {
    const refusal = refusalOf('name,"email\na,b@x.test\n', { header: 'yes' })
    expect(refusal).toBe('body: The header: A quote in this row is never closed.')
  })

  it('names so many columns only that a person reads them', () => {
    const names = Array.from({ length: 5_000 }, (_, at) => `${at} ${'long '.repeat(8)}`)
    const { length } = refusalOf(`${names.slice(0, 1_000).join()}\na@x.test\n`, { column: 'x'.repeat(9_000) })
    expect(length).toBeLessThan(1_200)
  })

  it.each([
    ['nothing', '', 'body: The list is empty.'],
    ['blanks', ' \n\t\n', 'body: The list is empty.'],
    ['a JSON document', '{\n  "emails": [\n    "a@x.test"\n  ]\n}\n', /^body: No line is JSON by itself/],
    ['an array', '["a@x.test"]\n', /^body: No line is JSON by itself/],
    ['no addresses', '{"id": 1}\n{"id": 2}\n', /^\?column: There is no column with addresses: name it with \?column=/],
    ['2 MB on one line', `"${'a'.repeat(2_000_000)}"`, 'body: Row 1: This line is longer than 65536 octets.'],
    ['gzip', latin1('\x1f\x8b\x08\0\0'), /gzip/],
  ])('as newline-delimited JSON: %s', (_what, upload, detail) => {
    expect(refusalOf(upload, { type: 'ndjson' })).toMatch(detail)
  })

  it('as newline-delimited JSON: no object with that member', () => {
    const refusal = refusalOf('{"id": 1}\n', { type: 'ndjson', column: 'to' })
    expect(refusal).toBe('?column: No object has a member "to": the list has "id".')
  })

  it('whatever the octets are, the answer is a layout or a sentence', () => {
    for (let seed = 0; seed < 256; seed += 1) {
      const noise = Uint8Array.from({ length: 300 }, (_, at) => (seed * 31 + at * at * 7 + (at >> 3) * seed) & 0xff)
      for (const type of ['csv', 'ndjson'] as const) {
        const sniffed = look(octets(noise), { type })
        expect(sniffed.ok || sniffed.detail.endsWith('.')).toBe(true)
      }
    }
  })
})
