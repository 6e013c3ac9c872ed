// Opens a mail host's address and holds one conversation per connection, with an eye on how many a client opens.
import { createServer, type Server, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { SessionRecord } from '../journal.ts'
import { converse } from './conversation.ts'
import type { Host } from './host.ts'
import { newSession, type Session, violate } from './session.ts'
import { Wire } from './wire.ts'

// RFC 5321 §4.5.3.2.7: a server waits five minutes for the next command.
const IDLE_MS = 300_000

export interface Listener {
  readonly server: Server
  /** Ends every conversation at once. */
  close(): Promise<void>
}

/** Who is connected: every socket until it is closed, every session until either side has ended it. */
interface Callers {
  readonly sockets: Set<Socket>
  readonly sessions: Set<Session>
}

/** `tls` is asked when somebody wants TLS. */
export function listenerFor(host: Host, tls: () => SecureContext): Listener {
  const callers: Callers = { sockets: new Set(), sessions: new Set() }
  const server = createServer({ noDelay: true }, (socket) => {
    callers.sockets.add(socket)
    socket.once('close', () => callers.sockets.delete(socket)).setTimeout(IDLE_MS, () => socket.destroy())
    attend({ host, callers, socket, tls }).catch(() => socket.destroy())
  })
  return { server, close: () => closed(server, callers) }
}

interface Call {
  readonly host: Host
  readonly callers: Callers
  readonly socket: Socket
  readonly tls: () => SecureContext
}

async function attend({ host, callers, socket, tls }: Call): Promise<void> {
  const session = newSession(host, socket.remoteAddress ?? 'gone before it was accepted')
  const wire = new Wire(socket, () => noteComplaints(session, wire))
  const leave = (by: 'client' | 'server') => {
    callers.sessions.delete(session)
    host.world.journal.closed(session.record, by)
  }
  callers.sessions.add(session)
  socket.once('end', () => leave('client')).once('close', () => leave('client'))
  if (host.character.unwelcome !== null) violate(session, 'unwelcome', host.character.unwelcome)
  // The end of an earlier connection may be noticed in the same turn of the event loop as the next one.
  setImmediate(() => countConnections(session, callers.sessions))
  const byServer = await converse(session, wire, tls)
  leave(byServer && !saidGoodbye(session.record) ? 'server' : 'client')
}

/** A session that the client asked to end was ended by the client. */
function saidGoodbye({ commands }: SessionRecord): boolean {
  return commands.at(-1)?.line.toUpperCase().trimEnd() === 'QUIT'
}

function noteComplaints(session: Session, { inbox }: Wire): void {
  for (const complaint of inbox.takeComplaints()) {
    violate(session, complaint, session.record.commands.at(-1)?.line ?? 'before any command')
  }
}

function countConnections(session: Session, sessions: ReadonlySet<Session>): void {
  const count = [...sessions].filter(({ source }) => source === session.source).length
  if (count > session.host.character.mostConnections)
    violate(session, 'too_many_connections', `${count} at the same time`)
}

function closed(server: Server, { sockets, sessions }: Callers): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
    for (const { host, record } of sessions) host.world.journal.closed(record, 'world')
    for (const socket of sockets) socket.destroy()
  })
}
