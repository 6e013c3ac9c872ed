// An exchange that answers as a test tells it to, behind whatever names and domains a story needs, and a lane that meets it.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { ProbePorts } from '@postern/prober/probe.ts'
import { createDial } from '@postern/prober/net/dial.ts'
import type { ProbeJob } from '@postern/shared/contract/probe.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'

/** Outside the mail world's own network. */
const ADDRESS = '127.27.0.2'
/** What the lane believes to have dialled. */
export const SHOWN_ADDRESS = '192.0.2.1'

/** A reply's text without its CRLF; null hangs up, the empty text stays silent. */
type Answer = (line: string) => string | null
export type Script = Partial<Record<'greeting' | 'EHLO' | 'MAIL' | 'RCPT' | 'RSET', Answer>>

export interface ScriptedExchange {
  /** Lines of each session, in order. */
  readonly sessions: string[][]
  /** Where it really listens. */
  readonly listens: { readonly address: string; readonly port: number }
  behave(script: Script): void
  /** What makes a lane take this for the exchange of every domain. */
  ports(now: () => number): Pick<ProbePorts, 'resolveAddresses' | 'mayDial' | 'routeOf' | 'dial'>
  close(): Promise<void>
}

export const EHLO = '250-mx\r\n250 PIPELINING'
export const EHLO_EARLY = '250-mx\r\n250-PIPELINING\r\n250 PIPE_CONNECT'

const DECENT: Required<Script> = {
  greeting: () => '220 mx ESMTP',
  EHLO: () => EHLO,
  MAIL: () => '250 2.1.0 Ok',
  RCPT: (line) => (/<(jane|postmaster)/.test(line) ? '250 2.1.5 Ok' : '550 5.1.1 No such user'),
  RSET: () => '250 2.0.0 Ok',
}

function attend(socket: Socket, script: Required<Script>, heard: string[]): void {
  const answer = (text: string | null) => {
    if (text === null) socket.destroy()
    else if (text !== '') socket.write(`${text}\r\n`)
  }
  socket.on('error', () => undefined)
  createInterface({ input: socket })
    .on('error', () => undefined)
    .on('line', (line) => {
      heard.push(line)
      const verb = line.split(' ')[0] ?? ''
      if (verb === 'QUIT') socket.end('221 2.0.0 Bye\r\n')
      else answer(verb in script ? script[verb as keyof Script](line) : '500 5.5.2 What?')
    })
  answer(script.greeting(''))
}

export async function startScriptedExchange(): Promise<ScriptedExchange> {
  let script = DECENT
  const sessions: string[][] = []
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    const heard: string[] = []
    sessions.push(heard)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    attend(socket, script, heard)
  })
  server.listen(0, ADDRESS)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const dialAt = (now: () => number) =>
    createDial({ loopback: [parseCidr(`${ADDRESS}/32`)!], port: 1, loopbackPort: port, sourceAddress: null, now })
  return {
    sessions,
    listens: { address: ADDRESS, port },
    behave: (changes) => {
      sessions.length = 0
      script = { ...DECENT, ...changes }
    },
    ports: (now) => ({
      resolveAddresses: async () => ({ kind: 'records', data: [SHOWN_ADDRESS], ttlS: 60, authentic: false }),
      mayDial: () => true,
      routeOf: async () => ({ agrees: true, optedOut: false }),
      dial: (_, plan, limits) => dialAt(now)(ADDRESS, plan, limits),
    }),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

let jobs = 0

/** A job for an address at an exchange of any name. */
export function jobAt(exchange: string, address: string, changes: Partial<ProbeJob> = {}): ProbeJob {
  jobs += 1
  const at = address.lastIndexOf('@')
  return {
    kind: 'probe',
    jobId: `scripted-${jobs}`,
    epoch: 1,
    localPart: address.slice(0, at),
    domain: address.slice(at + 1),
    implicitMx: false,
    exchanges: [{ exchange, preference: 10 }],
    smtpUtf8: false,
    budgetMs: 4_000,
    maxAgeS: 604_800,
    ...changes,
  }
}
