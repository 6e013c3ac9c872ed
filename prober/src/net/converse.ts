// Drives one dialogue over one socket: bytes, TLS and deadlines live here; what is said and why does not.
import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { connect as tlsConnect } from 'node:tls'
import type { Reply } from '@postern/shared/smtp/codes.ts'
import { emptyFraming, frame } from '@postern/shared/smtp/reply.ts'
import { type Command, print } from '../smtp/command.ts'
import { begin, next, resume } from '../smtp/dialogue.ts'
import { type Dialogue, type Ending, type Event, isGroup, type Step } from '../smtp/state.ts'
import type { Plan } from '../smtp/plan.ts'
import { leave } from './leave.ts'

export interface Conversing {
  /** Instants in milliseconds since the epoch. */
  readonly deadlineAt: number
  readonly greetingBy: number
  readonly now: () => number
}

/** One command of ours or one reply of theirs, as they came; holds the recipients' names. */
export type Line = { readonly said: Command } | { readonly heard: Reply }

export interface Conversation {
  readonly ending: Ending
  readonly state: Dialogue
  /** The first lines, in order. */
  readonly lines: readonly Line[]
  /** The connection, where the plan wanted it kept and it is worth keeping; else it is closed, or closing within 200 ms. */
  readonly kept: Kept | null
}

export interface Kept {
  /** Another inquiry on the same connection. Never rejects. */
  ask(plan: Plan, conversing: Conversing): Promise<Conversation>
  /** Says QUIT, unless an inquiry has ended the connection already. */
  leave(): void
}

// A server that answers a pipelined group does so within one round trip; this long after, it never will.
const GROUP_PATIENCE_MS = 1_200

/** More than the longest inquiry needs: what follows is repetition. */
const MOST_LINES = 300

/** Holds the conversation to its end; never rejects. */
export function converse(socket: Socket, plan: Plan, conversing: Conversing): Promise<Conversation> {
  return new Session(socket).hold(begin(plan), conversing)
}

const CLOSING = ['end', 'close', 'error'] as const

interface Inquiry extends Conversing {
  readonly resolve: (conversation: Conversation) => void
}

class Session implements Kept {
  #socket: Socket
  #state: Dialogue | undefined
  #inquiry: Inquiry | undefined
  #lines: Line[] = []
  #framing = emptyFraming
  #decoder = new StringDecoder('utf8')
  #timer: NodeJS.Timeout | undefined
  #gone = false
  #questions = 0

  constructor(socket: Socket) {
    this.#socket = socket
    this.#attach()
  }

  hold(first: Step, conversing: Conversing): Promise<Conversation> {
    return new Promise((resolve) => {
      this.#inquiry = { ...conversing, resolve }
      this.#lines = []
      // Of a connection that has gone meanwhile nothing is awaited, and on it nobody was named.
      const unsaid = { ...first, state: { ...first.state, awaiting: [] }, send: [], end: 'closed' as const }
      this.#take(this.#gone ? unsaid : first)
    })
  }

  ask(plan: Plan, conversing: Conversing): Promise<Conversation> {
    const before = this.#state
    return this.hold(before === undefined ? begin(plan) : resume(before, plan), conversing)
  }

  leave(): void {
    if (this.#gone) return
    this.#write([{ verb: 'QUIT' }])
    this.#close(true)
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
      if (this.#gone || socket !== this.#socket) return
      // One that came before its question would shift all that follow by one: the mailbox's no would be the stranger's.
      // 421 alone may come at any time (RFC 5321 §3.8).
      const early = questions !== this.#questions && !(item.kind === 'reply' && item.reply.code === 421)
      this.#feed(
        item.kind === 'protocol_error' || early
          ? { type: 'protocol_error' }
          : { type: 'reply', reply: item.reply, at: this.#inquiry?.now() ?? 0 },
      )
    }
  }

  #feed(event: Event): void {
    if (this.#gone) return
    // Between two inquiries nothing is expected: what comes then is a server that goes away, or might as well.
    if (this.#inquiry === undefined || this.#state === undefined) return this.#close(false)
    if (event.type === 'reply') this.#record({ heard: event.reply })
    this.#take(next(this.#state, event))
  }

  #take(step: Step): void {
    this.#state = step.state
    if (step.send.length > 0) this.#write(step.send)
    if (step.end !== null) return this.#finish(step.end, step.send.length > 0)
    if (step.secure) this.#secure()
    this.#arm(step.state)
  }

  /** All commands of one step leave in one write: that is what makes a group a group (RFC 2920 §3.1). */
  #write(commands: readonly Command[]): void {
    this.#questions += 1
    for (const said of commands) this.#record({ said })
    this.#socket.write(commands.map(print).join(''))
  }

  #record(line: Line): void {
    if (this.#lines.length < MOST_LINES) this.#lines.push(line)
  }

  #arm(state: Dialogue): void {
    clearTimeout(this.#timer)
    if (this.#inquiry === undefined) return
    const { deadlineAt, greetingBy, now } = this.#inquiry
    const greeted = state.awaiting[0] !== 'greeting'
    const leftMs = Math.max(0, (greeted ? deadlineAt : Math.min(greetingBy, deadlineAt)) - now())
    const patienceMs = isGroup(state) ? Math.min(leftMs, GROUP_PATIENCE_MS) : leftMs
    this.#timer = setTimeout(() => this.#feed({ type: 'timed_out' }), patienceMs)
  }

  /** Opportunistic TLS: any certificate is better than clear text and proves nothing, so none is refused (RFC 7435 §3). */
  #secure(): void {
    this.#detach()
    const secured = tlsConnect({
      socket: this.#socket,
      servername: this.#state?.plan.exchange ?? '',
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
    clearTimeout(this.#timer)
    const [inquiry, state] = [this.#inquiry, this.#state]
    this.#inquiry = undefined
    if (inquiry === undefined || state === undefined) return
    const isLeaving = saidGoodbye || state.told.some(({ reply }) => reply.code === 421)
    const isKept = state.plan.keep && ending === 'done' && !isLeaving && !this.#gone
    if (!isKept) this.#close(saidGoodbye)
    inquiry.resolve({ ending, state, lines: this.#lines, kept: isKept ? this : null })
  }

  #close(saidGoodbye: boolean): void {
    if (this.#gone) return
    this.#gone = true
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#detach()
    if (saidGoodbye) leave(socket)
    else socket.destroy()
  }
}
