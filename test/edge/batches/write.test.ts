// Results as files: what was sent comes first and unchanged, and ours stands behind it, aligned and harmless.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RowResult } from '../../../edge/src/batches/result.ts'
import { csvRow } from '../../../edge/src/batches/write-csv.ts'
import { jsonRow, ndjsonRow } from '../../../edge/src/batches/write-json.ts'
import { latin1, layoutOf, octets, readAll, RESULT, text, type Upload } from './uploads.ts'
import { csvOf, each, OWN, TOLD, type Wish } from './written.ts'

const NDJSON = { type: 'ndjson' } as const

function ndjsonOf(upload: Upload, wish: Wish = {}, result: RowResult | null = RESULT): string[] {
  return each(upload, wish, (layout, raw) => ndjsonRow(layout, raw, result))
}

function jsonOf(upload: Upload, wish: Wish = {}, result: RowResult | null = RESULT): Record<string, unknown>[] {
  return each(upload, wish, (layout, raw) => jsonRow(layout, raw, result))
}

/** The last row as CSV, without what was sent. */
function toldOf(result: Partial<RowResult>, upload = 'email\na@x.test\n'): string {
  return csvOf(upload, { ...RESULT, ...result })
    .split('a@x.test')
    .at(-1)!
}

describe('a CSV as CSV', () => {
  it('keeps its octets, its line breaks and its BOM', () => {
    const upload = '\ufeffname,email\r\n"Roe, ""J""",a@x.test\r\n\r\n Bob ,b@x.test'
    expect(csvOf(upload)).toBe(`\ufeffname,email,${OWN}\r\n"Roe, ""J""",a@x.test,${TOLD}\r\n Bob ,b@x.test,${TOLD}\r\n`)
  })

  it('keeps the line break of each row', () => {
    expect(csvOf('email\r\na@x.test\nb@x.test\r\n')).toBe(`email,${OWN}\r\na@x.test,${TOLD}\nb@x.test,${TOLD}\r\n`)
  })

  it('keeps octets of other encodings', () => {
    const upload = latin1('name,email\nJos\xe9,a@x.test\n')
    const [row] = each(upload, {}, (layout, raw) => csvRow(layout, raw, null))
    expect(row).toEqual(latin1('Jos\xe9,a@x.test,,,,,,,,,\n'))
  })

  it('goes on with its own delimiter and quotes what holds it', () => {
    const told = TOLD.replaceAll(',', ';')
    expect(csvOf('n;email\n1,5;a@x.test\n')).toBe(`n;email;${OWN.replaceAll(',', ';')}\n1,5;a@x.test;${told}\n`)
    expect(toldOf({ suggestion: '"a,b"@x.test' })).toContain(',accept,"""a,b""@x.test",,2026')
    expect(toldOf({ suggestion: 'a|b@x.test' }, 'n|email\n1|a@x.test\n')).toContain('|accept|"a|b@x.test"||2026')
  })

  it('has our names above our fields, though it had no header', () => {
    expect(csvOf('a@x.test\nb@x.test')).toBe(`column_1,${OWN}\na@x.test,${TOLD}\nb@x.test,${TOLD}\n`)
  })

  it('has empty fields where nothing is known yet', () => {
    expect(csvOf('email\na@x.test\n', null)).toBe(`email,${OWN}\na@x.test,,,,,,,,,\n`)
  })

  it('tells flags, suggestion and the row that had the address first', () => {
    const told = toldOf({ flags: ['role', 'free'], suggestion: 'a@y.test', checkedAt: null, duplicateOf: 7 })
    expect(told).toBe(',deliverable,mailbox_accepted,confirmed,98,accept,a@y.test,role free,,7\n')
  })

  it.each(['=1+1@y.test', '+a@y.test', '-a@y.test', '@y.test'])(
    'tells %s so that no table takes it for a formula',
    (suggestion) => {
      expect(toldOf({ suggestion })).toContain(`,accept,'${suggestion},`)
    },
  )

  it('is written though it be no row that reading gives', () => {
    const raw = octets(',"a')
    expect(text(csvRow(layoutOf('a@x.test,1\n'), raw, null))).toMatch(/^,"a,/)
  })

  it('leaves formulas that were sent as they are', () => {
    expect(csvOf('n,email\n=1+1,a@x.test\n')).toContain('\n=1+1,a@x.test,deliverable')
  })

  it('of results sent again has ours under other names', () => {
    const once = csvOf('email\na@x.test\n')
    expect(csvOf(once)).toBe(`email,${OWN},${OWN.replaceAll(/postern_\w+/g, '$&_2')}\na@x.test,${TOLD},${TOLD}\n`)
    expect(jsonOf(once)[0]).toMatchObject({ postern_score: '98', postern_score_2: 98 })
    expect(JSON.parse(ndjsonOf(once)[0]!)).toEqual(jsonOf(once)[0])
    expect(csvOf(csvOf(once)).split('\n')[0]).toContain('postern_score_2,')
    expect(csvOf(csvOf(once)).split('\n')[0]).toContain(',postern_score_3,')
  })
})

const OURS = {
  postern_status: 'deliverable',
  postern_reason: 'mailbox_accepted',
  postern_level: 'confirmed',
  postern_score: 98,
  postern_advice: 'accept',
  postern_suggestion: null,
  postern_flags: [],
  postern_checked_at: '2026-11-21T09:44:04.934Z',
  postern_duplicate_of: null,
}
const NOTHING = Object.fromEntries(Object.keys(OURS).map((name) => [name, null]))

describe('a CSV as JSON', () => {
  it.each([
    ['named by its header', 'email,name\na@x.test,"Roe, Jane"\n', { email: 'a@x.test', name: 'Roe, Jane' }],
    ['numbered without one', 'a@x.test,Ann\n', { column_1: 'a@x.test', column_2: 'Ann' }],
    ['told apart', 'email,x,x,\na@x.test,1,2,3\n', { email: 'a@x.test', x: '1', x_2: '2', column_4: '3' }],
    ['empty where the row ends early', 'email,x\na@x.test\nb@x.test,1\n', { email: 'a@x.test', x: '' }],
    ['numbered beyond the header', 'email\na@x.test,1\nb@x.test\nc@x.test\n', { email: 'a@x.test', column_2: '1' }],
  ])('is an object with its cells %s', (_what, upload, expected) => {
    expect(jsonOf(upload)[0]).toEqual({ ...expected, ...OURS })
    expect(jsonOf(upload, {}, null)[0]).toEqual({ ...expected, ...NOTHING })
    expect(JSON.parse(ndjsonOf(upload)[0]!)).toEqual({ ...expected, ...OURS })
  })

  it('keeps the order of its columns and any name of them', () => {
    const upload = '__proto__,2,1,constructor,email\na,b,c,d,e@x.test\n'
    expect(ndjsonOf(upload)[0]).toMatch(
      /^\{"__proto__":"a","2":"b","1":"c","constructor":"d","email":"e@x.test","postern_status":/,
    )
    expect(Object.getOwnPropertyDescriptor(jsonOf(upload)[0], '__proto__')?.value).toBe('a')
    expect(jsonOf(upload)[0]).toHaveProperty('constructor', 'd')
  })
})

describe('newline-delimited JSON as JSON', () => {
  const ours = JSON.stringify(OURS).slice(1)

  it.each([
    [
      'an object with its own text',
      '{"email": "a@x.test", "n": 1.10, "id": 12345678901234567890}',
      '{"email": "a@x.test", "n": 1.10, "id": 12345678901234567890,',
    ],
    ['a string as an address', '"a@x.test"', '{"email":"a@x.test",'],
    ['what is no JSON as an address', 'Ann <a@x.test>', '{"email":"Ann <a@x.test>",'],
    ['another value under the same name', '"a@x.test"\n[1]', '{"email":[1],'],
    ['an object without members', '{"email": "a@x.test"}\n{ }', '{ '],
  ])('is %s', (_what, upload, expected) => {
    expect(ndjsonOf(upload, NDJSON).at(-1)).toBe(`${expected}${ours}\n`)
    expect(JSON.stringify(jsonOf(upload, NDJSON).at(-1))).toBe(JSON.stringify(JSON.parse(`${expected}${ours}`)))
  })

  it('is one line, whatever stands between members', () => {
    const upload = '{"email": "a@x.test"}\r{"email":\n"b@x.test"}\r'
    const layout = layoutOf('{"email": "a@x.test"}\r', NDJSON)
    const { from, to } = readAll(layout, upload).rows[1]!
    expect(ndjsonRow(layout, octets(upload).slice(from, to), RESULT)).toBe(`{"email": "b@x.test",${ours}\n`)
  })

  it('has strings under the name that objects have for addresses', () => {
    const upload = '{"mail": "a@x.test"}\n"b@x.test"\n'
    expect(jsonOf(upload, NDJSON)[1]).toEqual({ mail: 'b@x.test', ...OURS })
  })

  it('never has a name twice, though an object far down has one of ours', () => {
    const upload = `${'{"email": "a@x.test", "note": "a longer one"}\n'.repeat(7_000)}{"postern_score": "mine"}\n`
    expect(upload.length).toBeGreaterThan(262_144)
    expect(ndjsonOf(upload, NDJSON).at(-1)).toContain('"postern_score": "mine","postern_status":')
    expect(jsonOf(upload, NDJSON).at(-1)).toMatchObject({ postern_score: 'mine', postern_score_2: 98 })
  })

  it('keeps members of any name', () => {
    const upload = '{"__proto__": {"x": 1}, "constructor": "a@x.test"}\n'
    const wish = { ...NDJSON, column: 'constructor' }
    expect(Object.getOwnPropertyDescriptor(jsonOf(upload, wish)[0], '__proto__')?.value).toEqual({ x: 1 })
    expect(ndjsonOf(upload, wish)[0]).toContain('{"__proto__": {"x": 1}, "constructor": "a@x.test","postern_status"')
  })

  it('is JSON whatever the lines are', () => {
    const line = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.constant('['.repeat(9_000)),
    )
    fc.assert(
      fc.property(line, (line) => {
        for (const row of ndjsonOf(`{"email": "a@x.test"}\n${line}\n`, NDJSON)) {
          const object = JSON.parse(row) as Record<string, unknown>
          expect(object).toMatchObject({ postern_status: 'deliverable' })
          expect(row.indexOf('\n')).toBe(row.length - 1)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('newline-delimited JSON as CSV', () => {
  it('has a column for each member that its first objects have', () => {
    const upload = '{"email": "a@x.test", "name": "Roe, Jane"}\n{"email": "b@x.test", "n": 1}\n"c@x.test"\n'
    expect(csvOf(upload, RESULT, NDJSON)).toBe(
      [`email,name,n,${OWN}`, `a@x.test,"Roe, Jane",,${TOLD}`, `b@x.test,,1,${TOLD}`, `c@x.test,,,${TOLD}`, ''].join(
        '\r\n',
      ),
    )
  })

  it('has values that are no strings as JSON, and numbers to their last digit', () => {
    const upload = '{"email": "a@x.test", "id": 12345678901234567890, "tags": ["a", 98765432109876543210], "x": null}\n'
    expect(csvOf(upload, null, NDJSON).split('\r\n')[1]).toBe(
      'a@x.test,12345678901234567890,"[""a"",98765432109876543210]",null,,,,,,,,,',
    )
    expect(csvOf('"a@x.test"\n12345678901234567890\n', null, NDJSON).split('\r\n')[2]).toBe(
      '12345678901234567890,,,,,,,,,',
    )
  })

  it('survives nesting beyond reason', () => {
    const deep = `{"email": "a@x.test", "x": ${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    const upload = `{"email": "a@x.test", "x": 1}\n${deep}\n`
    const [, , row] = csvOf(upload, null, NDJSON).split('\r\n')
    expect(row).toBe(`"${deep.replaceAll('"', '""')}",,,,,,,,,,`)
    expect(JSON.stringify(jsonOf(upload, NDJSON)[1])).toContain(JSON.stringify(deep))
  })
})
