// Reads the rows of an uploaded list from a window of its octets: the same rows, wherever windows are cut.
import type { Layout } from './layout.ts'
import { readCsv } from './read-csv.ts'
import { readNdjson } from './read-ndjson.ts'
import type { Reach, Read } from './row.ts'

/**
 * The window begins with the first data row, or where an earlier one was read up to. What its end cuts is left to the
 * next one, unless the list ends there too; one that is longer than a row may be always tells something.
 */
export function readRows(layout: Layout, window: Uint8Array, reach: Reach): Read {
  return layout.type === 'csv' ? readCsv(layout, window, reach) : readNdjson(layout, window, reach)
}
