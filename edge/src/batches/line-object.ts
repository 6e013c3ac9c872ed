// A line of newline-delimited JSON as the object that results are added to, whatever the line is.
import { readJson } from './json-text.ts'
import type { NdjsonLayout } from './layout.ts'
import { lineOf } from './read-ndjson.ts'

export interface LineObject {
  readonly members: Readonly<Record<string, unknown>>
  /** The same as it is written: an object's own text. */
  readonly text: string
}

/** What is no object stands under the name of the column of addresses; what is no JSON, as a string. */
export function lineObject({ key }: NdjsonLayout, raw: Uint8Array, read = readJson): LineObject {
  const line = lineOf(raw)
  const json = read(line)
  if (json !== null && line.startsWith('{')) {
    // The lines of an old Mac may have an LF between members: JSON takes it for a blank, a list of lines for its end.
    return { members: json.value as Record<string, unknown>, text: line.replaceAll(/[\r\n]/g, ' ') }
  }
  const value = json === null ? line : json.value
  return { members: { [key]: value }, text: `{${JSON.stringify(key)}:${JSON.stringify(value)}}` }
}
