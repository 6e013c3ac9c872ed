// The world's one HTTP server on loopback: DNS over HTTPS without the S, and a window on the world for other processes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Control, control } from './control.ts'
import { readDohRequest } from './dns/doh-request.ts'
import { resolve } from './dns/resolver.ts'
import type { Zones } from './dns/zones.ts'
import type { RegistryAnswer } from './registry.ts'
import type { Journal } from './journal.ts'
import { answerThroughPlatform, POLICY_PATH } from './policies/answer.ts'
import type { Policy } from './policies/policy.ts'

export interface HttpParts {
  readonly zones: Zones
  readonly journal: Journal
  readonly control: Control
  readonly timeScale: number
  /** By the names of their hosts. */
  readonly policies: ReadonlyMap<string, Policy>
  /** What the registry tells of a name. */
  readonly registration: (name: string) => RegistryAnswer
}

export interface HttpServer {
  readonly dohUrl: string
  /** Base of the registry's URLs (RFC 9082). */
  readonly rdapUrl: string
  /** Before the name of a policy host and the path of its policy. */
  readonly policyUrl: string
  close(): Promise<void>
}

const DOH_PATH = '/dns-query'
const RDAP_PATH = '/rdap/'
const POLICIES_PATH = '/policies/'

export async function startHttpServer(parts: HttpParts): Promise<HttpServer> {
  const server = createServer((request, response) => {
    // A client that goes away in mid-request is its own affair.
    route(parts, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((ready, refused) => {
    server.once('error', refused).listen({ host: '127.0.0.1', port: 0 }, ready)
  })
  const { port } = server.address() as AddressInfo
  const base = `http://127.0.0.1:${port}`
  const urls = {
    dohUrl: `${base}${DOH_PATH}`,
    rdapUrl: `${base}${RDAP_PATH}`,
    policyUrl: `${base}${POLICIES_PATH}`,
  }
  return { ...urls, close: () => closed(server) }
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })
}

async function route(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? '', 'http://world')
  if (url?.pathname === DOH_PATH) return await answerDoh(parts, request, { response, url })
  if (url?.pathname.startsWith(`${RDAP_PATH}domain/`) === true) {
    const { status, body } = parts.registration(decodeURIComponent(url.pathname.slice(`${RDAP_PATH}domain/`.length)))
    return send(response, status, { headers: { 'content-type': 'application/rdap+json' }, body: JSON.stringify(body) })
  }
  if (url?.pathname.startsWith(POLICIES_PATH) === true) return answerPolicy(parts, url, response)
  const answer = url === null ? null : control(parts.control, request.method ?? '', url)
  if (answer === null) return send(response, 404)
  send(response, answer.status, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer.body) })
}

function answerPolicy({ policies }: HttpParts, { pathname }: URL, response: ServerResponse): void {
  const asked = pathname.slice(POLICIES_PATH.length)
  if (!asked.endsWith(POLICY_PATH)) return send(response, 404)
  answerThroughPlatform(policies.get(asked.slice(0, -POLICY_PATH.length).toLowerCase()), response)
}

interface Exchange {
  readonly response: ServerResponse
  readonly url: URL
}

async function answerDoh(parts: HttpParts, request: IncomingMessage, { response, url }: Exchange): Promise<void> {
  const asked = await readDohRequest(request, url)
  if (asked.kind === 'refused') return refuse(response, asked.status)
  const resolved = resolve(parts.zones, asked.bytes)
  if (resolved.asked !== null) parts.journal.asked({ ...resolved.asked, via: asked.via })
  if (resolved.response === null) return
  const { status, body, maxAgeS, afterMs } = resolved.response
  if (afterMs > 0 && !(await waited(response, afterMs * parts.timeScale))) return
  const headers = { 'content-type': 'application/dns-message', 'cache-control': `max-age=${maxAgeS}` }
  send(response, status, { headers, body })
}

/** False where the client was gone before. */
async function waited(response: ServerResponse, ms: number): Promise<boolean> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return await pause(ms, true, { signal: gone.signal }).catch(() => false)
}

function refuse(response: ServerResponse, status: number): void {
  // The rest of a body that nobody reads must not be taken for the next request.
  const headers = status === 405 ? { allow: 'GET, POST' } : { connection: 'close' }
  send(response, status, { headers, body: '' })
}

interface Payload {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

function send(response: ServerResponse, status: number, payload: Payload = { headers: {}, body: '' }): void {
  response.writeHead(status, payload.headers).end(payload.body)
}
