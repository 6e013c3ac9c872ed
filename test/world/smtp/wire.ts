// One client's connection as lines and replies, with or without TLS; knows bytes and sockets, and nothing of SMTP's commands.
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type SecureContext, TLSSocket } from 'node:tls'
import { type Line, LineInbox } from './line-inbox.ts'

export class Wire {
  readonly inbox = new LineInbox()
  /** Aborted once the connection is gone. */
  readonly gone: AbortSignal
  #socket: Socket
  #wake: () => void = () => {}
  readonly #heard: () => void
  readonly #onClose: () => void

  /** `heard` is called after every arrival of bytes. */
  constructor(socket: Socket, heard: () => void) {
    const gone = new AbortController()
    this.gone = gone.signal
    this.#socket = socket
    this.#heard = heard
    this.#onClose = () => {
      gone.abort()
      this.#wake()
    }
    this.#listen(socket)
  }

  #listen(socket: Socket): void {
    // A reset is a way to go, and 'close' follows.
    socket.on('error', () => socket.destroy())
    socket.on('close', this.#onClose)
    socket.on('data', this.#onData)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.inbox.push(chunk)
    this.#heard()
    this.#wake()
  }

  /** The next whole line; null once there will be none. */
  async nextLine(): Promise<Line | null> {
    while (!this.gone.aborted && !this.inbox.flooded) {
      const line = this.inbox.take()
      if (line !== null) return line
      await new Promise<void>((woken) => {
        this.#wake = woken
      })
    }
    return null
  }

  write(bytes: string | Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  end(): void {
    // Without reading on, the client's own end would never be noticed.
    this.#socket.end().resume()
  }

  /** Real time, cut short when the client goes. */
  async wait(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, undefined, { signal: this.gone }).catch(() => undefined)
  }

  /** Waits until the client is gone. */
  async untilGone(): Promise<void> {
    while (!this.gone.aborted) {
      await new Promise<void>((woken) => {
        this.#wake = woken
      })
    }
  }

  /** Writes without an end to the line, until the client goes or `most` bytes are out. */
  async pour(chunk: Buffer, most: number): Promise<void> {
    for (let sent = 0; sent < most && this.#socket.writable && !this.gone.aborted; sent += chunk.length) {
      if (!this.#socket.write(chunk)) await new Promise<void>((drained) => this.#onceDrained(drained))
    }
  }

  #onceDrained(drained: () => void): void {
    this.#socket.once('drain', drained)
    this.gone.addEventListener('abort', drained, { once: true })
  }

  /** Upgrades to TLS after the reply that invites it; false where the handshake fails. What was sent before it is dropped. */
  async secure(secureContext: SecureContext): Promise<boolean> {
    this.inbox.clear()
    const raw = this.#socket
    raw.off('data', this.#onData)
    const secured = new TLSSocket(raw, { isServer: true, secureContext })
    this.#socket = secured
    this.#listen(secured)
    return await new Promise<boolean>((settled) => {
      secured.once('secure', () => settled(true)).once('close', () => settled(false))
    })
  }
}
