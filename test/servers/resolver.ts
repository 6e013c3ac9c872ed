// A resolver over HTTP for invented names: zones as data, and the habits of resolvers that are not the world's.
import { createServer } from 'node:http'
import { decode, encode, type PacketRecord } from '../world/dns/wire-format.ts'

const NOERROR = 0
const NXDOMAIN = 3
const RESPONSE_FLAGS = 0x0180

/** `name → records`; names that are absent do not exist. */
export type Zones = Readonly<Record<string, readonly PacketRecord[]>>

export interface Resolver {
  readonly dohUrl: string
  close(): Promise<void>
}

/** It shouts, keeps no TTL and puts an OPT behind. */
export async function startResolver(zones: Zones): Promise<Resolver> {
  const doh = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { searchParams } = new URL(request.url ?? '/', 'http://x')
      const message =
        request.method === 'GET' ? Buffer.from(searchParams.get('dns') ?? '', 'base64url') : Buffer.concat(chunks)
      response.writeHead(200, { 'content-type': 'application/dns-message' }).end(answer(message, zones))
    })
  })
  const port = await new Promise<number>((resolve) => {
    doh.listen(0, '127.0.0.1', () => resolve((doh.address() as { port: number }).port))
  })
  return {
    dohUrl: `http://127.0.0.1:${port}/resolve`,
    close: async () => {
      doh.closeAllConnections()
      await new Promise((resolve) => doh.close(resolve))
    },
  }
}

function answer(message: Buffer, zones: Zones): Buffer {
  const { id, questions = [] } = decode(message)
  const [question] = questions
  const name = question?.name.toLowerCase() ?? ''
  const records = zones[name]
  return encode({
    type: 'response',
    id,
    flags: RESPONSE_FLAGS | (records === undefined ? NXDOMAIN : NOERROR),
    questions,
    answers: (records ?? [])
      .filter(({ type }) => type === question?.type || type === 'CNAME')
      .map((record) => ({ ...record, name: record.name.toUpperCase(), ttl: 0 })),
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1_232 }],
  })
}
