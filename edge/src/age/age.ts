// How old a domain is: what this isolate or this place remembers is used, and the registry is asked where nobody waits for it.
import { domainUrl, type RdapServers, readBootstrap, serverFor, SHIPPED } from '@postern/shared/rdap/bootstrap.ts'
import { registeredAt } from '@postern/shared/rdap/registration.ts'
import type { DomainAgeFact } from '@postern/shared/verdict/evidence.ts'
import { parse } from 'tldts'
import type { Connect } from '../http/connections.ts'
import { keep, type NearCache, putLast, recall } from '../http/near-cache.ts'
import { askRegistry, type RdapAnswer } from './rdap.ts'

export interface RdapConfig {
  /** URL of the IANA's list, or null where it is never fetched. */
  readonly bootstrap: string | null
  /** Suffix → base URL, besides and before what any list says. */
  readonly servers: Readonly<Record<string, string>>
  /** Whether the list that comes with this code is used. */
  readonly shipped: boolean
}

/** What an isolate remembers. */
export interface AgeMemory {
  readonly known: Map<string, Remembered>
  /** Server → instant until which it is left alone. */
  readonly tired: Map<string, number>
  /** Names that are being asked about. */
  readonly asking: Set<string>
  /** Those of the configuration, which go before all others. */
  readonly own: RdapServers
  /** All that are known, `own` among them. */
  servers: RdapServers
  /** Instant of the last look at the IANA's list. */
  lookedAt: number
}

interface Remembered {
  /** Null: nobody could tell. */
  readonly registeredAt: number | null
  readonly observedAt: number
  readonly until: number
}

export function openAgeMemory({ servers, shipped }: RdapConfig): AgeMemory {
  const own = new Map(Object.entries(servers))
  return {
    known: new Map(),
    tired: new Map(),
    asking: new Set(),
    own,
    servers: shipped ? new Map([...SHIPPED, ...own]) : own,
    lookedAt: 0,
  }
}

export interface AgePorts {
  readonly config: RdapConfig
  readonly memory: AgeMemory
  readonly cache: NearCache
  readonly connect: Connect
  readonly now: () => number
}

