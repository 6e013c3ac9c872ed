// Drives one inspection over one socket: bytes, TLS and the deadline; what is said and why lives in the dialogue.
import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import type { SecureContext } from 'node:tls'
import { emptyFraming, frame } from '@postern/shared/smtp/reply.ts'
import { leave } from '../net/leave.ts'
import { print } from '../smtp/command.ts'
import { begin, type Event, type Inspecting, next, type Seen } from './dialogue.ts'
import { secure } from './secure.ts'

export interface Session {
  readonly exchange: string
  readonly ehloName: string
  readonly context: SecureContext
  /** Instant in milliseconds since the epoch. */
  readonly deadlineAt: number
  readonly now: () => number
}

/** Holds the conversation to its end; never rejects. The socket is closed, or closing within 200 ms, when it resolves. */
export function look(socket: Socket, session: Session): Promise<Seen> {
  return new Promise((resolve) => {
    new Look(socket, session, resolve).listen()
  })
}

const CLOSING = ['end', 'close', 'error'] as const

class Look {
  #socket: Socket
  #state: Inspecting
  #framing = emptyFraming
  #decoder = new StringDecoder('utf8')
  #questions = 0
  #over = false
  #timer: NodeJS.Timeout | undefined
  readonly #session: Session
  readonly #resolve: (seen: Seen) => void

  constructor(socket: Socket, session: Session, resolve: (seen: Seen) => void) {
    this.#socket = socket
    this.#session = session
    this.#resolve = resolve
    this.#state = begin(session.ehloName, session.now())
  }

  readonly #onData = (bytes: Buffer) => this.#read(bytes)
  readonly #onClosed = () => this.#unanswered('closed')

  listen(): void {
    const { deadlineAt, now } = this.#session
    this.#timer = setTimeout(() => this.#unanswered('timed_out'), Math.max(0, deadlineAt - now()))
    this.#socket.on('data', this.#onData)
    for (const event of CLOSING) this.#socket.on(event, this.#onClosed)
  }

  #leave(): void {
    clearTimeout(this.#timer)
    this.#socket.off('data', this.#onData)
    for (const event of CLOSING) this.#socket.off(event, this.#onClosed)
  }

  #read(bytes: Buffer): void {
    const questions = this.#questions
    const { state, framed } = frame(this.#framing, this.#decoder.write(bytes))
    this.#framing = state
    for (const item of framed) {
      // Whatever a server sent behind its go-ahead for TLS was not protected and is dropped (RFC 3207 §6).
      if (this.#over || this.#state.awaiting === 'handshake') return
      // One that came before its question answers something else; 421 alone may come at any time (RFC 5321 §3.8).
      const early = questions !== this.#questions && !(item.kind === 'reply' && item.reply.code === 421)
      if (item.kind === 'protocol_error' || early) this.#unanswered('protocol_error')
      else this.#feed({ type: 'reply', reply: item.reply, at: this.#session.now() })
    }
  }

  #unanswered(how: 'timed_out' | 'closed' | 'protocol_error'): void {
    this.#feed({ type: 'unanswered', how, at: this.#session.now() })
  }

  #feed(event: Event): void {
    if (this.#over) return
    const step = next(this.#state, event)
    this.#state = step.state
    if (step.send.length > 0) {
      this.#questions += 1
      this.#socket.write(step.send.map(print).join(''))
    }
    if (step.over) this.#finish(step.send.length > 0)
    else if (step.secure) void this.#secure()
  }

  async #secure(): Promise<void> {
    this.#leave()
    const { exchange, now } = this.#session
    const { result, socket } = await secure(this.#socket, { ...this.#session, host: exchange })
    if (socket !== null) {
      this.#socket = socket
      this.#framing = emptyFraming
      this.#decoder = new StringDecoder('utf8')
      this.listen()
    }
    this.#feed({ type: 'handshake', result, at: now() })
  }

  #finish(saidGoodbye: boolean): void {
    this.#over = true
    this.#leave()
    if (saidGoodbye) leave(this.#socket)
    else this.#socket.destroy()
    this.#resolve(this.#state.seen)
  }
}
