// A mail server that does whatever a test wants of it, octet by octet, and a real dial to meet it with.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { createDial } from '@postern/prober/net/dial.ts'
import type { Plan } from '@postern/prober/smtp/plan.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { tlsContext } from '@postern/test/world/smtp/tls-identity.ts'
import { endingText } from '../../transcripts/transcript.ts'

/** Outside the mail world's own network, so that both can run on one machine. */
export const ADDRESS = '127.27.0.1'

export class Peer {
  readonly #raw: Socket
  #socket: Socket
  #lines: Interface
  readonly #waiting: string[] = []
  #heard: () => void = () => undefined
  #gone = false
  readonly #log: string[]

  constructor(socket: Socket, log: string[]) {
    this.#raw = socket
    this.#socket = socket
    this.#log = log
    this.#lines = this.#listen()
  }

  get gone(): boolean {
    return this.#gone
  }

  say(bytes: string | Buffer): void {
    if (!this.#gone) this.#socket.write(bytes)
  }

  /** Each octet in a write of its own. */
  async drip(text: string): Promise<void> {
    for (const octet of Buffer.from(text)) {
      this.say(Buffer.of(octet))
      await turn()
    }
  }

  /** The client's next line, or nothing once it is gone. */
  async hear(): Promise<string> {
    while (this.#waiting.length === 0 && !this.#gone) await new Promise<void>((heard) => (this.#heard = heard))
    return this.#waiting.shift() ?? ''
  }

  async untilGone(): Promise<void> {
    while (!this.#gone) await this.hear()
  }

  hangUp(): void {
    this.#socket.end()
  }

  /** RST instead of FIN. */
  reset(): void {
    this.#raw.resetAndDestroy()
  }

  async secure(): Promise<void> {
    this.#lines.close()
    this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext: tlsContext() })
    this.#lines = this.#listen()
    await Promise.race([once(this.#socket, 'secure'), once(this.#socket, 'close')]).catch(() => undefined)
  }

  #listen(): Interface {
    const leave = () => {
      this.#gone = true
      this.#heard()
    }
    this.#socket.setNoDelay(true).on('error', leave).on('close', leave)
    return createInterface({ input: this.#socket })
      .on('error', leave)
      .on('line', (line) => {
        this.#waiting.push(line)
        this.#log.push(line)
        this.#heard()
      })
  }
}

export type Behaviour = (peer: Peer) => Promise<void> | void

export interface HostileServer {
  readonly port: number
  /** What all clients said, line by line. */
  readonly heard: string[]
  /** How many connections are open as this side sees it. */
  connections(): Promise<number>
  behave(behaviour: Behaviour): void
  close(): Promise<void>
}

export async function startHostileServer(): Promise<HostileServer> {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  let behaviour: Behaviour = () => undefined
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    void behaviour(new Peer(socket, heard))
  })
  server.listen(0, ADDRESS)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port to be had')
  return {
    port: address.port,
    heard,
    connections: () => new Promise((resolve, reject) => server.getConnections((e, n) => (e ? reject(e) : resolve(n)))),
    behave: (next) => {
      heard.length = 0
      behaviour = next
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export const PLAN: Plan = {
  ehloName: 'a.probe.test',
  mailFrom: 'probe@a.probe.test',
  mailboxes: ['jane@strict.test'],
  strangers: ['stranger@strict.test'],
  controlTiming: 'after_250',
  postmaster: 'postmaster@strict.test',
  smtpUtf8: false,
  pipelining: true,
  exchange: 'mx.strict.test',
  early: null,
  window: 3,
  keep: false,
}

export interface Outcome {
  /** The ending and who was answered with what, or the fault. */
  readonly text: string
  readonly lines: readonly string[]
  readonly tookMs: number
}

export interface Patience {
  readonly deadlineMs?: number
  readonly greetingMs?: number
  readonly plan?: Partial<Plan>
}

export async function meet(
  { port }: Pick<HostileServer, 'port'>,
  { deadlineMs = 2_000, greetingMs = deadlineMs, plan }: Patience = {},
): Promise<Outcome> {
  const dial = createDial({
    loopback: [parseCidr(`${ADDRESS}/32`)!],
    port: 1,
    loopbackPort: port,
    sourceAddress: null,
    now: Date.now,
  })
  const startedAt = Date.now()
  const limits = { deadlineAt: startedAt + deadlineMs, greetingBy: startedAt + greetingMs }
  const met = await dial(ADDRESS, { ...PLAN, ...plan }, limits)
  const tookMs = Date.now() - startedAt
  if ('fault' in met) return { text: met.fault, lines: [], tookMs }
  const { told } = met.state
  return { text: endingText(met.ending, told), lines: told.flatMap(({ reply }) => reply.lines), tookMs }
}

export type Stage = 'greeting' | 'ehlo' | 'mail' | 'mailbox' | 'stranger' | 'quit'

const COURSE: readonly { readonly stage: Stage; readonly reply: string }[] = [
  { stage: 'greeting', reply: '220 mx.strict.test ESMTP\r\n' },
  { stage: 'ehlo', reply: '250 mx.strict.test\r\n' },
  { stage: 'mail', reply: '250 2.1.0 Ok\r\n' },
  { stage: 'mailbox', reply: '250 2.1.5 Ok\r\n' },
  { stage: 'stranger', reply: '550 5.1.1 No such user\r\n' },
  { stage: 'quit', reply: '221 2.0.0 Bye\r\n' },
]

export const STAGES = COURSE.map(({ stage }) => stage)

/** A decent server up to the stage whose reply is due: `changes` are replies that it gives instead of its own. */
export async function serveUntil(peer: Peer, last: Stage | null, changes: Partial<Record<Stage, string>> = {}) {
  for (const { stage, reply } of COURSE) {
    if (stage !== 'greeting') await peer.hear()
    if (stage === last) return
    peer.say(changes[stage] ?? reply)
  }
}
