// A receiver of webhooks on loopback, with a manner of its own, that keeps what it was sent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Manner = (response: ServerResponse, received: Received, number: number) => void

export interface Receiver {
  readonly url: string
  readonly received: readonly Received[]
  close(): Promise<void>
}

export const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}): Manner =>
  (response) =>
    void response.writeHead(status, headers).end('a word that nobody reads')

export async function startReceiver(manner: Manner = answering(200)): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const all = await bodyOf(request)
    const one = { path: request.url ?? '', headers: request.headers as Record<string, string>, body: all }
    received.push(one)
    manner(response, one, received.length)
  })
  await new Promise<void>((ready) => server.listen({ host: '127.0.0.1', port: 0 }, ready))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
