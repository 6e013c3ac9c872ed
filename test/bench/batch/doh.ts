// The resolver of a list's outside: `d7.batch.test` and its fellows have a mail server on loopback, no other name exists.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decode, encode, type PacketRecord } from '../../world/dns/wire-format.ts'

const NXDOMAIN = 3
const RESPONSE_FLAGS = 0x0180

function hostOf(name: string): string | null {
  const [, digits] = /(?:^|\.)d(\d+)\.batch\.test$/.exec(name) ?? []
  const n = Number(digits)
  return digits === undefined ? null : `127.30.${Math.floor(n / 250)}.${(n % 250) + 1}`
}

function recordOf(type: string | undefined, name: string): PacketRecord[] {
  const host = hostOf(name)
  if (host === null) return []
  if (type === 'MX' && name.startsWith('d')) {
    return [{ type, name, ttl: 3_600, data: { exchange: `mx.${name}`, preference: 10 } }]
  }
  return type === 'A' && name.startsWith('mx.') ? [{ type, name, ttl: 3_600, data: host }] : []
}

function answer(message: Buffer): Buffer {
  const { id, questions = [] } = decode(message)
  const [question] = questions
  const name = question?.name.toLowerCase() ?? ''
  const flags = RESPONSE_FLAGS | (hostOf(name) === null ? NXDOMAIN : 0)
  return encode({ type: 'response', id, flags, questions, answers: recordOf(question?.type, name) })
}

/** Listens at `port` (0: a free one) and resolves with it. */
export async function startDoh({ port = 0, address = '127.0.0.1' } = {}): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { searchParams } = new URL(request.url ?? '/', 'http://x')
      const isGet = request.method === 'GET'
      const message = isGet ? Buffer.from(searchParams.get('dns') ?? '', 'base64url') : Buffer.concat(chunks)
      response.writeHead(200, { 'content-type': 'application/dns-message' }).end(answer(message))
    })
  })
  server.listen(port, address)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
