// Drives one dialogue over one socket: bytes, TLS and deadlines live here; what is said and why does not.
import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { connect as tlsConnect } from 'node:tls'
import { emptyFraming, frame } from '@postern/shared/smtp/reply.ts'
import { type Command, print } from '../smtp/command.ts'
import { begin, type Dialogue, type Ending, type Event, isGroup, next } from '../smtp/dialogue.ts'
import type { Plan } from '../smtp/plan.ts'

export interface Conversing {
  /** Instants in milliseconds since the epoch. */
  readonly deadlineAt: number
  readonly greetingBy: number
  readonly now: () => number
}

export interface Conversation {
  readonly ending: Ending
  readonly state: Dialogue
}

// A server that answers a pipelined group does so within one round trip; this long after, it never will.
const GROUP_PATIENCE_MS = 1_200

// QUIT's reply changes nothing: the connection is closed behind our back this long after it was sent.
const LINGER_MS = 200

/** Holds the conversation to its end; never rejects. The socket is closed, or closing within 200 ms, when it resolves. */
export function converse(socket: Socket, plan: Plan, conversing: Conversing): Promise<Conversation> {
  return new Promise((resolve) => {
    new Session(socket, plan, { ...conversing, resolve }).listen()
  })
}

const CLOSING = ['end', 'close', 'error'] as const

interface Ports extends Conversing {
  readonly resolve: (conversation: Conversation) => void
}

class Session {
  #socket: Socket
  #state: Dialogue
  #framing = emptyFraming
  #decoder = new StringDecoder('utf8')
  #timer: NodeJS.Timeout | undefined
  #over = false
  #questions = 0
  readonly #ports: Ports

  constructor(socket: Socket, plan: Plan, ports: Ports) {
    this.#socket = socket
    this.#state = begin(plan)
    this.#ports = ports
  }

  listen(): void {
    this.#attach()
    this.#arm()
  }

  readonly #onData = (bytes: Buffer) => this.#read(bytes)
  readonly #onClosed = () => this.#feed({ type: 'closed' })

  #attach(): void {
    this.#socket.on('data', this.#onData)
    for (const event of CLOSING) this.#socket.on(event, this.#onClosed)
  }

  #detach(): void {
    this.#socket.off('data', this.#onData)
    for (const event of CLOSING) this.#socket.off(event, this.#onClosed)
  }

  #read(bytes: Buffer): void {
    const socket = this.#socket
    const { state, framed } = frame(this.#framing, this.#decoder.write(bytes))
    this.#framing = state
    const questions = this.#questions
    for (const item of framed) {
      // Whatever a server sent behind its go-ahead for TLS was not protected and is dropped (RFC 3207 §6).
      if (this.#over || socket !== this.#socket) return
      // One that came before its question would shift all that follow by one: the mailbox's no would be the stranger's.
      // 421 alone may come at any time (RFC 5321 §3.8).
      const early = questions !== this.#questions && !(item.kind === 'reply' && item.reply.code === 421)
      this.#feed(
        item.kind === 'protocol_error' || early
          ? { type: 'protocol_error' }
          : { type: 'reply', reply: item.reply, at: this.#ports.now() },
      )
    }
  }

  #feed(event: Event): void {
    if (this.#over) return
    const step = next(this.#state, event)
    this.#state = step.state
    this.#write(step.send)
    if (step.end !== null) this.#finish(step.end, step.send.length > 0)
    else {
      if (step.secure) this.#secure()
      this.#arm()
    }
  }

  /** All commands of one step leave in one write: that is what makes a group a group (RFC 2920 §3.1). */
  #write(commands: readonly Command[]): void {
    if (commands.length === 0) return
    this.#questions += 1
    this.#socket.write(commands.map(print).join(''))
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const { deadlineAt, greetingBy, now } = this.#ports
    const greeted = this.#state.awaiting[0] !== 'greeting'
    const leftMs = Math.max(0, (greeted ? deadlineAt : Math.min(greetingBy, deadlineAt)) - now())
    const patienceMs = isGroup(this.#state) ? Math.min(leftMs, GROUP_PATIENCE_MS) : leftMs
    this.#timer = setTimeout(() => this.#feed({ type: 'timed_out' }), patienceMs)
  }

  /** Opportunistic TLS: any certificate is better than clear text and proves nothing, so none is refused (RFC 7435 §3). */
  #secure(): void {
    this.#detach()
    const secured = tlsConnect({
      socket: this.#socket,
      servername: this.#state.plan.exchange,
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    this.#framing = emptyFraming
    this.#decoder = new StringDecoder('utf8')
    this.#socket = secured
    secured.on('error', () => undefined)
    const onFailed = () => this.#feed({ type: 'tls_failed' })
    for (const event of CLOSING) secured.on(event, onFailed)
    secured.once('secureConnect', () => {
      for (const event of CLOSING) secured.off(event, onFailed)
      this.#attach()
      this.#feed({ type: 'secured' })
    })
  }

  #finish(ending: Ending, saidGoodbye: boolean): void {
    this.#over = true
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#detach()
    if (saidGoodbye) {
      socket.resume()
      socket.end()
      setTimeout(() => socket.destroy(), LINGER_MS).unref()
    } else {
      socket.destroy()
    }
    this.#ports.resolve({ ending, state: this.#state })
  }
}
