// Opens the policy hosts' addresses for HTTPS: the same answers as through the platform, and the certificates as they are.
import { createServer as createHttps } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { answer, POLICY_PATH } from './answer.ts'
import type { PolicyHost } from './hosts.ts'

export interface PolicyListener {
  readonly server: Server
  readonly address: string
  close(): Promise<void>
}

/** One HTTPS server behind all addresses; who names no host of ours in the handshake is shown no certificate. */
export function policyListenersFor(
  hosts: readonly PolicyHost[],
  contextOf: (host: PolicyHost) => SecureContext,
): PolicyListener[] {
  const named = new Map(hosts.map((host) => [host.name, host]))
  const https = createHttps({
    SNICallback: (name, done) => {
      const host = named.get(name.toLowerCase())
      done(null, host === undefined ? undefined : contextOf(host))
    },
  })
  https.on('request', ({ url, socket }, response) => {
    const host = named.get(String((socket as TLSSocket).servername).toLowerCase())
    if (url === POLICY_PATH && host !== undefined) answer(host.policy, response)
    else response.writeHead(404).end()
  })
  return hosts.map(({ address }) => listener(address, (socket) => https.emit('connection', socket)))
}

function listener(address: string, serve: (socket: Socket) => void): PolicyListener {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    // A client that has seen enough breaks off in the handshake.
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket))
    serve(socket)
  })
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done())
      for (const socket of sockets) socket.destroy()
    })
  return { server, address, close }
}
