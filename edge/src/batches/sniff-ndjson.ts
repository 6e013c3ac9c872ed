// The layout of newline-delimited JSON: which member holds addresses, and what other members objects have.
import { columnNamed, fullestColumn, hasNoAddress, knownColumn, noAddressIn, quoted } from './address-column.ts'
import { ownNames } from './columns.ts'
import { objectOf, readJson } from './json-text.ts'
import type { LineBreak } from './layout.ts'
import { isColumnWithHeader, isTable, LOOKS_LIKE_CSV } from './mistaken.ts'
import { eachLine } from './read-ndjson.ts'
import { atRow, type Fault } from './row.ts'
import { sniffCsv } from './sniff-csv.ts'
import type { Beginning, Sniffed } from './sniff.ts'

type Members = Readonly<Record<string, unknown>>

/** Objects that tell which member it is. */
const MANY = 100
/** What strings are called beside no objects. */
const USUAL_KEY = 'email'

const EMPTY = 'The list is empty.'
const NOT_LINES =
  'No line is JSON by itself: write one object or one string a line, or send {"emails": […]} as application/json.'
const ONE_DOCUMENT = 'The body is one JSON document: send it as application/json.'
const NO_ADDRESS = 'No value looks like an address: send addresses, or objects with an address each.'
const NO_COLUMN = 'There is no column with addresses: name it with ?column=, by the name of the member that holds them.'

interface Lines {
  readonly count: number
  /** The first character of the first one. */
  readonly opening: string
  /** Of those that are JSON. */
  readonly values: readonly unknown[]
  /** The first ones that are none. */
  readonly plain: readonly string[]
  readonly fault?: Fault
}

export function sniffNdjson(beginning: Beginning): Sniffed {
  const { text, start, lineBreak, column = '' } = beginning
  const lines = linesOf(beginning)
  const objects = lines.values.map(objectOf).filter((members) => members !== null)
  const wrong = otherThanLines(beginning, lines, objects)
  if (wrong !== null) return refuse('', wrong)
  const names = [...new Set(objects.flatMap((members) => Object.keys(members)))]
  const found = keyOf(column.trim(), objects, names)
  if (!found.ok) return refuse('?column', found.detail)
  const addressless = addresslessIn(found.key, objects.slice(0, MANY))
  if (addressless !== null) return refuse('?column', addressless)
  const columns = names.includes(found.key) ? names : [found.key, ...names]
  const own = ownNames((name) => columns.includes(name))
  return {
    ok: true,
    layout: { type: 'ndjson', start, lineBreak: breakOf(text, lineBreak), columns, own, key: found.key },
  }
}

function linesOf({ text, lineBreak, isWhole }: Beginning): Lines {
  const values: unknown[] = []
  const plain: string[] = []
  let count = 0
  let opening = ''
  const taken = eachLine(text, { lineBreak, isEnd: isWhole, most: Infinity }, (line) => {
    if (count === 0) opening = line.slice(0, 1)
    count += 1
    const json = readJson(line)
    if (json !== null) values.push(json.value)
    else if (plain.length < MANY) plain.push(line)
  })
  return { ...taken, count, opening, values, plain }
}

/** What is wrong with the list as a whole; null where its lines may be rows. */
function otherThanLines(beginning: Beginning, lines: Lines, objects: readonly Members[]): string | null {
  const { fault, count, opening } = lines
  if (fault !== undefined) return atRow(fault.row, fault.detail, false)
  if (count === 0) return EMPTY
  if (objects.length === 0) return opening === '{' || opening === '[' ? NOT_LINES : otherThanAddresses(beginning, lines)
  return count === 1 && Array.isArray(objects[0]?.['emails']) ? ONE_DOCUMENT : null
}

/** What lines without an object are instead; null where they may be addresses. */
function otherThanAddresses(beginning: Beginning, { plain, values }: Lines): string | null {
  if (plain.length > 0) {
    const asCsv = sniffCsv({ ...beginning, header: 'auto', column: undefined })
    if (isColumnWithHeader(plain) || (asCsv.ok && isTable(asCsv.layout))) return LOOKS_LIKE_CSV
  }
  const texts = [...plain, ...values.slice(0, MANY)]
  return hasNoAddress(texts, { isKnown: true, better: false }) ? NO_ADDRESS : null
}

/** Why the member cannot be the one; null where it may be. */
function addresslessIn(key: string, objects: readonly Members[]): string | null {
  const better = fullestColumn(objects.map(Object.entries<unknown>)) !== undefined
  const cells = objects.map((members) => (Object.hasOwn(members, key) ? members[key] : undefined))
  return hasNoAddress(cells, { isKnown: knownColumn([key]) === 0, better }) ? noAddressIn(quoted(key)) : null
}

function refuse(pointer: string, detail: string): Sniffed {
  return { ok: false, pointer, detail }
}

type Key = { readonly ok: true; readonly key: string } | { readonly ok: false; readonly detail: string }

function keyOf(column: string, objects: readonly Members[], names: readonly string[]): Key {
  const [first] = objects
  if (first === undefined) return { ok: true, key: column === '' ? USUAL_KEY : column }
  if (column !== '') {
    const asked = names[columnNamed(names, column)]
    if (asked !== undefined) return { ok: true, key: asked }
    return { ok: false, detail: `No object has a member ${quoted(column)}: the list has ${quoted(...names)}.` }
  }
  const keys = Object.keys(first)
  const key =
    keys[knownColumn(keys)] ??
    names[knownColumn(names)] ??
    fullestColumn(objects.slice(0, MANY).map(Object.entries<unknown>))
  return key === undefined ? { ok: false, detail: NO_COLUMN } : { ok: true, key }
}

function breakOf(text: Uint8Array, lineBreak: LineBreak): LineBreak {
  const at = text.indexOf(0x0a)
  return at > 0 && text[at - 1] === 0x0d ? '\r\n' : lineBreak
}
