// Turns data rows into mail hosts, each at a loopback address of its own.
import { unwelcoming } from './characters.ts'
import type { DomainRow } from './domain-row.ts'
import type { Character } from './smtp/character.ts'
import type { Host, Surroundings } from './smtp/host.ts'

/** The network in which every mail host of the world listens. */
export const NETWORK = '127.25.0.0/16'
const HOSTS_PER_BLOCK = 250
/** A domain's exchanges are in networks of their own, so that they do not fail together. */
const BLOCKS_PER_RANK = 64

export function hostsOf(rows: readonly DomainRow[], world: Surroundings): Host[] {
  const places = rows.flatMap((row) => (row.mx ?? []).map((character, index) => ({ row, character, index })))
  return places.map(({ row, character, index }, place) => ({
    ...blankHost(hostName(row.domain, index), character, world),
    address: addressOf(place, index),
    serves: new Map([[row.domain, mailboxesOf(row)]]),
  }))
}

function addressOf(place: number, index: number): string {
  const block = 1 + BLOCKS_PER_RANK * Math.min(index, 2) + Math.floor(place / HOSTS_PER_BLOCK)
  return `127.25.${block}.${1 + (place % HOSTS_PER_BLOCK)}`
}

export function hostName(domain: string, index: number): string {
  return `mx${index === 0 ? '' : index + 1}.${domain}`
}

/** Listens where no client that guards its targets may go. */
export function trapOutside(world: Surroundings): Host {
  return { ...blankHost('trap', unwelcoming('outside the network that may be dialled'), world), address: '127.0.0.1' }
}

function blankHost(name: string, character: Character, world: Surroundings): Host {
  return { name, address: '', character, serves: new Map(), firstVisits: new Map(), earlyOffers: new Map(), world }
}

function mailboxesOf({
  boxes = {},
}: DomainRow): Host['serves'] extends Map<string, infer Mailboxes> ? Mailboxes : never {
  return new Map(Object.entries(boxes).map(([local, { state }]) => [local.normalize('NFC'), state]))
}
