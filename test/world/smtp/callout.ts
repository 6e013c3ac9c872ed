// Calling back: before it answers RCPT, a host asks the sender's own mail server whether the sender is real.
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Rule } from './character.ts'
import { say } from './reply.ts'
import type { Session } from './session.ts'

const PATIENCE_MS = 2_000

export const callsBack: Rule = async ({ session }) =>
  (await senderIsReal(session)) ? null : say(550, '5.1.8', 'Sender verify failed')

async function senderIsReal({ host, sender }: Session): Promise<boolean> {
  const domain = sender?.split('@').at(-1)?.toLowerCase() ?? ''
  const route = domain === '' ? null : host.world.resolveSender(domain)
  if (route === null) return false
  const socket = connect({ host: route.address, port: route.port, localAddress: host.address })
  socket.on('error', () => socket.destroy()).setTimeout(PATIENCE_MS, () => socket.destroy())
  try {
    return await allAccepted(socket, [`EHLO ${host.name}`, 'MAIL FROM:<>', `RCPT TO:<${sender}>`])
  } catch {
    // Refused, reset or cut off: a callout that does not end well has failed.
    return false
  } finally {
    socket.end('QUIT\r\n').resume()
  }
}

/** Says one command after every 2xx; true once the last was accepted. */
async function allAccepted(socket: Socket, commands: readonly string[]): Promise<boolean> {
  const left = [...commands]
  for await (const line of createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line[3] === '-') continue
    const next = left.shift()
    if (!line.startsWith('2')) return false
    if (next === undefined) return true
    socket.write(`${next}\r\n`)
  }
  return false
}
