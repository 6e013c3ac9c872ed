// An inspecting lane of real parts, with a DNS, permits and a memory that tests can turn; every report is held to the contract.
import { createServer, type Server } from 'node:tls'
import { once } from 'node:events'
import { type InspectPorts, inspect } from '@postern/prober/inspect/inspect.ts'
import { createLooks, type LookOptions } from '@postern/prober/inspect/look.ts'
import type { SeenStore } from '@postern/prober/inspect/seen.ts'
import {
  type InspectJob,
  type InspectReport,
  inspectJob,
  inspectReport,
  type PolicyHostInspection,
  type SmtpResult,
} from '@postern/shared/contract/inspection.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { NETWORK } from './exchange.ts'
import { contextOf, type Identity, ROOT } from './identities.ts'

export const EHLO = 'a1.probe.test'
export const EXCHANGE = 'mx.inspect.test'

/** Remembers nothing, and lets everybody look. */
export const FORGETFUL: SeenStore = {
  claim: () => Promise.resolve({ kind: 'claimed' }),
  remember: () => Promise.resolve(true),
  release: () => Promise.resolve(true),
}

const LOOPBACK = [parseCidr(NETWORK)!]

export interface LaneOptions {
  readonly smtpPort: number
  readonly httpsPort?: number
  /** Addresses per name; a name that is absent does not exist. */
  readonly names: Readonly<Record<string, readonly string[]>>
  readonly ports?: Partial<InspectPorts>
  readonly looks?: Partial<LookOptions>
}

export function portsFor({ smtpPort, httpsPort = 1, names, ports, looks }: LaneOptions): InspectPorts {
  return {
    lane: { id: 'lane-1' },
    now: Date.now,
    resolveAddresses: (name, type) => {
      const own = (names[name] ?? []).filter((address) => address.includes(':') === (type === 'AAAA'))
      if (!Object.hasOwn(names, name)) return Promise.resolve({ kind: 'nxdomain', ttlS: null, authentic: false })
      if (own.length === 0) return Promise.resolve({ kind: 'nodata', ttlS: null, authentic: false })
      return Promise.resolve({ kind: 'records', data: own, ttlS: 60, authentic: false })
    },
    mayDial: (address) => globallyReachable(address, LOOPBACK),
    routeOf: async () => ({ agrees: true, optedOut: false }),
    permit: () => Promise.resolve(null),
    giveBack: () => Promise.resolve(),
    seen: FORGETFUL,
    looks: createLooks({
      loopback: LOOPBACK,
      smtpPort: 1,
      httpsPort: 1,
      loopbackSmtpPort: smtpPort,
      loopbackHttpsPort: httpsPort,
      sourceAddress: null,
      ehloName: EHLO,
      extraRoots: [ROOT],
      now: Date.now,
      ...looks,
    }),
    ...ports,
  }
}

let jobs = 0

export function jobOf(changes: Partial<InspectJob> = {}): InspectJob {
  jobs += 1
  return inspectJob.parse({
    kind: 'inspect',
    jobId: `inspection-${jobs}`,
    epoch: 1,
    domain: 'inspect.test',
    exchanges: [{ exchange: EXCHANGE }],
    policyHost: null,
    budgetMs: 5_000,
    ...changes,
  })
}

/** What is late by more than this has not kept its deadline. */
const SLACK_MS = 250

/** The report, which the contract must hold and the deadline too. */
export async function report(ports: InspectPorts, job: InspectJob = jobOf()): Promise<InspectReport> {
  const startedAt = Date.now()
  const reported = await inspect(job, ports, ports.now())
  const tookMs = Date.now() - startedAt
  if (tookMs > job.budgetMs + SLACK_MS) throw new Error(`took ${tookMs} of ${job.budgetMs} ms`)
  return inspectReport.parse(structuredClone(reported))
}

/** What came of each address of the only exchange. */
export function resultsIn({ hosts }: InspectReport): SmtpResult[] {
  const [host] = hosts
  return host?.kind === 'inspected' ? host.addresses.map(({ result }) => result) : []
}

/** A result of SMTP in words short enough for a table, such as `220 250 secured 250`. */
export function told(result: SmtpResult | undefined): string {
  if (result === undefined) return 'nothing'
  if (result.kind === 'unmeasured') return result.why
  if (result.kind === 'not_connected') return result.fault
  const { greeting, ehlo, startTls, ehloInside } = result
  return [greeting, ehlo, startTls, ehloInside]
    .filter((one) => one !== null)
    .map((one) => {
      if ('reply' in one) return one.reply.code
      if (one.kind === 'handshake_failed') return `${one.kind}:${one.how}`
      return one.kind
    })
    .join(' ')
}

export interface Https {
  readonly port: number
  /** Names that clients sent as SNI, and octets that they said. */
  readonly asked: (string | false | null)[]
  readonly heard: Buffer[]
  close(): Promise<void>
}

export async function startHttps(address: string, identity: Identity): Promise<Https> {
  const asked: Https['asked'] = []
  const heard: Buffer[] = []
  const context = contextOf(identity)
  const server: Server = createServer({ SNICallback: (_name, done) => done(null, context) }, (socket) => {
    asked.push(socket.servername)
    socket.on('error', () => undefined).on('data', (bytes) => heard.push(bytes))
  })
  server.listen(0, address)
  await once(server, 'listening')
  const at = server.address()
  return {
    port: at !== null && typeof at === 'object' ? at.port : 0,
    asked,
    heard,
    close: async () => void (await once(server.close(), 'close')),
  }
}

/** The handshake of the policy host's first address, or why there is none. */
export function handshakeOf(host: PolicyHostInspection | null) {
  if (host === null || host.kind === 'unmeasured') return host
  const result = host.addresses[0]!.result
  return result.kind === 'connected' ? result.handshake : result
}
