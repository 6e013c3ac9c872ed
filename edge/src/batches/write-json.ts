// Results as JSON: the row as an object with what became of its address behind its own members.
import { columnNames, ownNames, type OwnValue, ownValues } from './columns.ts'
import { fieldsOf } from './fields.ts'
import type { CsvLayout, Layout } from './layout.ts'
import { type LineObject, lineObject } from './line-object.ts'
import type { RowResult } from './result.ts'

type Member = readonly [name: string, value: unknown]

/** A line with its line break. An object of the list keeps its text: its numbers, and the order of its members. */
export function ndjsonRow(layout: Layout, raw: Uint8Array, result: RowResult | null): string {
  if (layout.type === 'csv') return `{${textOf([...cellsOf(layout, raw), ...ownOf(layout.own, result)])}}\n`
  const object = lineObject(layout, raw)
  const before = object.text.slice(0, -1)
  const comma = Object.keys(object.members).length === 0 ? '' : ','
  return `${before}${comma}${textOf(ownOf(freeNames(layout, object), result))}}\n`
}

/** The same as a value, in which numbers are what a double can hold. */
export function jsonRow(layout: Layout, raw: Uint8Array, result: RowResult | null): Record<string, unknown> {
  if (layout.type === 'csv') return Object.fromEntries([...cellsOf(layout, raw), ...ownOf(layout.own, result)])
  const object = lineObject(layout, raw)
  return Object.fromEntries([...Object.entries(object.members), ...ownOf(freeNames(layout, object), result)])
}

/** Fields by the names of their columns: absent ones are empty, and those beyond the last name are numbered. */
function cellsOf(layout: CsvLayout, raw: Uint8Array): Member[] {
  const { columns } = layout
  const cells = fieldsOf(raw, layout)
  const names = cells.length > columns.length ? columnNames(columns, cells.length) : columns
  return names.map((name, at) => [name, cells[at] ?? ''])
}

/** An object far down the list may have members of which its layout does not know. */
function freeNames({ columns, own }: Layout, { members }: LineObject): readonly string[] {
  if (!own.some((name) => Object.hasOwn(members, name))) return own
  return ownNames((name) => columns.includes(name) || Object.hasOwn(members, name))
}

function ownOf(names: readonly string[], result: RowResult | null): (readonly [string, OwnValue])[] {
  return ownValues(result).map((value, at) => [names[at] ?? '', value])
}

function textOf(members: readonly Member[]): string {
  return members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')
}
