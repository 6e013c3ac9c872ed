// What is read as an address from rows of all kinds, good and hostile.
import { describe, expect, it } from 'vitest'
import { isInDoubt } from '../../../edge/src/batches/doubt.ts'
import { MOST_ROW_OCTETS } from '../../../edge/src/batches/row.ts'
import { readRows } from '../../../edge/src/batches/read-rows.ts'
import { emailsOf, latin1, layoutOf, octets, readAll } from './uploads.ts'

const FIRST = 'email,name\nfirst@x.test,First\n'
const NDJSON = { type: 'ndjson' } as const
const FIRST_LINE = '{"email": "first@x.test"}\n'

/** What the row is read as that stands below a usual first one. */
const asCsv = (row: string | Uint8Array): string[] => emailsOf(below(FIRST, row)).slice(1)
const asLine = (line: string | Uint8Array): string[] => emailsOf(below(FIRST_LINE, line), NDJSON).slice(1)

function below(first: string, row: string | Uint8Array): Uint8Array {
  return Uint8Array.from([...octets(first), ...octets(row)])
}

describe('a row of a CSV', () => {
  it.each([
    ['an address', 'a@x.test,Ann\n', ['a@x.test']],
    ['an address without line break at the end', 'a@x.test,Ann', ['a@x.test']],
    ['blanks around it', ' \ta@x.test \t,Ann\n', ['a@x.test']],
    ['blanks that are not ASCII, which belong to it', '\u00a0a@x.test\u00a0,Ann\n', ['\u00a0a@x.test\u00a0']],
    ['quotes around it', '"a@x.test","Ann"\n', ['a@x.test']],
    ['quotes in it', '"""a b""@x.test",Ann\n', ['"a b"@x.test']],
    ['a delimiter in quotes', '"a,b@x.test",Ann\n', ['a,b@x.test']],
    ['a line break in quotes', 'a@x.test,"Ann\nRoe"\nb@x.test,Bob\n', ['a@x.test', 'b@x.test']],
    ['a quote where none belongs', 'a"b@x.test,Ann\nb@x.test,Bob "Bo" Fox\n', ['a"b@x.test', 'b@x.test']],
    ['something behind a closing quote', '"a@x.test" ,Ann\n', ['"a@x.test"']],
    ['no such cell', '\n\nx\n', ['x']],
    ['an empty cell', ',Ann\n""\n', ['', '']],
    ['more cells than names', 'a@x.test,Ann,1,2,3\n', ['a@x.test']],
    ['no address', 'nobody,Ann\n', ['nobody']],
    ['empty lines, which are no rows', '\n\r\n\na@x.test,Ann\n\n\n\r\n', ['a@x.test']],
    ['both line breaks', 'a@x.test,Ann\r\nb@x.test,Bob\nc@x.test,Cid\r\n', ['a@x.test', 'b@x.test', 'c@x.test']],
    ['a lone CR, which is no line break here', 'a@x.test\r,Ann\rRoe\nb@x.test,Bob\n', ['a@x.test', 'b@x.test']],
    ['a BOM far from the beginning', '\ufeffa@x.test,Ann\n', ['\ufeffa@x.test']],
    ['other letters', 'jörg@bücher.test,Jörg\n', ['jörg@bücher.test']],
    ['names that every object has', '__proto__,constructor\ntoString,1\n', ['__proto__', 'toString']],
  ])('with %s', (_what, row, emails) => {
    expect(asCsv(row)).toEqual(emails)
  })

  it('in another encoding keeps what is legible', () => {
    expect(asCsv(latin1('jos\xe9@x.test,Jos\xe9\n'))).toEqual(['jos\ufffd@x.test'])
    expect(asCsv(latin1('a@x.test,Jos\xe9\n'))).toEqual(['a@x.test'])
  })

  it('gives a thousand characters of what is no address, and no half of one', () => {
    expect(asCsv(`${'a'.repeat(5_000)},Ann\n`)).toEqual(['a'.repeat(1_000)])
    expect(asCsv(`a${'😀'.repeat(900)},Ann\n`)).toEqual([`a${'😀'.repeat(499)}`])
  })

  it('of an old Mac ends with a lone CR', () => {
    expect(emailsOf('email,name\ra@x.test,"Ann\rRoe"\r\rb@x.test,Bob')).toEqual(['a@x.test', 'b@x.test'])
  })

  it('in a column beyond its end is empty', () => {
    expect(emailsOf('a;b;email\n1;2;a@x.test\n1\n1;2\n')).toEqual(['a@x.test', '', ''])
  })

  it('may be as long as rows may be, and no longer', () => {
    const row = (length: number) => `a@x.test,${'n'.repeat(length - 'a@x.test,\n'.length)}\n`
    const upload = (length: number) => `${FIRST}b@x.test,Bob\n${row(length)}c@x.test,Cid\n`
    expect(emailsOf(upload(MOST_ROW_OCTETS))).toHaveLength(4)
    expect(readAll(layoutOf(FIRST), upload(MOST_ROW_OCTETS + 1))).toMatchObject({
      rows: [{ email: 'first@x.test' }, { email: 'b@x.test' }],
      fault: { row: 3, at: FIRST.length + 13, detail: expect.stringContaining('a quote in it may not be closed') },
    })
  })

  it('with a quote that stays open ends the reading there, wherever the list ends', () => {
    const at = FIRST.length
    const open = `${FIRST}"a@x.test,Ann\nb@x.test,Bob\n`
    expect(readAll(layoutOf(FIRST), open).fault).toEqual({ row: 2, at, detail: 'A quote in this row is never closed.' })
    const long = `${open}${'c@x.test,Cid\n'.repeat(200_000)}`
    expect(readAll(layoutOf(FIRST), long)).toMatchObject({ rows: [{ from: 11, to: at }], fault: { row: 2, at } })
  })

  it('is left to the next window where this one cuts it', () => {
    const layout = layoutOf(FIRST)
    const window = octets('a@x.test,Ann\r\n\r\nb@x.test,"Bob\n')
    const read = readRows(layout, window, { isEnd: false, most: 9 })
    expect(read).toEqual({ rows: [{ from: 0, to: 14, email: 'a@x.test' }], upTo: 16 })
    expect(readRows(layout, octets('a@x.test,Ann\r'), { isEnd: false, most: 9 })).toEqual({ rows: [], upTo: 0 })
  })

  it('is left to the next turn where so many were wanted', () => {
    const layout = layoutOf(FIRST)
    const window = octets('\na@x.test,Ann\nb@x.test,Bob\n"c@x.test')
    const rows = [
      { from: 1, to: 14, email: 'a@x.test' },
      { from: 14, to: 27, email: 'b@x.test' },
    ]
    expect(readRows(layout, window, { isEnd: true, most: 2 })).toEqual({ rows, upTo: 27 })
  })

  it('is the same when its range is read again by itself', () => {
    const upload = `${FIRST}"a@x.test","Ann\nRoe"\r\n\r\nb@x.test,Bob`
    for (const { from, to, email } of readAll(layoutOf(upload), upload).rows) {
      const again = readRows(layoutOf(upload), octets(upload).subarray(from, to), { isEnd: true, most: 1 })
      expect(again).toEqual({ rows: [{ from: 0, to: to - from, email }], upTo: to - from })
    }
  })
})

