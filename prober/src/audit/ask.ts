// One conversation of an audit: what a mail server said to one or two recipients, and how far the connection came.
import type { Reply } from '@postern/shared/smtp/codes.ts'
import type { Fault, Recipient } from '@postern/shared/verdict/evidence.ts'
import type { Conversation } from '../net/converse.ts'
import type { Plan } from '../smtp/plan.ts'
import type { Told } from '../smtp/state.ts'

/** Instants in milliseconds since the epoch. Never rejects. */
export type Dial = (
  address: string,
  plan: Plan,
  limits: { readonly deadlineAt: number; readonly greetingBy: number },
) => Promise<Conversation | { readonly fault: Fault }>

/** `greeted`: with 220. `connected`: the port is open, and nothing that greets us stood behind it. `untried`: no fair try was made. */
export type Reach = 'greeted' | 'connected' | 'not_connected' | 'untried'

export interface Heard {
  readonly reach: Reach
  /** Null where the conversation ended before. */
  readonly mailbox: Reply | null
  readonly stranger: Reply | null
  /** The reply that ended it before anybody was named. */
  readonly refusal: Reply | null
}

export const NOT_ASKED: Heard = { reach: 'untried', mailbox: null, stranger: null, refusal: null }

export interface Envelope {
  /** Empty for the null reverse-path (RFC 5321 §4.5.5). */
  readonly mailFrom: string
  readonly mailbox: string
  readonly stranger: string | null
}

export interface Host {
  readonly exchange: string
  readonly address: string
}

export interface AskPorts {
  readonly ehloName: string
  readonly now: () => number
  readonly dial: Dial
}

/** One server that is slow must leave time for the others. */
const CONVERSATION_MS = 15_000
/** Three tries to connect, each just past the next retransmission, and a pause before the greeting. */
const GREETING_MS = 9_000

export interface Asking {
  readonly ports: AskPorts
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number
  /** Nobody is there to be asked instead. */
  readonly isLast: boolean
}

export async function ask(
  { exchange, address }: Host,
  envelope: Envelope,
  { ports, deadlineAt, isLast }: Asking,
): Promise<Heard> {
  const now = ports.now()
  if (now >= deadlineAt) return NOT_ASKED
  const plan: Plan = {
    ehloName: ports.ehloName,
    mailFrom: envelope.mailFrom,
    mailboxes: [envelope.mailbox],
    strangers: envelope.stranger === null ? [] : [envelope.stranger],
    controlTiming: 'after_250',
    postmaster: null,
    smtpUtf8: false,
    // Nobody is waiting: one command at a time stalls nowhere.
    pipelining: false,
    exchange,
    early: null,
    window: 1,
    keep: false,
  }
  const conversation = await ports.dial(address, plan, {
    deadlineAt: Math.min(deadlineAt, now + CONVERSATION_MS),
    // A silent host may not eat the time of the one behind it.
    greetingBy: Math.min(isLast ? deadlineAt : now + (deadlineAt - now) / 2, now + GREETING_MS),
  })
  return 'fault' in conversation ? { ...NOT_ASKED, reach: reachOf(conversation.fault) } : heardOf(conversation)
}

/** `greeting_timeout` of a connection that never came about is our own lateness. */
function reachOf(fault: Fault): Reach {
  return fault === 'connect_timeout' || fault === 'connect_refused' || fault === 'connect_unroutable'
    ? 'not_connected'
    : 'untried'
}

function heardOf({ state: { told, awaiting } }: Conversation): Heard {
  const ungreeted = awaiting[0] === 'greeting' || told.some(({ phase }) => phase === 'greeting')
  return {
    reach: ungreeted ? 'connected' : 'greeted',
    mailbox: replyTo(told, 'mailbox'),
    stranger: replyTo(told, 'stranger'),
    refusal: replyTo(told, 'nobody'),
  }
}

function replyTo(told: readonly Told[], recipient: Recipient): Reply | null {
  return told.findLast(({ to }) => to === recipient)?.reply ?? null
}