export interface Age {
  /** What is known by now; nothing is waited for. */
  readonly known: () => DomainAgeFact | null
  /** Asks the registry where nothing is remembered. Never rejects. */
  readonly learn: () => Promise<void>
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A date of registration does not change; a name that is registered anew shows it within this time. */
const KEPT_MS = 30 * DAY_MS
const ABSENT_KEPT_MS = DAY_MS
const FAILURE_KEPT_MS = HOUR_MS
/** RFC 9224 §8: the list is to be cached as HTTP allows; it changes a few times a week. */
const BOOTSTRAP_KEPT_MS = 7 * DAY_MS
const TIRED_MS = 10 * 60_000
const PAUSE_MS = 1_000
const MOST_REMEMBERED = 2_000

/** `domain` in A-form; its registrable domain is what has an age. Begins to look nearby at once. */
export function ageOf(domain: string, ports: AgePorts): Age {
  const name = parse(domain, { validateHostname: false }).domain
  if (name === null || isNobodys(name, ports)) return { known: () => null, learn: async () => undefined }
  const near = ports.memory.known.has(name) ? null : fromCache(name, ports)
  return {
    known: () => factOf(ports.memory.known.get(name), ports.now()),
    learn: async () => {
      await near
      if (isFresh(ports.memory.known.get(name), ports.now())) return
      await fromRegistry(name, ports)
    },
  }
}

/** True where no registry is known, and no list that could name one is still to be fetched. */
function isNobodys(name: string, { config, memory, now }: AgePorts): boolean {
  const isListDue = config.bootstrap !== null && now() - memory.lookedAt >= BOOTSTRAP_KEPT_MS
  return !isListDue && serverFor(memory.servers, name) === null
}

function isFresh(remembered: Remembered | undefined, now: number): remembered is Remembered {
  return remembered !== undefined && remembered.until > now
}

function factOf(remembered: Remembered | undefined, now: number): DomainAgeFact | null {
  if (!isFresh(remembered, now) || remembered.registeredAt === null) return null
  const { registeredAt: at, observedAt } = remembered
  return { kind: 'domain_age', registeredAt: at, observedAt, source: 'RDAP' }
}

const cacheUrl = (name: string): string => `https://age.invalid/1/${name}`

async function fromCache(name: string, { cache, connect, memory }: AgePorts): Promise<void> {
  const found = await connect(() => recall(cache, cacheUrl(name)))
  // Nobody else writes there.
  if (found !== null) putLast(memory.known, [name, found as Remembered], MOST_REMEMBERED)
}

async function fromRegistry(name: string, ports: AgePorts): Promise<void> {
  const { memory, connect, now } = ports
  const server = serverFor(memory.own, name) ?? (await listedServer(name, ports))
  if (server === null) return note(name, { at: null, forMs: ABSENT_KEPT_MS }, ports)
  if ((memory.tired.get(server) ?? 0) > now() || memory.asking.has(name)) return
  // One question a second: a list of new domains must not become a registry's burden.
  memory.tired.set(server, now() + PAUSE_MS)
  memory.asking.add(name)
  const answer = await connect(() => askRegistry(domainUrl(server, name)))
  memory.asking.delete(name)
  if (answer.kind === 'failure') memory.tired.set(server, now() + restMs(answer))
  await note(name, learned(answer, name, now()), ports)
}

async function listedServer(name: string, ports: AgePorts): Promise<string | null> {
  await refresh(ports)
  return serverFor(ports.memory.servers, name)
}

function restMs({ retryAfterS }: Extract<RdapAnswer, { kind: 'failure' }>): number {
  return Math.min(DAY_MS, Math.max(TIRED_MS, (retryAfterS ?? 0) * 1_000))
}

interface Learned {
  readonly at: number | null
  readonly forMs: number
}

function learned(answer: RdapAnswer, name: string, now: number): Learned {
  switch (answer.kind) {
    case 'failure':
      return { at: null, forMs: FAILURE_KEPT_MS }
    case 'absent':
      return { at: null, forMs: ABSENT_KEPT_MS }
    case 'answer': {
      const at = registeredAt(answer.value, name, now)
      return { at, forMs: at === null ? ABSENT_KEPT_MS : KEPT_MS }
    }
  }
}

async function note(name: string, { at, forMs }: Learned, { cache, connect, memory, now }: AgePorts): Promise<void> {
  const value = { registeredAt: at, observedAt: now(), until: now() + forMs }
  putLast(memory.known, [name, value], MOST_REMEMBERED)
  await connect(() => keep(cache, cacheUrl(name), { value, forMs }))
}

const BOOTSTRAP_URL = cacheUrl('bootstrap')

/** The IANA's list, from nearby where somebody fetched it within the week. */
async function refresh(ports: AgePorts): Promise<void> {
  const { config, memory, cache, connect, now } = ports
  if (config.bootstrap === null || now() - memory.lookedAt < BOOTSTRAP_KEPT_MS) return
  const url = config.bootstrap
  memory.lookedAt = now()
  const near = readBootstrap(await connect(() => recall(cache, BOOTSTRAP_URL)))
  if (near !== null) return use(near, ports)
  const answer = await connect(() => askRegistry(url))
  const list = answer.kind === 'answer' ? readBootstrap(answer.value) : null
  // A day later it is tried again; until then the list that came along serves.
  if (list === null) memory.lookedAt = now() - BOOTSTRAP_KEPT_MS + DAY_MS
  else use(list, ports)
  if (list !== null && answer.kind === 'answer') {
    await connect(() => keep(cache, BOOTSTRAP_URL, { value: answer.value, forMs: BOOTSTRAP_KEPT_MS }))
  }
}

function use(list: RdapServers, { memory }: AgePorts): void {
  memory.servers = new Map([...memory.servers, ...list, ...memory.own])
}