describe('a row in whose form one cannot trust', () => {
  const doubtedIn = (upload: string, wish = {}) =>
    readAll(layoutOf(upload, wish), upload)
      .rows.filter(isInDoubt)
      .map(({ email }) => email)

  it.each([
    ['with a field too many', 'name,email\nAnn,a@x.test\nWeber, Karl,k@x.test\nBob,b@x.test\n', ['Karl']],
    ['with a field too few', 'id,email,x\n1,a@x.test,\n2,nobody\n3\n4,b@x.test,\n', ['nobody', '']],
    ['with fields beyond its header, as all of them', 'name,email\nWeber, Ann,a@x.test\n', ['Ann']],
    ['with one more than most, without header', 'a@x.test,1\nb@x.test,2\nRoe, c@x.test,3\n', ['Roe']],
    ['with half an address', 'email,x\na@x.test,1\na@,1,2\nb@x.test,1\n', ['a@']],
    ['but an address in its place', 'email,x\na@x.test,1\nb@x.test,1,2\nc@x.test\n', []],
    ['and as many fields as names', 'name,email\nAnn,a@x.test\nKarl,nobody\nBob,\n', []],
  ])('%s', (_what, upload, doubted) => {
    expect(doubtedIn(upload)).toEqual(doubted)
  })

  it.each([
    ['of a broken object', '{oops', ['{oops']],
    ['of a broken array', '["b@x.test"', ['["b@x.test"']],
    ['of a broken string', '"b@x.test', ['"b@x.test']],
    ['but an address as it stands', '{b}@x.test', []],
    ['of words', 'nobody', []],
    ['of JSON', '{"email": "nobody"}\n{}\n[]\n"nobody"', []],
  ])('%s', (_what, line, doubted) => {
    expect(doubtedIn(`${FIRST_LINE}${line}\n`, NDJSON)).toEqual(doubted)
  })
})

