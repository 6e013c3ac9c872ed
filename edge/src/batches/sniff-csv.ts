// The layout of a CSV: by what it separates fields, whether it has a header, which column holds addresses.
import {
  columnNamed,
  fullestColumn,
  hasNoAddress,
  knownColumn,
  looksLikeAddress,
  noAddressIn,
  quoted,
} from './address-column.ts'
import { columnNames, ownNames } from './columns.ts'
import { breakAtEnd, type Delimiter } from './layout.ts'
import { eachRecord } from './read-csv.ts'
import { atRow, type Fault, type Taken } from './row.ts'
import type { Beginning, Sniffed } from './sniff.ts'

interface Sampled {
  readonly fields: readonly string[]
  readonly from: number
  readonly to: number
}

interface Sample extends Taken {
  readonly rows: readonly Sampled[]
}

const DELIMITERS: readonly Delimiter[] = [',', ';', '\t', '|']
/** Rows that tell which delimiter it is. */
const FEW = 20
/** Rows that tell which column it is. */
const MANY = 100

/** Octets of a row that cannot be read. */
const MOST_LOOKED_AT = 1_000

const EMPTY = 'The list is empty.'
const NO_ROWS = 'The list has a header and no rows.'
const NO_COLUMN =
  'There is no column with addresses: name it with ?column=, by its name in the header or its number counted from 1.'

export function sniffCsv(beginning: Beginning): Sniffed {
  const delimiter = delimiterOf(beginning)
  const { rows, fault } = sample(beginning, delimiter, MANY + 1)
  if (fault !== undefined) return refuse('', unreadable(beginning, rows, fault))
  const [first, ...rest] = rows
  if (first === undefined) return refuse('', EMPTY)
  const names = namesOf(first.fields, rest, beginning)
  const data = names === null ? rows.slice(0, MANY) : rest
  const [begin] = data
  if (begin === undefined) return refuse('', NO_ROWS)
  const place = placeOf(beginning.column ?? '', names, data)
  if (typeof place === 'string') return refuse('?column', place)
  const addressless = addresslessIn(place, names, data)
  if (addressless !== null) return refuse('?column', addressless)
  const columns = columnNames(names ?? [], widthOf(names, data, place))
  const taken = new Set([...(names ?? []), ...columns])
  const end = breakAtEnd(beginning.text.subarray(first.from, first.to))
  return {
    ok: true,
    layout: {
      type: 'csv',
      start: beginning.start + begin.from,
      lineBreak: end === '' ? beginning.lineBreak : end,
      columns,
      own: ownNames((name) => taken.has(name)),
      hasBom: beginning.hasBom,
      delimiter,
      header: names,
      column: place,
    },
  }
}

function refuse(pointer: string, detail: string): Sniffed {
  return { ok: false, pointer, detail }
}

const decoder = new TextDecoder()

function unreadable(beginning: Beginning, rows: readonly Sampled[], { row, at, detail }: Fault): string {
  const [first, ...rest] = rows
  if (first === undefined) return beginning.header === 'yes' ? `The header: ${detail}` : atRow(row, detail, false)
  // A row that cannot be read shows as well as another one that what stands above it are names.
  const broken = { fields: [decoder.decode(beginning.text.subarray(at, at + MOST_LOOKED_AT))], from: at, to: at }
  const hasHeader = namesOf(first.fields, [...rest, broken], beginning) !== null
  return atRow(hasHeader ? row - 1 : row, detail, hasHeader)
}

function sample({ text, lineBreak, isWhole }: Beginning, delimiter: Delimiter, most: number): Sample {
  const rows: Sampled[] = []
  const form = { delimiter, lineBreak, isEnd: isWhole, most }
  const taken = eachRecord(text, form, (fields, from, to) => rows.push({ fields, from, to }))
  return { rows, ...taken }
}

/** The one that splits most of the first rows alike, into more fields where several do; a comma where none does. */
function delimiterOf(beginning: Beginning): Delimiter {
  let best: { delimiter: Delimiter; alike: number; width: number } = { delimiter: ',', alike: 0, width: 1 }
  for (const delimiter of DELIMITERS) {
    const { rows } = sample(beginning, delimiter, FEW)
    const split = rows.filter(({ fields }) => fields.length > 1)
    const { width, times: alike } = usualWidth(split)
    const isBetter = alike > best.alike || (alike === best.alike && width > best.width)
    if (split.length * 2 >= rows.length && isBetter) best = { delimiter, alike, width }
  }
  return best.delimiter
}

/** How many fields most rows have, and how many rows these are; of equals the wider. */
function usualWidth(rows: readonly Sampled[]): { width: number; times: number } {
  const times = new Map<number, number>()
  for (const { fields } of rows) times.set(fields.length, (times.get(fields.length) ?? 0) + 1)
  const [usual] = [...times].toSorted(([width, one], [wider, other]) => other - one || wider - width)
  return { width: usual?.[0] ?? 1, times: usual?.[1] ?? 0 }
}

/** The first row where it is a header. */
function namesOf(
  first: readonly string[],
  rest: readonly Sampled[],
  { header, column = '' }: Beginning,
): readonly string[] | null {
  if (header !== 'auto') return header === 'yes' ? first : null
  if (first.some(looksLikeAddress)) return null
  const isNamed = knownColumn(first) !== -1 || (/[^\s0-9]/.test(column) && columnNamed(first, column) !== -1)
  return isNamed || rest.some(({ fields }) => fields.some(looksLikeAddress)) ? first : null
}

function isNumber(column: string): boolean {
  return /^\s*[0-9]+\s*$/.test(column)
}

/** Which column holds the addresses, counted from 0; or why that is not known. */
function placeOf(column: string, names: readonly string[] | null, data: readonly Sampled[]): number | string {
  if (column.trim() !== '') return placeAsked(column, names, widest(names, data))
  const known = names === null ? -1 : knownColumn(names)
  if (known !== -1) return known
  return fullestColumn(data.map(({ fields }) => fields.entries())) ?? NO_COLUMN
}

function placeAsked(column: string, names: readonly string[] | null, width: number): number | string {
  const named = names === null ? -1 : columnNamed(names, column)
  if (named !== -1) return named
  const number = isNumber(column) ? Number(column) : 0
  if (number >= 1 && number <= width) return number - 1
  if (names !== null) return `There is no column ${quoted(column)}: the list has ${quoted(...names)}.`
  return `There is no column ${quoted(column)}: the list has no header, and its columns are numbered 1 to ${width}.`
}

/** Why the column cannot be the one; null where it may be. */
function addresslessIn(place: number, names: readonly string[] | null, data: readonly Sampled[]): string | null {
  const name = names?.[place] ?? ''
  const better = fullestColumn(data.map(({ fields }) => fields.entries())) !== undefined
  const cells = data.map(({ fields }) => fields[place])
  if (!hasNoAddress(cells, { isKnown: knownColumn([name]) === 0, better })) return null
  return noAddressIn(name.trim() === '' ? String(place + 1) : quoted(name))
}

function widest(names: readonly string[] | null, data: readonly Sampled[]): number {
  return data.reduce((width, { fields }) => Math.max(width, fields.length), names?.length ?? 0)
}

/** How many fields a row has before ours: those of the header, or more where most rows have more. */
function widthOf(names: readonly string[] | null, data: readonly Sampled[], place: number): number {
  return Math.max(names?.length ?? 0, usualWidth(data).width, place + 1)
}
