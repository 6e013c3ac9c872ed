// Small DNS-over-HTTPS servers on loopback, each with records and a manner of its own, that tell what they were asked and how.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { readDohRequest } from '@postern/test/world/dns/doh-request.ts'
import { type Query, readQuery } from '@postern/test/world/dns/message.ts'
import { resolve } from '@postern/test/world/dns/resolver.ts'
import type { ResolverFault } from '@postern/test/world/dns/resolver-fault.ts'
import { parseRecord, type ResourceRecord } from '@postern/test/world/dns/zone-text.ts'
import { Zones } from '@postern/test/world/dns/zones.ts'
import type { Resolver } from '@postern/shared/dns/resolvers.ts'

export interface Question {
  readonly name: string
  readonly type: string
  readonly via: 'GET' | 'POST'
  /** Signatures were asked for (RFC 3225 §3). */
  readonly dnssecOk?: true
}

/**
 * `nxdomain` denies every name; `redirect` sends to where the answer would be; `endless` begins a body and never ends it; `busy`
 * wants to be left alone for 30 seconds; `refused` is RCODE 5.
 */
export type Manner = ResolverFault['kind'] | 'honest' | 'nxdomain' | 'redirect' | 'endless' | 'busy' | 'refused'
export type MannerOf = (question: Question) => Manner

export interface DohServer {
  readonly resolver: Resolver
  readonly asked: readonly Question[]
  /** The most questions that were open at the same time. */
  readonly most: () => number
  /** Questions that are open now. */
  readonly open: () => number
  close(): Promise<void>
}

export interface DohParts {
  /** Lines of zone text below `test`, such as `b MX 10 mx.b`; absolute names may lie below `arpa` too. */
  readonly zone?: readonly string[]
  readonly manner?: Manner | MannerOf
  readonly authentic?: boolean
  /** Zones of their own below `test` that nobody signs. */
  readonly insecure?: readonly string[]
  readonly slowMs?: number
  /** What every record has left, as a cache has it; as much as its zone gave it without it. */
  readonly ttlS?: number
  /** As if an HTTP cache had kept the answer for so long. */
  readonly ageS?: number
}

const DOH_PATH = '/dns-query'

export async function startDoh(name: string, parts: DohParts = {}): Promise<DohServer> {
  const asked: Question[] = []
  const zones = new Map<Manner, Zones>()
  const zonesOf = (manner: Manner): Zones => {
    const known = zones.get(manner) ?? zonesFor(manner, parts)
    zones.set(manner, known)
    return known
  }
  let open = 0
  let most = 0
  const server = createServer(async (request, response) => {
    open += 1
    most = Math.max(most, open)
    response.once('close', () => (open -= 1))
    const url = new URL(request.url ?? '', 'http://doh')
    const read = await readDohRequest(request, url)
    const query = read.kind === 'message' ? readQuery(read.bytes) : null
    if (read.kind !== 'message' || query === null) return void response.writeHead(400).end()
    const question = questionOf(query, read.via)
    asked.push(question)
    const manner = mannerOf(parts, question)
    if (manner === 'redirect' && url.pathname === DOH_PATH) {
      return void response.writeHead(307, { location: `/moved${url.search}` }).end()
    }
    if (manner === 'busy') return void response.writeHead(429, { 'retry-after': '30' }).end()
    const { response: answer } = resolve(zonesOf(manner), read.bytes)
    if (answer === null) return
    response.writeHead(answer.status, { 'content-type': 'application/dns-message', ...ageOf(parts) })
    if (manner === 'endless') return void response.write(answer.body.subarray(0, 12))
    if (answer.afterMs > 0) await pause(answer.afterMs)
    response.end(answer.body)
  })
  await new Promise<void>((ready) => server.listen({ host: '127.0.0.1', port: 0 }, ready))
  const { port } = server.address() as AddressInfo
  return {
    resolver: { name, url: `http://127.0.0.1:${port}${DOH_PATH}`, suffix: null },
    asked,
    most: () => most,
    open: () => open,
    close: () => closed(server),
  }
}

function questionOf({ name, type, edns }: Query, via: Question['via']): Question {
  return { name, type, via, ...(edns?.dnssecOk === true && { dnssecOk: true }) }
}

function closed(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })
}

/** A resolver where nobody listens. */
export async function deadDoh(name: string): Promise<DohServer> {
  const server = await startDoh(name)
  await server.close()
  return { ...server, close: async () => undefined }
}

function mannerOf({ manner = 'honest' }: DohParts, question: Question): Manner {
  return typeof manner === 'function' ? manner(question) : manner
}

function ageOf({ ageS }: DohParts): Record<string, string> {
  return ageS === undefined ? {} : { age: String(ageS) }
}

function zonesFor(manner: Manner, parts: DohParts): Zones {
  const { zone = [], authentic = false, insecure = [], slowMs = 30, ttlS } = parts
  const zones = new Zones()
  if (manner === 'refused') return zones
  for (const origin of ['test', 'arpa']) zones.addZone(origin, { authentic, ...faultFor(manner, slowMs) })
  for (const origin of insecure) zones.addZone(origin, faultFor(manner, slowMs))
  if (manner !== 'nxdomain') zones.put(zone.map((line) => counted(parseRecord(line, 'test'), ttlS)))
  return zones
}

function counted(record: ResourceRecord, ttlS: number | undefined): ResourceRecord {
  return ttlS === undefined ? record : { ...record, ttl: ttlS, originalTtl: record.ttl }
}

const WITHOUT_FAULT: readonly Manner[] = ['honest', 'nxdomain', 'redirect', 'endless', 'busy', 'refused']

function faultFor(manner: Manner, slowMs: number): { fault?: ResolverFault } {
  if (manner === 'slow') return { fault: { kind: 'slow', ms: slowMs } }
  return WITHOUT_FAULT.includes(manner) ? {} : { fault: { kind: manner } as ResolverFault }
}
