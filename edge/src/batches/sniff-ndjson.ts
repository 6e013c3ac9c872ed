// The layout of newline-delimited JSON: which member holds addresses, and what other members objects have.
import { columnNamed, fullestColumn, knownColumn, quoted } from './address-column.ts'
import { ownNames } from './columns.ts'
import { objectOf, readJson } from './json-text.ts'
import type { LineBreak } from './layout.ts'
import { eachLine } from './read-ndjson.ts'
import { atRow } from './row.ts'
import type { Beginning, Sniffed } from './sniff.ts'

type Members = Readonly<Record<string, unknown>>

/** Objects that tell which member it is. */
const MANY = 100
/** What strings are called beside no objects. */
const USUAL_KEY = 'email'

const EMPTY = 'The list is empty.'
const NOT_LINES =
  'No line is JSON by itself: write one object or one string a line, or send {"emails": […]} as application/json.'
const NO_COLUMN = 'There is no column with addresses: name it with ?column=, by the name of the member that holds them.'

export function sniffNdjson({ text, start, lineBreak, isWhole, column = '' }: Beginning): Sniffed {
  const values: unknown[] = []
  let lines = 0
  let opening = ''
  const form = { lineBreak, isEnd: isWhole, most: Infinity }
  const { fault } = eachLine(text, form, (line) => {
    if (lines === 0) opening = line.slice(0, 1)
    lines += 1
    const json = readJson(line)
    if (json !== null) values.push(json.value)
  })
  if (fault !== undefined) return refuse('', atRow(fault.row, fault.detail, false))
  if (lines === 0) return refuse('', EMPTY)
  const objects = values.map(objectOf).filter((members) => members !== null)
  if (objects.length === 0 && (opening === '{' || opening === '[')) return refuse('', NOT_LINES)
  const names = [...new Set(objects.flatMap((members) => Object.keys(members)))]
  const found = keyOf(column.trim(), objects, names)
  if (!found.ok) return refuse('?column', found.detail)
  const columns = names.includes(found.key) ? names : [found.key, ...names]
  const own = ownNames((name) => columns.includes(name))
  return {
    ok: true,
    layout: { type: 'ndjson', start, lineBreak: breakOf(text, lineBreak), columns, own, key: found.key },
  }
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
