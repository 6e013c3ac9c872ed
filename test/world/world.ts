// Starts the mail world, an invented internet on loopback: resolver, mail hosts and their journal, for `npm start` and for tests.
import { domains, SENDER_DOMAIN } from './domains.ts'
import { BLOCK_LIST, testEntries } from './dns/block-list.ts'
import { Zones } from './dns/zones.ts'
import { hostName, hostsOf, NETWORK, trapOutside } from './hosts.ts'
import { startHttpServer } from './http-server.ts'
import { type AskedQuestion, Journal, type SessionRecord, type Violation } from './journal.ts'
import { type LaneIdentity, lanesOf } from './lanes.ts'
import { type Mishaps, mishapsOf } from './mishaps.ts'
import { type PolicyHost, policyHostName, policyHostsOf } from './policies/hosts.ts'
import { policyListenersFor } from './policies/listener.ts'
import type { Host, Route, Surroundings } from './smtp/host.ts'
import { listenerFor } from './smtp/listener.ts'
import { listenAtOnePort, type Opening } from './smtp/ports.ts'
import { type Identities, makeIdentities } from './tls/identities.ts'
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
  /** Before the name of a policy host and the path of its policy: what a Worker's `fetch` would make of `https://`. */
  readonly policyUrl: string
  /** The one port of all mail hosts. */
  readonly smtpPort: number
  /** The one port of all policy hosts, for HTTPS. */
  readonly httpsPort: number
  /** Certificate of the world's authority in PEM: made at start, and trusted by nobody who is not told to. */
  readonly root: string
  /** The network that holds all mail hosts and policy hosts. */
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
  const policyHosts = policyHostsOf(domains)
  const hosts = settle(zones, policyHosts, { journal, now, timeScale, resolveSender })
  const identities = makeIdentities(Date.now)
  const [mail, web] = await Promise.all([startMail(hosts, identities), startPolicyHosts(policyHosts, identities)])
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
    policies: new Map(policyHosts.map(({ name, policy }) => [name, policy])),
    registration: (name) => registration(domains, name, now()),
  })
  const senders = senderHost(hosts)
  const lanes = lanesOf(zones, senders)
  return {
    ...control,
    ...mishapsOf(zones, senders),
    dohUrl: http.dohUrl,
    rdapUrl: http.rdapUrl,
    policyUrl: http.policyUrl,
    smtpPort: mail.port,
    httpsPort: web.port,
    root: identities.root,
    network: NETWORK,
    truth: worldTruth(),
    addLane: (lane) => lanes.add(lane),
    close: async () => void (await Promise.all([http.close(), mail.close(), web.close()])),
  }
}

/** Gives every domain its hosts and its records. */
function settle(zones: Zones, policyHosts: readonly PolicyHost[], surroundings: Surroundings): Host[] {
  const hosts = hostsOf(domains, surroundings)
  // As top-level domains are: what it says of the domains below it can be told from a forgery.
  zones.addZone('test', { authentic: true })
  for (const zone of ['world.test', BLOCK_LIST, ...new Set(hosts.map(({ address }) => reverseZone(address)))]) {
    zones.addZone(zone)
  }
  for (const row of domains) {
    for (const [origin, options] of zonesOf(row)) zones.addZone(origin, options)
    const own = hosts.filter(({ serves }) => serves.has(row.domain))
    const policyHost = policyHosts.find(({ name }) => name === policyHostName(row.domain))
    zones.put(recordsOf(row, { exchanges: own.map(({ address }) => address), policyHost: policyHost?.address ?? null }))
  }
  zones.put(testEntries(BLOCK_LIST))
  return [...hosts, trapOutside(surroundings)]
}

interface Opened {
  readonly port: number
  close(): Promise<void>
}

async function startMail(hosts: readonly Host[], identities: Identities): Promise<Opened> {
  const open = hosts.filter(({ character }) => character.listens)
  return await openAll(
    open.map((host) => ({
      address: host.address,
      ...listenerFor(host, () => identities.contextOf(host.name, host.character)),
    })),
  )
}

async function startPolicyHosts(hosts: readonly PolicyHost[], identities: Identities): Promise<Opened> {
  const open = hosts.filter(({ policy }) => policy.unreachable !== true)
  return await openAll(
    policyListenersFor(open, ({ name, policy: { certificate = 'valid' } }) =>
      identities.contextOf(name, { certificate, tlsVersion: 'TLSv1.3' }),
    ),
  )
}

async function openAll(listeners: readonly (Opening & Pick<Opened, 'close'>)[]): Promise<Opened> {
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
