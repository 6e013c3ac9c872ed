// Starts the mail world, an invented internet on loopback: resolver, mail hosts and their journal, for `npm start` and for tests.
import { tlsContext } from './smtp/tls-identity.ts'
import { domains, SENDER_DOMAIN } from './domains.ts'
import { BLOCK_LIST, testEntries } from './dns/block-list.ts'
import { Zones } from './dns/zones.ts'
import { hostName, hostsOf, NETWORK, trapOutside } from './hosts.ts'
import { startHttpServer } from './http-server.ts'
import { type AskedQuestion, Journal, type SessionRecord, type Violation } from './journal.ts'
import { type LaneIdentity, lanesOf } from './lanes.ts'
import { type Mishaps, mishapsOf } from './mishaps.ts'
import type { Host, Route, Surroundings } from './smtp/host.ts'
import { listenerFor } from './smtp/listener.ts'
import { listenAtOnePort } from './smtp/ports.ts'
import { type Truth, worldTruth } from './truth.ts'
import { registration } from './registry.ts'
import { recordsOf, reverseZone, zonesOf } from './zone-of-row.ts'

export interface WorldOptions {
  /** Factor for delays that pass in real time, such as a late greeting; 1 by default. */
  readonly timeScale?: number
  /** Milliseconds since the epoch; greylists read it, `advance` adds to it. */
  readonly clock?: () => number
}

export interface World extends Mishaps {
  /** Where DNS questions go (RFC 8484), over plain HTTP. */
  readonly dohUrl: string
  /** Base of the registry's URLs (RFC 9082), over plain HTTP. */
  readonly rdapUrl: string
  /** The one port of all mail hosts. */
  readonly smtpPort: number
  /** The network that holds all mail hosts. */
  readonly network: typeof NETWORK
  readonly truth: readonly Truth[]
  sessions(): readonly SessionRecord[]
  violations(): readonly Violation[]
  queries(): readonly AskedQuestion[]
  /** Lets that many milliseconds pass for whatever reads the world's clock. */
  advance(ms: number): void
  /** Forgets what happened and whom greylists have seen; lanes and the clock stay. */
  reset(): void
  /** Gives a lane its names, its addresses and a sender that takes mail; again, after a mishap. */
  addLane(lane: LaneIdentity): void
  /** Ends everything at once. */
  close(): Promise<void>
}

export async function startWorld({ timeScale = 1, clock = Date.now }: WorldOptions = {}): Promise<World> {
  const time = { advancedMs: 0, smtpPort: 0 }
  const now = () => clock() + time.advancedMs
  const journal = new Journal(now)
  const zones = new Zones()
  const resolveSender = (domain: string) => routeTo(zones, domain, time.smtpPort)
  const hosts = settle(zones, { journal, now, timeScale, resolveSender })
  const mail = await startMail(hosts)
  time.smtpPort = mail.port
  const control = {
    sessions: journal.sessions,
    violations: journal.violations,
    queries: journal.queries,
    advance: (ms: number) => void (time.advancedMs += ms),
    reset: () => forget(journal, hosts),
  }
  const http = await startHttpServer({
    zones,
    journal,
    control,
    timeScale,
    registration: (name) => registration(domains, name, now()),
  })
  const senders = senderHost(hosts)
  const lanes = lanesOf(zones, senders)
  return {
    ...control,
    ...mishapsOf(zones, senders),
    dohUrl: http.dohUrl,
    rdapUrl: http.rdapUrl,
    smtpPort: mail.port,
    network: NETWORK,
    truth: worldTruth(),
    addLane: (lane) => lanes.add(lane),
    close: async () => void (await Promise.all([http.close(), mail.close()])),
  }
}

/** Gives every domain its hosts and its records. */
function settle(zones: Zones, surroundings: Surroundings): Host[] {
  const hosts = hostsOf(domains, surroundings)
  // As top-level domains are: what it says of the domains below it can be told from a forgery.
  zones.addZone('test', { authentic: true })
  for (const zone of ['world.test', BLOCK_LIST, ...new Set(hosts.map(({ address }) => reverseZone(address)))]) {
    zones.addZone(zone)
  }
  for (const row of domains) {
    for (const [origin, options] of zonesOf(row)) zones.addZone(origin, options)
    const own = hosts.filter(({ serves }) => serves.has(row.domain))
    zones.put(
      recordsOf(
        row,
        own.map(({ address }) => address),
      ),
    )
  }
  zones.put(testEntries(BLOCK_LIST))
  return [...hosts, trapOutside(surroundings)]
}

async function startMail(hosts: readonly Host[]): Promise<{ port: number; close(): Promise<void> }> {
  const tls = tlsContext()
  const open = hosts.filter(({ character }) => character.listens)
  const listeners = open.map((host) => ({ address: host.address, ...listenerFor(host, tls) }))
  const port = await listenAtOnePort(listeners)
  return { port, close: async () => void (await Promise.all(listeners.map((listener) => listener.close()))) }
}

function senderHost(hosts: readonly Host[]): Host {
  const host = hosts.find(({ name }) => name === hostName(SENDER_DOMAIN, 0))
  if (host === undefined) throw new Error(`no mail host for ${SENDER_DOMAIN}`)
  return host
}

/** Where a callout finds the mail server of a sender's domain: its first exchange in the world. */
function routeTo(zones: Zones, domain: string, port: number): Route | null {
  const exchanges = zones
    .lookup({ name: domain, type: 'MX' })
    .answers.flatMap((record) => (record.type === 'MX' ? [record.data] : []))
  const first = exchanges.toSorted((one, other) => one.preference - other.preference)[0]
  const addresses = zones.lookup({ name: first?.exchange ?? '.', type: 'A' }).answers
  const found = addresses.find(({ type }) => type === 'A')
  return typeof found?.data === 'string' ? { address: found.data, port } : null
}

function forget(journal: Journal, hosts: readonly Host[]): void {
  journal.clear()
  for (const { firstVisits } of hosts) firstVisits.clear()
}
