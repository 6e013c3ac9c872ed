// Puts a mail server far away: every chunk takes half a round trip on its way, and the handshake a whole one.
import { createServer, type Server } from 'node:net'
import { DelayLine } from './delay-line.ts'

/** The server's own end of a connection, told what arrives and when the client has nothing more to say. */
export interface Session {
  hear(chunk: string): void
  end(): void
}

export interface Back {
  say(text: string): void
  hangUp(): void
}

export type Opens = (back: Back) => Session

/**
 * Loopback accepts at once, so the handshake is made up for: what a client says before it could have been connected leaves
 * when it would have been, and the server sees the connection half a round trip later, as the last part of a handshake comes.
 */
export function distant(rttMs: number, opens: Opens): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const openAt = performance.now() + rttMs
    const [there, back] = [new DelayLine(), new DelayLine()]
    const arriving = (): number => Math.max(performance.now(), openAt) + rttMs / 2
    const returning = (): number => performance.now() + rttMs / 2
    let session: Session | undefined
    there.push(arriving(), () => {
      session = opens({
        say: (text) => back.push(returning(), () => void near.write(text)),
        hangUp: () => back.push(returning(), () => void near.end()),
      })
    })
    near.setEncoding('latin1')
    near.on('data', (chunk: string) => there.push(arriving(), () => session?.hear(chunk)))
    near.on('end', () => there.push(arriving(), () => session?.end()))
    near.on('error', () => near.destroy())
    near.on('close', () => {
      there.stop()
      back.stop()
    })
  })
}
