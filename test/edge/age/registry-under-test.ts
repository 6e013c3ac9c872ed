// A registry on loopback whose answers a test writes, and a place to remember them: for tests of domains' ages.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AgePorts, RdapConfig } from '../../../edge/src/age/age.ts'
import { openAgeMemory } from '../../../edge/src/age/age.ts'
import { limitConnections } from '../../../edge/src/http/connections.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface Registry {
  readonly url: string
  readonly asked: readonly string[]
  close(): Promise<void>
}

export async function startRegistry(answer: Answer): Promise<Registry> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>((ready) => server.listen({ host: '127.0.0.1', port: 0 }, ready))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${port}/`, asked, close }
}

/** A cache that keeps what it is given, as long as the clock says that it may. */
export function placeAt(clock: { now: number }) {
  const kept = new Map<string, { text: string; until: number }>()
  return {
    match: async (url: string) => {
      const one = kept.get(url)
      return one === undefined || one.until <= clock.now ? undefined : new Response(one.text)
    },
    put: async (url: string, response: Response) => {
      const maxAgeS = Number(/max-age=([0-9]+)/.exec(response.headers.get('cache-control') ?? '')?.[1])
      kept.set(url, { text: await response.text(), until: clock.now + maxAgeS * 1_000 })
    },
  }
}

export function portsFor(
  config: Partial<RdapConfig>,
  clock: { now: number },
  cache: AgePorts['cache'] = placeAt(clock),
): AgePorts {
  const whole = { bootstrap: null, servers: {}, shipped: false, ...config }
  return { config: whole, memory: openAgeMemory(whole), cache, connect: limitConnections(), now: () => clock.now }
}
