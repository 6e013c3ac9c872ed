// Rows sorted into work for lanes, as plain data: one domain's in groups of thirty, small domains' together.
import type { RouteFact, SuggestionFact } from '@postern/shared/verdict/evidence.ts'

/** One row to be asked about. */
export interface Member {
  readonly row: number
  readonly email: string
  readonly suggestion?: SuggestionFact
  /** When it is to be asked about, and how often somebody was asked or spoke. */
  readonly dueAt: number
  readonly visits: number
  /** The packed result as it would be if nothing more were learned. */
  readonly last?: string
  /** Since when its lane is of no use; null where it is again. */
  readonly lostAt?: number | null
}

/** In place of a lane: rows whose names did not resolve, which the edge looks at again. */
export const EDGE = 'edge'

/** What the edge knows of a domain whose servers are to be asked. */
export interface Destination {
  readonly domain: string
  /** Of the operator where a provider row names one, else the domain: who is asked once at a time. */
  readonly place: string
  readonly implicitMx: boolean
  readonly exchanges: readonly { readonly exchange: string; readonly preference: number }[]
  readonly route: RouteFact
}

export interface Group extends Destination {
  /** The same through all visits. */
  readonly id: string
  readonly since: number
  /** Lanes that turned out to be broken, in order. */
  readonly tried: readonly string[]
  readonly members: readonly Member[]
}

/** Members of one chunk for one bucket, with their domains once. */
export interface Stash {
  readonly destinations: readonly (Destination & { readonly lane: string })[]
  /** Row, address, which of the destinations, suggestion. */
  readonly members: readonly (readonly [row: number, email: string, destination: number, suggestion?: SuggestionFact])[]
}

/** One row of the table `groups`. */
export interface Parcel {
  readonly lane: string
  readonly groups: readonly Group[]
}

/** As many recipients as a group has, and domains that share a parcel, at most. */
export const MOST_MEMBERS = 24
const MOST_DOMAINS = 10

/** All stashes of a bucket as parcels: members in the order of their rows. */
export function parcelsOf(stashes: readonly Stash[], idOf: (n: number) => string, now: number): Parcel[] {
  const byPlace = new Map<string, { lane: string; destination: Destination; members: Member[] }>()
  for (const { destinations, members } of stashes) {
    for (const [row, email, which, suggestion] of members) {
      const found = destinations[which]
      if (found === undefined) continue
      const { lane, ...destination } = found
      const name = `${lane} ${destination.domain}`
      const place = byPlace.get(name) ?? { lane, destination, members: [] }
      byPlace.set(name, place)
      place.members.push({ row, email, dueAt: now, visits: 0, ...(suggestion === undefined ? {} : { suggestion }) })
    }
  }
  let made = 0
  const groups = [...byPlace.values()].flatMap(({ lane, destination, members }) =>
    inParts(members, MOST_MEMBERS).map((part) => {
      const group: Group = { ...destination, id: idOf((made += 1)), since: now, tried: [], members: part }
      return { lane, group }
    }),
  )
  return packed(groups)
}

/** Small groups of one lane share a row, and a job. */
function packed(groups: readonly { lane: string; group: Group }[]): Parcel[] {
  const parcels: Parcel[] = []
  const open = new Map<string, Group[]>()
  for (const { lane, group } of groups) {
    if (group.members.length > MOST_MEMBERS / 2) {
      parcels.push({ lane, groups: [group] })
      continue
    }
    const waiting = [...(open.get(lane) ?? []), group]
    const size = waiting.reduce((sum, { members }) => sum + members.length, 0)
    const isFull = waiting.length >= MOST_DOMAINS || size >= MOST_MEMBERS
    if (isFull) parcels.push({ lane, groups: waiting })
    open.set(lane, isFull ? [] : waiting)
  }
  for (const [lane, waiting] of open) if (waiting.length > 0) parcels.push({ lane, groups: waiting })
  return parcels
}

function inParts<T>(all: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, n) => all.slice(n * most, (n + 1) * most))
}

export function dueAt(groups: readonly Group[]): number {
  return Math.min(...groups.flatMap(({ members }) => members.map((member) => member.dueAt)))
}
