// Laws of reading: rows do not depend on where windows are cut, nor overlap, and what was written is what is read.
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CsvLayout, Layout, NdjsonLayout } from '../../../edge/src/batches/layout.ts'
import { layoutOf, octets, readAll, text } from './uploads.ts'

const RUNS = { numRuns: 1_000 }

const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 })
const windows = fc.record({ sizes, most: fc.integer({ min: 1, max: 5 }) })
const piece = fc.constantFrom(
  '"',
  '""',
  ',',
  ';',
  '\n',
  '\r\n',
  '\r',
  ' ',
  'a@x.test',
  'é',
  '\ufeff',
  '\u{1f600}',
  '{',
  '\\',
)
const anything = fc
  .array(fc.oneof({ weight: 9, arbitrary: piece }, fc.string({ maxLength: 3 })), { maxLength: 40 })
  .map((pieces) => pieces.join(''))

const csvLayout = fc
  .record({ lineBreak: fc.constantFrom('\n', '\r\n', '\r'), delimiter: fc.constantFrom(',', ';') })
  .map(({ lineBreak, delimiter }): CsvLayout => {
    return { ...(layoutOf('a@x.test,b\n') as CsvLayout), lineBreak, delimiter }
  })
const jsonLayout = fc.constantFrom('\n' as const, '\r' as const).map((lineBreak): NdjsonLayout => {
  return { ...(layoutOf('{"email": "a@x.test"}', { type: 'ndjson' }) as NdjsonLayout), lineBreak }
})
const layout = fc.oneof<fc.Arbitrary<Layout>[]>(csvLayout, jsonLayout)

const line = fc.oneof(
  fc.string().map((email) => JSON.stringify({ email })),
  fc.string().map((email) => JSON.stringify(email)),
  anything,
)
const upload = fc.oneof(
  anything,
  fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
)

describe('whatever the upload is', () => {
  it('its rows and its fault do not depend on where windows are cut', () => {
    fc.assert(
      fc.property(layout, upload, windows, (layout, upload, windows) => {
        expect(readAll(layout, upload, windows)).toEqual(readAll(layout, upload))
      }),
      RUNS,
    )
  })

  it('octets that are no text change nothing in that', () => {
    fc.assert(
      fc.property(layout, fc.uint8Array({ maxLength: 80 }), windows, (layout, upload, windows) => {
        expect(readAll(layout, upload, windows)).toEqual(readAll(layout, upload))
      }),
      RUNS,
    )
  })

  it('rows follow one another, and between them stand line breaks and nothing else', () => {
    fc.assert(
      fc.property(layout, upload, (layout, upload) => {
        const { rows, fault } = readAll(layout, upload)
        let at = 0
        for (const { from, to } of [...rows, { from: fault?.at ?? octets(upload).length, to: Infinity }]) {
          expect(text(octets(upload).subarray(at, from))).toMatch(/^[\r\n\t ]*$/)
          expect(to).toBeGreaterThan(from)
          at = to
        }
      }),
      RUNS,
    )
  })

  it('a row that ends is read the same by itself', () => {
    fc.assert(
      fc.property(layout, upload, (layout, upload) => {
        for (const { from, to, ...row } of readAll(layout, upload).rows) {
          const again = readAll({ ...layout, start: 0 }, octets(upload).subarray(from, to))
          expect(again).toEqual({ rows: [{ from: 0, to: to - from, ...row }], fault: null })
        }
      }),
      RUNS,
    )
  })
})

const cell = fc.oneof(
  fc.constantFrom('', 'a@x.test', '"', 'a"b', 'Roe, Jane', 'two\nlines', 'two\r\nlines', 'é'),
  fc.string({ maxLength: 12 }),
)
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 })
const form = fc.record({ end: fc.constantFrom('\n', '\r\n', '\r'), hasBom: fc.boolean() })

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`
}

describe('a list as RFC 4180 has it', () => {
  it('is read cell by cell as it was written, in windows of any size', () => {
    fc.assert(
      fc.property(table, form, sizes, (table, { end, hasBom }, sizes) => {
        const rows = table.map((cells) => cells.map(quoted).join(','))
        const upload = `${hasBom ? '\ufeff' : ''}"name","email"${end}${rows.join(end)}`
        // What stands in quotes may hold the only LF there is.
        const layout = {
          ...layoutOf(`${hasBom ? '\ufeff' : ''}"name","email"${end}"","a@x.test"`),
          lineBreak: end,
        } as Layout
        const { rows: read, fault } = readAll(layout, upload, { sizes })
        const ascii = (text: string) => text.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '')
        expect(read.map(({ email }) => email)).toEqual(table.map(([, email]) => ascii(email!)))
        expect(fault).toBeNull()
      }),
      RUNS,
    )
  })

  it('is read as the library reads it in one piece', () => {
    fc.assert(
      fc.property(anything, sizes, (upload, sizes) => {
        const options = { relax_quotes: true, relax_column_count: true, skip_empty_lines: true }
        const layout = { ...layoutOf('a@x.test,b\n'), start: 0 }
        const { rows, fault } = readAll(layout, upload, { sizes })
        const whole = fault === null ? upload : text(octets(upload).subarray(0, fault.at))
        const records = parse(octets(whole), { ...options, record_delimiter: ['\r\n', '\n'] })
        expect(rows).toHaveLength(records.length)
        expect(rows.map(({ email }) => email)).toEqual(
          records.map(([first]) => first!.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '')),
        )
      }),
      RUNS,
    )
  })
})