describe('a line of JSON', () => {
  it.each([
    ['an object', '{"email": "a@x.test", "id": 1}\n', ['a@x.test']],
    ['a string', '"a@x.test"\n', ['a@x.test']],
    ['an address as it stands', 'a@x.test\n', ['a@x.test']],
    ['blanks', ' {"email": " a@x.test\\t"} \r\n', ['a@x.test']],
    ['escapes', '{"\\u0065mail": "\\u0061@x.test"}\n', ['a@x.test']],
    ['no such member', '{"mail": "a@x.test"}\n', ['']],
    ['a member that is no string', '{"email": 1}\n{"email": null}\n{"email": ["a@x.test"]}\n', ['', '', '']],
    ['another value', '1\nnull\n["a@x.test"]\n', ['', '', '']],
    ['an object that is cut off', '{"email": "a@x.test"\n', ['{"email": "a@x.test"']],
    ['blank lines, which are no rows', '\n \t\r\n"a@x.test"\n\n', ['a@x.test']],
    ['no line break at the end', '"a@x.test"', ['a@x.test']],
    ['a prototype', '{"__proto__": {"email": "a@x.test"}}\n', ['']],
    ['half a character', '"\\ud800@x.test"\n', ['\ud800@x.test']],
  ])('with %s', (_what, line, emails) => {
    expect(asLine(line)).toEqual(emails)
  })

  it('has a member of any name', () => {
    const upload = '{"__proto__": "a@x.test"}\n{"constructor": "b@x.test"}\n{}\n'
    expect(emailsOf(upload, { ...NDJSON, column: '__proto__' })).toEqual(['a@x.test', '', ''])
    expect(emailsOf(upload, { ...NDJSON, column: 'constructor' })).toEqual(['', 'b@x.test', ''])
  })

  it('in another encoding keeps what is legible', () => {
    expect(asLine(latin1('{"email": "jos\xe9@x.test"}\n'))).toEqual(['jos\ufffd@x.test'])
  })

  it('that is nested beyond reason is an address as it stands', () => {
    const deep = `{"email": ${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    expect(asLine(`${deep}\n"a@x.test"\n`)).toEqual([deep.slice(0, 1_000), 'a@x.test'])
    const brackets = JSON.stringify({ email: 'a@x.test', note: `"${'['.repeat(5_000)}` })
    expect(asLine(brackets)).toEqual(['a@x.test'])
  })

  it('longer than lines may be ends the reading there', () => {
    const long = JSON.stringify('a'.repeat(MOST_ROW_OCTETS))
    const upload = `${FIRST_LINE}"a@x.test"\n${long}\n"b@x.test"\n`
    expect(readAll(layoutOf(FIRST_LINE, NDJSON), upload)).toMatchObject({
      rows: [{ email: 'first@x.test' }, { email: 'a@x.test' }],
      fault: { row: 3, at: FIRST_LINE.length + 11 },
    })
  })
})
