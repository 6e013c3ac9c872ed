// A tiny mail client that says exactly what a test tells it to, over a real socket; it knows replies and nothing else.
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { lookUp } from './stub-resolver.ts'
import type { World } from './world.ts'

const LANE_ADDRESS = '127.24.0.1'
const WHOLE_REPLY = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/u

export class ScriptedClient {
  #socket: Socket
  #received = ''
  #closed = false

  constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('utf8').replaceAll('\r\n', '\n')
    })
    socket.on('close', () => {
      this.#closed = true
    })
    socket.on('error', () => {})
  }

  /** The next whole reply without its last line end, or '' where the server closed instead. */
  async reply(): Promise<string> {
    for (;;) {
      const whole = WHOLE_REPLY.exec(this.#received)?.[0]
      if (whole !== undefined) {
        this.#received = this.#received.slice(whole.length)
        return whole.trimEnd()
      }
      if (this.#closed) return ''
      await this.#event()
    }
  }

  /** One command and the reply to it. */
  async say(command: string): Promise<string> {
    this.write(`${command}\r\n`)
    return await this.reply()
  }

  /** The replies to several commands said one after the other. */
  async sayAll(...commands: readonly string[]): Promise<string[]> {
    const replies: string[] = []
    for (const command of commands) replies.push(await this.say(command))
    return replies
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes)
  }

  /** Whatever came that is no reply. */
  get received(): string {
    return this.#received
  }

  /** Resolves at the next bytes or the end. */
  async #event(): Promise<void> {
    const heard = new AbortController()
    const { signal } = heard
    await Promise.race([once(this.#socket, 'data', { signal }), once(this.#socket, 'close', { signal })]).catch(
      () => {},
    )
    heard.abort()
  }

  async untilReceived(length: number): Promise<void> {
    while (this.#received.length < length && !this.#closed) await this.#event()
  }

  async secure(): Promise<TLSSocket> {
    this.#socket.removeAllListeners('data')
    const secured = connectTls({ socket: this.#socket, rejectUnauthorized: false, servername: 'mail.world.test' })
    await once(secured, 'secureConnect')
    this.#socket = secured
    this.#listen(secured)
    return secured
  }

  reset(): void {
    this.#socket.resetAndDestroy()
  }

  async hangUp(): Promise<void> {
    if (this.#closed) return
    this.#socket.end().resume()
    await this.untilClosed()
  }

  async untilClosed(): Promise<void> {
    while (!this.#closed) await this.#event()
  }
}

/** Connects to a mail host by name, from a lane's address unless told otherwise; the greeting is still to come. */
export async function dial(world: World, hostName: string, source = LANE_ADDRESS): Promise<ScriptedClient> {
  const [address = ''] = (await lookUp(world, hostName, 'A')).answers.map(({ data }) => String(data))
  const socket = connect({ host: address, port: world.smtpPort, localAddress: source })
  const client = new ScriptedClient(socket)
  await once(socket, 'connect')
  return client
}

export const SENDER = 'probe@a1.eu-central-1.probe.test'

/** Dials, waits for the greeting, says EHLO and MAIL. */
export async function dialForRcpt(world: World, hostName: string, source?: string): Promise<ScriptedClient> {
  const client = await dial(world, hostName, source)
  await client.reply()
  await client.sayAll('EHLO a1.eu-central-1.probe.test', `MAIL FROM:<${SENDER}>`)
  return client
}
