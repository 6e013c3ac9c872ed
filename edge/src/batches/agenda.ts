// What of a batch's work is due when and where: kept in memory, made anew from the table whenever the object wakes.
import type { Group, Parcel } from './groups.ts'
import { dueAt } from './groups.ts'

export interface Entry {
  readonly id: number
  readonly lane: string
  readonly dueAt: number
  readonly places: readonly string[]
}

/** Work that a lane was given: by ticket, until it is told how it went or the time is over. */
interface Flight {
  readonly lane: string
  readonly until: number
  readonly places: readonly string[]
  readonly members: number
}

export class Agenda {
  readonly #entries = new Map<number, Entry>()
  readonly #flights = new Map<string, Flight>()
  /** Places that are not to be asked before an instant. */
  readonly #rests = new Map<string, number>()

  put(id: number, { lane, groups }: Parcel): void {
    this.#entries.set(id, { id, lane, dueAt: dueAt(groups), places: groups.map((group) => placeAt(lane, group)) })
  }

  drop(id: number): void {
    this.#entries.delete(id)
  }

  get size(): number {
    return this.#entries.size
  }

  /** Recipients that lanes are being asked about now. */
  inFlight(now: number): number {
    this.#land(now)
    return [...this.#flights.values()].reduce((sum, { members }) => sum + members, 0)
  }

  /** Entries of `lane` that are due, the longest waiting first, with a place that is neither being asked nor rests. */
  due(lane: string, now: number): Entry[] {
    const busy = this.busy(now)
    return [...this.#entries.values()]
      .filter((entry) => entry.lane === lane && entry.dueAt <= now && entry.places.some((place) => !busy.has(place)))
      .toSorted((one, other) => one.dueAt - other.dueAt || one.id - other.id)
  }

  /** Places at which nobody may be asked now, as `placeAt` names them. */
  busy(now: number): ReadonlySet<string> {
    this.#land(now)
    for (const [place, until] of this.#rests) if (until <= now) this.#rests.delete(place)
    return new Set([...this.#rests.keys(), ...[...this.#flights.values()].flatMap(({ places }) => places)])
  }

  /** Lanes that have something to do now. */
  lanesDue(now: number): string[] {
    const busy = this.busy(now)
    const lanes = new Set<string>()
    for (const { lane, dueAt: at, places } of this.#entries.values()) {
      if (at <= now && !lanes.has(lane) && places.some((place) => !busy.has(place))) lanes.add(lane)
    }
    return [...lanes]
  }

  /** The next instant at which something comes due that is not due now, or null. */
  nextAt(now: number): number | null {
    let next = Infinity
    for (const { dueAt: at } of this.#entries.values()) if (at > now && at < next) next = at
    for (const at of this.#rests.values()) if (at > now && at < next) next = at
    for (const { until } of this.#flights.values()) if (until > now && until < next) next = until
    return next === Infinity ? null : next
  }

  begin(ticket: string, flight: Flight): void {
    this.#flights.set(ticket, flight)
  }

  isFlying(ticket: string, now: number): boolean {
    this.#land(now)
    return this.#flights.has(ticket)
  }

  end(ticket: string): void {
    this.#flights.delete(ticket)
  }

  rest(place: string, until: number): void {
    this.#rests.set(place, Math.max(until, this.#rests.get(place) ?? 0))
  }

  #land(now: number): void {
    for (const [ticket, { until }] of this.#flights) if (until <= now) this.#flights.delete(ticket)
  }
}

/** Each lane has permits of its own for a place. */
export function placeAt(lane: string, { place }: Pick<Group, 'place'>): string {
  return `${lane} ${place}`
}

/** The groups of a parcel that have something to ask now, each with those of its members that are due. */
export function askable(groups: readonly Group[], now: number): Group[] {
  return groups
    .map((group) => ({ ...group, members: group.members.filter((member) => member.dueAt <= now) }))
    .filter(({ members }) => members.length > 0)
}
