// Mail exchanges that do whatever a test wants of them, octet by octet, at loopback addresses of their own and one port.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import { type SecureContext, TLSSocket } from 'node:tls'

export const NETWORK = '127.28.0.0/24'

/** One client, as the exchange meets it. */
export class Caller {
  readonly #raw: Socket
  readonly #heard: string[]
  readonly #waiting: string[] = []
  #socket: Socket
  #lines: Interface
  #wake: () => void = () => undefined
  #gone = false

  constructor(socket: Socket, heard: string[]) {
    this.#raw = socket
    this.#socket = socket
    this.#heard = heard
    this.#lines = this.#listen()
  }

  say(bytes: string | Buffer): void {
    if (!this.#gone) this.#socket.write(bytes)
  }

  /** The client's next line, or nothing once it is gone. */
  async hear(): Promise<string> {
    while (this.#waiting.length === 0 && !this.#gone) await new Promise<void>((wake) => (this.#wake = wake))
    return this.#waiting.shift() ?? ''
  }

  async untilGone(): Promise<void> {
    while (!this.#gone) await this.hear()
  }

  get gone(): boolean {
    return this.#gone
  }

  /** Once the client has sent something more, lines or not. */
  async untilBytes(): Promise<void> {
    await Promise.race([once(this.#raw, 'data'), once(this.#raw, 'close')]).catch(() => undefined)
  }

  hangUp(): void {
    this.#socket.end()
  }

  /** RST instead of FIN. */
  reset(): void {
    this.#raw.resetAndDestroy()
  }

  async secure(secureContext: SecureContext): Promise<void> {
    this.#lines.close()
    this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext })
    this.#lines = this.#listen()
    await Promise.race([once(this.#socket, 'secure'), once(this.#socket, 'close')]).catch(() => undefined)
  }

  #listen(): Interface {
    const leave = () => {
      this.#gone = true
      this.#wake()
    }
    this.#socket.setNoDelay(true).on('error', leave).on('close', leave)
    return createInterface({ input: this.#socket })
      .on('error', leave)
      .on('line', (line) => {
        this.#waiting.push(line)
        this.#heard.push(line)
        this.#wake()
      })
  }
}

export type Behaviour = (caller: Caller) => Promise<void> | void

export interface Exchanges {
  readonly port: number
  /** What all clients said since the last `behave`, line by line. */
  readonly heard: string[]
  /** Addresses that were called since then, in order. */
  readonly called: string[]
  /** From now on, at all addresses or at one. */
  behave(behaviour: Behaviour, at?: string): void
  /** Connections that are open as this side sees it. */
  open(): number
  close(): Promise<void>
}

export async function startExchanges(addresses: readonly string[]): Promise<Exchanges> {
  const heard: string[] = []
  const called: string[] = []
  const sockets = new Set<Socket>()
  const behaviours = new Map<string, Behaviour>()
  const servers: Server[] = []
  let port = 0
  for (const address of addresses) {
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
      called.push(address)
      void behaviours.get(address)?.(new Caller(socket, heard))
    })
    server.listen(port, address)
    await once(server, 'listening')
    const at = server.address()
    if (at !== null && typeof at === 'object') port = at.port
    servers.push(server)
  }
  return {
    port,
    heard,
    called,
    behave: (behaviour, at) => {
      heard.length = 0
      called.length = 0
      for (const address of at === undefined ? addresses : [at]) behaviours.set(address, behaviour)
    },
    open: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => once(server.close(), 'close')))
    },
  }
}

export type Stage = 'greeting' | 'ehlo' | 'starttls' | 'handshake' | 'ehlo_inside'

/** What a decent exchange says, unless `changes` has something else. */
export const DECENT: Readonly<Record<Exclude<Stage, 'handshake'>, string>> = {
  greeting: '220 mx.inspect.test ESMTP ready\r\n',
  ehlo: '250-mx.inspect.test greets you\r\n250-SIZE 35882577\r\n250-PIPELINING\r\n250 STARTTLS\r\n',
  starttls: '220 2.0.0 Go ahead\r\n',
  ehlo_inside: '250-mx.inspect.test greets you again\r\n250-SIZE 35882577\r\n250 AUTH PLAIN\r\n',
}

export interface Manner {
  readonly tls: SecureContext
  readonly changes?: Partial<typeof DECENT>
  /** At this stage something else happens instead of the answer. */
  readonly at?: Stage
  readonly instead?: (caller: Caller) => unknown
}

/** An exchange that answers as it should, up to where something else is wanted of it. */
export function answering({ tls, changes, at, instead }: Manner): Behaviour {
  const said = { ...DECENT, ...changes }
  return async (caller) => {
    for (const stage of ['greeting', 'ehlo', 'starttls', 'handshake', 'ehlo_inside'] as const) {
      if (stage !== 'greeting' && stage !== 'handshake') {
        const line = await caller.hear()
        if (line === 'QUIT' || line === '') break
      }
      if (stage === at) {
        // What came in one packet with the go-ahead would be dropped with it.
        if (stage === 'handshake') await caller.untilBytes()
        await instead?.(caller)
        break
      }
      if (stage === 'handshake') await caller.secure(tls)
      else caller.say(said[stage])
    }
    await caller.untilGone()
  }
}
