// A resolver 15 ms away, in a process of its own: every name has one mail host, which has one address. `GET /asked` counts.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readDohRequest } from '@postern/test/world/dns/doh-request.ts'
import { failed, type Query, readQuery, type Response, writeResponse } from '@postern/test/world/dns/message.ts'
import { parseRecord, type ResourceRecord, startOfAuthority } from '@postern/test/world/dns/zone-text.ts'

export const AWAY_MS = 15
/** Below the network that a local run takes for the Internet. */
const ADDRESS = '127.25.0.9'

let asked = 0

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '', 'http://resolver')
  if (url.pathname === '/asked') return void response.end(String(asked))
  const read = await readDohRequest(request, url)
  const query = read.kind === 'message' ? readQuery(read.bytes) : null
  if (query === null) return void response.writeHead(400).end()
  asked += 1
  const body = writeResponse(query, found(query))
  setTimeout(() => response.writeHead(200, { 'content-type': 'application/dns-message' }).end(body), AWAY_MS)
})

function found({ name, type }: Query): Response {
  const answers = recordsOf(name.toLowerCase(), type)
  const authorities = answers.length > 0 ? [] : [startOfAuthority(name.split('.').slice(-2).join('.'))]
  return { ...failed('NOERROR'), answers, authorities }
}

function recordsOf(name: string, type: string): ResourceRecord[] {
  if (type === 'MX' && !name.startsWith('mx.')) return [parseRecord(`${name}. MX 10 mx.${name}.`, 'bench')]
  return type === 'A' ? [parseRecord(`${name}. A ${ADDRESS}`, 'bench')] : []
}

if (process.send !== undefined) {
  for (const signal of ['SIGTERM', 'disconnect'] as const) process.once(signal, () => process.exit())
  server.keepAliveTimeout = 60_000
  server.listen({ host: '127.0.0.1', port: 0 }, () => {
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  })
}
