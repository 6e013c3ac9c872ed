// One SMTP conversation as a pure state machine: events in, commands out; it reads a reply only to choose the next command.
import type { Recipient } from '@postern/shared/verdict/evidence.ts'
import type { Phase, Reply } from '@postern/shared/smtp/codes.ts'
import { demandsTls } from '@postern/shared/smtp/meaning.ts'
import type { Command } from './command.ts'
import { invitesControl, invitesPostmaster, type Plan, settlesControl } from './plan.ts'

/** What the next reply will answer. */
export type Expected =
  | 'greeting'
  | 'ehlo'
  | 'helo'
  | 'starttls'
  | 'mail'
  | 'mailbox'
  | 'stranger'
  | 'postmaster'
  | 'rset'

/** A reply worth reporting: a refusal before RCPT, or any answer to RCPT. `at` in milliseconds since the epoch. */
export interface Told {
  readonly phase: Exclude<Phase, 'data' | 'quit'>
  readonly to: Recipient
  readonly reply: Reply
  readonly at: number
}

/** `stalled`: a pipelined group got no full answer in time; the same exchange may be asked again without PIPELINING. */
export type Ending =
  | 'done'
  | 'closed'
  | 'timed_out'
  | 'stalled'
  | 'tls_error'
  | 'protocol_error'
  | 'smtputf8_not_offered'

export interface Dialogue {
  readonly plan: Plan
  readonly awaiting: readonly Expected[]
  readonly extensions: readonly string[]
  readonly secured: boolean
  readonly told: readonly Told[]
  /** What follows once the rest of a pipelined group, meaningless by now, has been read. */
  readonly afterGroup: 'quit' | 'starttls' | null
  readonly strangerAskedAgain: boolean
}

export type Event =
  | { readonly type: 'reply'; readonly reply: Reply; readonly at: number }
  | { readonly type: 'protocol_error' }
  | { readonly type: 'closed' }
  | { readonly type: 'timed_out' }
  | { readonly type: 'secured' }
  | { readonly type: 'tls_failed' }

export interface Step {
  readonly state: Dialogue
  readonly send: readonly Command[]
  /** Start TLS now; answered by `secured` or `tls_failed`. */
  readonly secure: boolean
  readonly end: Ending | null
}

type Reaction = (state: Dialogue, reply: Reply, at: number) => Step

/** A conversation that waits for the greeting: nothing is ever said before it (RFC 5321 §3.1). */
export function begin(plan: Plan): Dialogue {
  return {
    plan,
    awaiting: ['greeting'],
    extensions: [],
    secured: false,
    told: [],
    afterGroup: null,
    strangerAskedAgain: false,
  }
}

const REACTIONS: Record<Expected, Reaction> = {
  greeting: onGreeting,
  ehlo: onEhlo,
  helo: onHelo,
  starttls: onStartTls,
  mail: onMail,
  mailbox: onMailbox,
  stranger: onStranger,
  postmaster: onPostmaster,
  rset: (state) => say(state, [mailCommand(state.plan)], ['mail']),
}

/** The next step after one event; `end` is null while the conversation goes on. */
export function next(state: Dialogue, event: Event): Step {
  switch (event.type) {
    case 'reply':
      return onReply(state, event.reply, event.at)
    case 'secured':
      return say({ ...state, secured: true, extensions: [] }, [{ verb: 'EHLO', name: state.plan.ehloName }], ['ehlo'])
    case 'tls_failed':
      return ended(state, 'tls_error')
    case 'protocol_error':
      return ended(state, 'protocol_error')
    case 'closed':
      return ended(state, 'closed')
    case 'timed_out':
      return ended(state, isGroup(state) ? 'stalled' : 'timed_out')
  }
}

/** True while a pipelined group is on its way, of which a server that stalls would have read the first command only. */
export function isGroup(state: Dialogue): boolean {
  return state.awaiting.length > 1 || (pipelines(state) && state.awaiting[0] === 'mailbox')
}

