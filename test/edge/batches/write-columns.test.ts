// Results as CSV stand in their columns, whatever the rows are.
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldsOf } from '../../../edge/src/batches/fields.ts'
import type { CsvLayout } from '../../../edge/src/batches/layout.ts'
import { csvRow } from '../../../edge/src/batches/write-csv.ts'
import { jsonRow } from '../../../edge/src/batches/write-json.ts'
import { latin1, layoutOf, octets, readAll, RESULT } from './uploads.ts'
import { csvOf, each, OWN, TOLD } from './written.ts'

describe('a CSV as CSV', () => {
  it('has our fields below our names, though a row is too short or the header is', () => {
    expect(csvOf('email,b,c\na@x.test\nb@x.test,"1,1"\n')).toBe(
      `email,b,c,${OWN}\na@x.test,,,${TOLD}\nb@x.test,"1,1",,${TOLD}\n`,
    )
    expect(csvOf('email,b\na@x.test,1,\nb@x.test,2,\n')).toBe(
      `email,b,,${OWN}\na@x.test,1,,${TOLD}\nb@x.test,2,,${TOLD}\n`,
    )
  })

  it('has our fields below our names, though a row is too long: what is too much stays in its last column', () => {
    const row = 'Weber, Karl,karl.weber@strict.test,Bonn'
    expect(csvOf(`name,email,city\nAnn,a@x.test,Rome\n${row}\r\nBob,b@x.test,\n`)).toBe(
      `name,email,city,${OWN}\nAnn,a@x.test,Rome,${TOLD}\nWeber, Karl,"karl.weber@strict.test,Bonn",${TOLD}\r\nBob,b@x.test,,${TOLD}\n`,
    )
    expect(csvOf('a;email\n1;a@x.test\n2;b@x.test\n3;c@x.test;"b;""c""";d\n').split('\n')[3]).toBe(
      `3;"c@x.test;""b;""""c"""""";d";${TOLD.replaceAll(',', ';')}`,
    )
    expect(csvOf('email\na@x.test\nb@x.test,1\nc@x.test\n').split('\n')[2]).toBe(`"b@x.test,1",${TOLD}`)
  })

  it('has no empty fields beyond its columns', () => {
    expect(csvOf('id,email\n1,a@x.test\n2,b@x.test\n3,c@x.test,,""\n').split('\n')[3]).toBe(`3,c@x.test,${TOLD}`)
  })

  it('keeps octets of other encodings in a row that is too long', () => {
    const upload = latin1('name,email\nJos\xe9,a@x.test,M\xfcnchen\nAnn,b@x.test\nBob,c@x.test\n')
    const [row] = each(upload, {}, (layout, raw) => csvRow(layout, raw, null))
    expect(row).toEqual(latin1('Jos\xe9,"a@x.test,M\xfcnchen",,,,,,,,,\n'))
  })

  const cell = fc.oneof(
    fc.constantFrom('', '"', '","', 'a"b', 'Roe, Jane', 'two\nlines', '=1'),
    fc.string({ maxLength: 8 }),
  )
  const end = fc.constantFrom('\n', '\r\n')
  const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })

  it('has each cell that was sent and each of ours in its column, whatever the cells are', () => {
    fc.assert(
      fc.property(table, end, fc.boolean(), (table, end, isQuoted) => {
        const write = (text: string): string =>
          isQuoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
        const rows = table.filter((cells) => isQuoted || cells.join('') !== '')
        const lines = [['email', 'b', 'c', 'd'], ['a@x.test', '1', '2', '3'], ...rows].map((cells) =>
          cells.map(write).join(','),
        )
        const written = parse(csvOf(lines.join(end), { ...RESULT, suggestion: 'b"@x.test' }), { columns: true })
        for (const [at, cells] of rows.entries()) {
          const [email = '', b = '', c = '', d = ''] = cells
          expect(written[at + 1]).toMatchObject({
            email,
            b,
            c,
            d,
            postern_status: 'deliverable',
            postern_suggestion: 'b"@x.test',
          })
        }
        expect(written).toHaveLength(rows.length + 1)
      }),
      { numRuns: 1_000 },
    )
  })

  const piece = fc.constantFrom('"', '""', ',', '\n', '\r\n', ' ', 'a', 'é', ';')

  it('is read back with all of its cells and ours, however wrong its quotes are', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const upload = pieces.join('')
        const layout = { ...(layoutOf('a@x.test,1,2\n') as CsvLayout), start: 0 }
        const options = { relax_quotes: true, relax_column_count: true, record_delimiter: ['\r\n', '\n'] }
        for (const { from, to } of readAll(layout, upload).rows) {
          const raw = octets(upload).slice(from, to)
          const [sent] = parse(raw, options)
          const written = parse(csvRow(layout, raw, RESULT), options)
          const [, , last = '', ...rest] = sent!
          const isTooLong = rest.some((cell) => cell !== '')
          const third = isTooLong ? written[0]![2]! : last
          expect(written).toEqual([[sent![0], sent![1] ?? '', third, ...TOLD.split(',')]])
          if (isTooLong) expect(fieldsOf(octets(third), layout)).toEqual(sent!.slice(2))
          expect(Object.values(jsonRow(layout, raw, null)).slice(0, sent!.length)).toEqual(sent)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
