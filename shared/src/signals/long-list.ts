// The long lists, made by `npm run lists` from packages that others keep: opened when the first name is looked up.
import { type Fingerprints, openFingerprints } from './fingerprints.ts'

/** As generated: where the names are from, and all that is kept of them. */
export interface LongListFile extends Fingerprints {
  readonly name: string
  readonly sources: readonly { readonly package: string; readonly version: string; readonly licence: string }[]
  /** Month in which it was made. */
  readonly date: string
}

export interface LongList {
  /** Name and month, such as `mailchecker 2026-11`. */
  readonly source: string
  readonly has: (name: string) => boolean
}

export function longList(file: LongListFile): LongList {
  const set = openFingerprints(file)
  return { source: `${file.name} ${file.date}`, has: (name) => set.has(name) }
}