function onReply(state: Dialogue, reply: Reply, at: number): Step {
  const [expected, ...rest] = state.awaiting
  if (expected === undefined) return ended(state, 'protocol_error')
  const popped = { ...state, awaiting: rest }
  // RFC 5321 §3.8: after 421 the server closes; nothing more is asked of it.
  if (reply.code === 421)
    return ended(tell(popped, state.afterGroup === null ? expected : 'mail', { reply, at }), 'done')
  if (state.afterGroup !== null) return drained(popped)
  return REACTIONS[expected](popped, reply, at)
}

function drained(state: Dialogue): Step {
  if (state.awaiting.length > 0) return wait(state)
  const after = { ...state, afterGroup: null }
  return state.afterGroup === 'starttls' ? say(after, [{ verb: 'STARTTLS' }], ['starttls']) : quit(after)
}

function onGreeting(state: Dialogue, reply: Reply, at: number): Step {
  if (reply.code !== 220) return quit(tell(state, 'greeting', { reply, at }))
  return say(state, [{ verb: 'EHLO', name: state.plan.ehloName }], ['ehlo'])
}

// RFC 5321 §3.2: a server that does not know EHLO says so with one of these, and then HELO is tried.
const EHLO_UNKNOWN: readonly number[] = [500, 501, 502, 504]

function onEhlo(state: Dialogue, reply: Reply, at: number): Step {
  if (reply.code === 250) return envelope({ ...state, extensions: extensionsOf(reply) })
  // HELO offers no extensions: it is no way out for a mailbox that needs one, and a refusal of our name proves nothing.
  if (EHLO_UNKNOWN.includes(reply.code) && !state.plan.smtpUtf8) {
    return say(state, [{ verb: 'HELO', name: state.plan.ehloName }], ['helo'])
  }
  return quit(tell(state, 'ehlo', { reply, at }))
}

function onHelo(state: Dialogue, reply: Reply, at: number): Step {
  return reply.code === 250 ? envelope(state) : quit(tell(state, 'helo', { reply, at }))
}

function onStartTls(state: Dialogue, reply: Reply, at: number): Step {
  if (reply.code !== 220) return quit(tell(state, 'starttls', { reply, at }))
  return { state, send: [], secure: true, end: null }
}

function onMail(state: Dialogue, reply: Reply, at: number): Step {
  if (reply.code < 300) return state.awaiting.length > 0 ? wait(state) : afterMail(state)
  if (mustSecure(state, reply)) return drained({ ...state, afterGroup: 'starttls' })
  return drained({ ...tell(state, 'mail', { reply, at }), afterGroup: 'quit' })
}

/** In a fresh transaction only the stranger is left to ask. */
function afterMail(state: Dialogue): Step {
  const { plan } = state
  if (state.strangerAskedAgain && plan.stranger !== null) return ask(state, 'stranger', plan.stranger)
  return ask(state, 'mailbox', plan.mailbox)
}

function onMailbox(state: Dialogue, reply: Reply, at: number): Step {
  if (mustSecure(state, reply)) return drained({ ...state, afterGroup: 'starttls' })
  const told = tell(state, 'mailbox', { reply, at })
  if (told.awaiting.length > 0) return wait(told)
  if (reply.code < 300 || invitesControl(reply, state.plan.exchange)) return askStranger(told)
  return afterRefusal(told, reply)
}

function askStranger(state: Dialogue): Step {
  return state.plan.stranger === null ? quit(state) : ask(state, 'stranger', state.plan.stranger)
}

/** A first final refusal: does this server treat anybody differently? `postmaster` must exist (RFC 5321 §4.5.1). */
function afterRefusal(state: Dialogue, reply: Reply): Step {
  const { postmaster, exchange } = state.plan
  if (postmaster === null || !invitesPostmaster(reply, exchange)) return quit(state)
  return ask(state, 'postmaster', postmaster)
}

function onStranger(state: Dialogue, reply: Reply, at: number): Step {
  const told = tell(state, 'stranger', { reply, at })
  const mailbox = told.told.find((answer) => answer.to === 'mailbox')
  if (mailbox !== undefined && mailbox.reply.code >= 300) return afterRefusal(told, mailbox.reply)
  if (settlesControl(reply, state.plan.exchange) || state.strangerAskedAgain) return quit(told)
  return say({ ...told, strangerAskedAgain: true }, [{ verb: 'RSET' }], ['rset'])
}

