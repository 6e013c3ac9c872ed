// What one turn at a lane is used for: the work that is due, as much of it as a job holds and the batch can pay.
import { MAX_AGE_S } from '@postern/shared/contract/verification.ts'
import { type Agenda, askable, placeAt } from './agenda.ts'
import { parcel } from './group-book.ts'
import { type Group, MOST_MEMBERS } from './groups.ts'
import { bound, priceOfRow } from './purse.ts'
import type { State } from './state.ts'

export interface Given {
  readonly state: State
  /** How long the lane may take, in milliseconds. */
  readonly budgetMs: number
  /** Oldest evidence that will do, in seconds: of whoever was asked about without an answer, that is known already. */
  readonly maxAgeS: number
  /** Rows of the table `groups` that the work comes from. */
  readonly parcels: readonly number[]
  readonly groups: readonly Group[]
}

interface Book {
  readonly sql: SqlStorage
  readonly agenda: Agenda
  readonly state: State
}

interface Turn {
  readonly lane: string
  readonly ticket: string
  readonly now: number
}

/** As many domains as a job holds. */
const MOST_GROUPS = 10
/** After this nobody comes back with an answer. */
const FLIGHT_MS = 80_000
/** A first visit may not keep a whole job waiting for a server that takes its time; that has its own later. */
const FIRST_MS = 12_000
const AGAIN_MS = 45_000

/** Null where nothing is due, or nothing can be paid. */
export function planned({ sql, agenda, state }: Book, { lane, ticket, now }: Turn): Given | null {
  const load = new Load(new Set(agenda.busy(now)), affordable(state, agenda.inFlight(now)))
  for (const entry of agenda.due(lane, now)) {
    if (load.isFull) break
    for (const group of askable(parcel(sql, entry.id)?.groups ?? [], now))
      load.take(entry.id, group, placeAt(lane, group))
  }
  if (load.groups.length === 0) return null
  const members = load.groups.reduce((sum, group) => sum + group.members.length, 0)
  const places = load.groups.map((group) => placeAt(lane, group))
  agenda.begin(`${lane} ${ticket}`, { lane, until: now + FLIGHT_MS, places, members })
  return {
    state,
    parcels: [...load.parcels],
    groups: load.groups,
    budgetMs: load.isFirst ? FIRST_MS : AGAIN_MS,
    maxAgeS: load.isFirst ? MAX_AGE_S : 0,
  }
}

/** One job as it fills. */
class Load {
  readonly groups: Group[] = []
  readonly parcels = new Set<number>()
  readonly #busy: Set<string>
  #left: number
  /** Those who were asked about before, and had no answer, do not keep others waiting. */
  isFirst = true

  constructor(busy: Set<string>, left: number) {
    this.#busy = busy
    this.#left = left
  }

  get isFull(): boolean {
    return this.groups.length >= MOST_GROUPS || this.#left <= 0
  }

  take(parcelId: number, group: Group, place: string): void {
    if (this.#left > 0 && isNew(group) === this.isFirst && this.#joins(parcelId, group)) return
    if (this.isFull || this.#busy.has(place)) return
    if (this.groups.length === 0) this.isFirst = isNew(group)
    else if (this.isFirst !== isNew(group)) return
    const members = group.members.slice(0, this.#left)
    this.#busy.add(place)
    this.#left -= members.length
    this.parcels.add(parcelId)
    this.groups.push({ ...group, members })
  }

  /** What is left of a domain's earlier groups goes with the next one, as far as one visit reaches. */
  #joins(parcelId: number, { domain, members, tried }: Group): boolean {
    const at = this.groups.findIndex((one) => one.domain === domain)
    const first = this.groups[at]
    if (first === undefined) return false
    const more = members.slice(0, Math.min(this.#left, MOST_MEMBERS - first.members.length))
    if (more.length === 0) return true
    this.#left -= more.length
    this.parcels.add(parcelId)
    const both = [...first.members, ...more]
    this.groups[at] = { ...first, members: both, tried: [...new Set([...first.tried, ...tried])] }
    return true
  }
}

/** Nobody of it was asked about yet. */
function isNew({ members }: Group): boolean {
  return members.every(({ visits }) => visits === 0)
}

/** Recipients that can still be paid if all of them are answered for. */
export function affordable(state: State, inFlight: number): number {
  const left = Math.min(bound(state), state.allowed) - state.units
  return Math.floor(left / priceOfRow(state)) - inFlight
}