function onPostmaster(state: Dialogue, reply: Reply, at: number): Step {
  return quit(tell(state, 'postmaster', { reply, at }))
}

function envelope(state: Dialogue): Step {
  const { plan } = state
  if (plan.smtpUtf8 && !state.extensions.includes('SMTPUTF8')) return withoutSmtpUtf8(state)
  if (!pipelines(state)) return say(state, [mailCommand(plan)], ['mail'])
  const group: [Command, Expected][] = [
    [mailCommand(plan), 'mail'],
    [{ verb: 'RCPT', forwardPath: plan.mailbox }, 'mailbox'],
  ]
  // The real recipient comes first, always: a server that takes one recipient only must spend it on the question.
  if (plan.stranger !== null && plan.controlTiming === 'pipelined') {
    group.push([{ verb: 'RCPT', forwardPath: plan.stranger }, 'stranger'])
  }
  return say(
    state,
    group.map(([command]) => command),
    group.map(([, expected]) => expected),
  )
}

/** What a server offers in the clear is not all that it offers (RFC 3207 §4.2). */
function withoutSmtpUtf8(state: Dialogue): Step {
  if (!state.secured && state.extensions.includes('STARTTLS')) return say(state, [{ verb: 'STARTTLS' }], ['starttls'])
  return { ...quit(state), end: 'smtputf8_not_offered' }
}

function pipelines(state: Dialogue): boolean {
  return state.plan.pipelining && state.extensions.includes('PIPELINING')
}

function mailCommand(plan: Plan): Command {
  return { verb: 'MAIL', reversePath: plan.mailFrom, smtpUtf8: plan.smtpUtf8 }
}

function ask(state: Dialogue, to: 'mailbox' | 'stranger' | 'postmaster', forwardPath: string): Step {
  return say(state, [{ verb: 'RCPT', forwardPath }], [to])
}

/** TLS is started for no other reason than being asked for, and only where it is offered (RFC 3207 §4). */
function mustSecure(state: Dialogue, reply: Reply): boolean {
  return !state.secured && state.extensions.includes('STARTTLS') && demandsTls(reply)
}

/** EHLO keywords in upper case; the first line is the server's name (RFC 5321 §4.1.1.1). */
function extensionsOf(reply: Reply): string[] {
  return reply.lines.slice(1).map((line) => (line.trim().split(/[ =]/, 1)[0] ?? '').toUpperCase())
}

const PHASE_OF: Record<Exclude<Expected, 'rset'>, [Told['phase'], Recipient]> = {
  greeting: ['greeting', 'nobody'],
  ehlo: ['ehlo', 'nobody'],
  helo: ['ehlo', 'nobody'],
  starttls: ['starttls', 'nobody'],
  mail: ['mail', 'nobody'],
  mailbox: ['rcpt', 'mailbox'],
  stranger: ['rcpt', 'stranger'],
  postmaster: ['rcpt', 'postmaster'],
}

function tell(state: Dialogue, expected: Expected, { reply, at }: Pick<Told, 'reply' | 'at'>): Dialogue {
  if (expected === 'rset') return state
  const [phase, to] = PHASE_OF[expected]
  return { ...state, told: [...state.told, { phase, to, reply, at }] }
}

function say(state: Dialogue, send: readonly Command[], awaiting: readonly Expected[]): Step {
  return { state: { ...state, awaiting }, send, secure: false, end: null }
}

function wait(state: Dialogue): Step {
  return { state, send: [], secure: false, end: null }
}

/** QUIT ends the conversation at once: everything worth knowing has been said, and its reply changes nothing. */
function quit(state: Dialogue): Step {
  return { ...say(state, [{ verb: 'QUIT' }], []), end: 'done' }
}

function ended(state: Dialogue, end: Ending): Step {
  return { state, send: [], secure: false, end }
}
