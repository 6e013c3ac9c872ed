// One SMTP conversation as a pure state machine: events in, commands out; it reads a reply only to choose the next command.
import type { Reply } from '@postern/shared/smtp/codes.ts'
import { demandsTls, meaning } from '@postern/shared/smtp/meaning.ts'
import type { Command } from './command.ts'
import type { Plan } from './plan.ts'
import { firstGroup, type Named, nextRecipients, pathOf } from './recipients.ts'
import {
  type Dialogue,
  type Ending,
  type Event,
  type Expected,
  extensionsOf,
  isGroup,
  isNamed,
  lacksSmtpUtf8,
  offersEarly,
  pipelines,
  type Step,
  type Told,
} from './state.ts'

type Reaction = (state: Dialogue, reply: Reply, at: number) => Step

const UNASKED = { told: [], afterGroup: null, mailboxes: 0, strangers: 0, strangerAskedAgain: false } as const

/**
 * A conversation that waits for the greeting. Nothing is said before it (RFC 5321 §3.1), unless this very address has
 * offered PIPE_CONNECT: then all that is known to be wanted leaves at once.
 */
export function begin(plan: Plan): Step {
  const state: Dialogue = {
    ...UNASKED,
    plan,
    awaiting: ['greeting'],
    extensions: plan.early ?? [],
    secured: false,
    early: false,
  }
  if (plan.early === null || !pipelines(state) || lacksSmtpUtf8(state)) return wait(state)
  const group = group1(state)
  return {
    ...group,
    send: [{ verb: 'EHLO', name: plan.ehloName }, ...group.send],
    state: { ...group.state, awaiting: ['greeting', 'ehlo', ...group.state.awaiting], early: true },
  }
}

/** Another inquiry on a connection whose last one ended well and was kept. */
export function resume({ extensions, secured }: Dialogue, plan: Plan): Step {
  const state: Dialogue = { ...UNASKED, plan, awaiting: [], extensions, secured, early: false }
  if (!pipelines(state)) return say(state, [{ verb: 'RSET' }], ['rset'])
  const group = group1(state)
  return {
    ...group,
    send: [{ verb: 'RSET' }, ...group.send],
    state: { ...group.state, awaiting: ['rset', ...group.state.awaiting] },
  }
}

const REACTIONS: Record<Exclude<Expected, Named>, Reaction> = {
  greeting: onGreeting,
  ehlo: onEhlo,
  helo: onHelo,
  starttls: onStartTls,
  mail: onMail,
  rset: (state) => (state.awaiting.length > 0 ? wait(state) : say(state, [mailCommand(state.plan)], ['mail'])),
}

/** The next step after one event; `end` is null while the conversation goes on. */
export function next(state: Dialogue, event: Event): Step {
  if (event.type === 'reply') return onReply(state, event.reply, event.at)
  if (event.type === 'secured') {
    const fresh = { ...state, ...UNASKED, secured: true, extensions: [], told: state.told.filter(isBeforeRcpt) }
    return say(fresh, [{ verb: 'EHLO', name: state.plan.ehloName }], ['ehlo'])
  }
  const greeted = state.awaiting[0] !== 'greeting'
  const outOfStep = state.early && (greeted || event.type !== 'timed_out')
  return ended(state, outOfStep ? 'out_of_step' : endingOf(state, event.type))
}

function endingOf(state: Dialogue, type: Exclude<Event['type'], 'reply' | 'secured'>): Ending {
  switch (type) {
    case 'tls_failed':
      return 'tls_error'
    case 'protocol_error':
    case 'closed':
      return type
    case 'timed_out':
      return isGroup(state) ? 'stalled' : 'timed_out'
  }
}

const isBeforeRcpt = ({ phase }: Told): boolean => phase !== 'rcpt'

function onReply(state: Dialogue, reply: Reply, at: number): Step {
  const [expected, ...rest] = state.awaiting
  if (expected === undefined) return ended(state, 'protocol_error')
  const popped = { ...state, awaiting: rest }
  // RFC 5321 §3.8: after 421 the server closes; nothing more is asked of it.
  if (reply.code === 421) {
    const whose = state.afterGroup === null && expected !== 'rset' ? expected : 'mail'
    return ended(tell(popped, whose, { reply, at }), 'done')
  }
  if (state.early && isOutOfStep(state, expected, reply)) return ended(state, 'out_of_step')
  if (state.afterGroup !== null) return drained(popped)
  return isNamed(expected) ? onRecipient(popped, expected, { reply, at }) : REACTIONS[expected](popped, reply, at)
}

/** What an address says that did not mean its offer, or has become another machine. */
function isOutOfStep({ plan }: Dialogue, expected: Expected, reply: Reply): boolean {
  if (expected === 'greeting') return reply.code !== 220
  if (expected === 'ehlo') return reply.code !== 250 || !offersEarly(extensionsOf(reply))
  return meaning(reply, { phase: 'mail', exchange: plan.exchange }).class === 'protocol_error'
}

function drained(state: Dialogue): Step {
  if (state.awaiting.length > 0) return wait(state)
  const after = { ...state, afterGroup: null }
  return state.afterGroup === 'starttls' ? say(after, [{ verb: 'STARTTLS' }], ['starttls']) : quit(after)
}

function onGreeting(state: Dialogue, reply: Reply, at: number): Step {
  if (reply.code !== 220) return quit(tell(state, 'greeting', { reply, at }))
  if (state.early) return wait(state)
  return say(state, [{ verb: 'EHLO', name: state.plan.ehloName }], ['ehlo'])
}

// RFC 5321 §3.2: a server that does not know EHLO says so with one of these, and then HELO is tried.
const EHLO_UNKNOWN: readonly number[] = [500, 501, 502, 504]

function onEhlo(state: Dialogue, reply: Reply, at: number): Step {
  if (reply.code === 250 && state.early) return wait({ ...state, extensions: extensionsOf(reply) })
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

function onMail(envelope: Dialogue, reply: Reply, at: number): Step {
  const state = { ...envelope, early: false }
  if (reply.code < 300) return state.awaiting.length > 0 ? wait(state) : afterMail(state)
  if (mustSecure(state, reply)) return drained({ ...state, afterGroup: 'starttls' })
  return drained({ ...tell(state, 'mail', { reply, at }), afterGroup: 'quit' })
}

/** In a fresh transaction only the last stranger is left to ask. */
function afterMail(state: Dialogue): Step {
  if (state.strangerAskedAgain) return name(state, [{ to: 'stranger', index: state.strangers - 1 }])
  return name(state, [{ to: 'mailbox', index: 0 }])
}

function onRecipient(state: Dialogue, named: Named, { reply, at }: Pick<Told, 'reply' | 'at'>): Step {
  if (named.to === 'mailbox' && mustSecure(state, reply)) return drained({ ...state, afterGroup: 'starttls' })
  const told = tell(state, named, { reply, at })
  if (told.awaiting.length > 0) return wait(told)
  const answers = told.told.filter((one): one is Told & Named => one.phase === 'rcpt')
  const next = nextRecipients({ ...told, answers, again: told.strangerAskedAgain }, pipelines(told))
  if (next === 'nobody') return quit(told)
  if (next === 'again') return say({ ...told, strangerAskedAgain: true }, [{ verb: 'RSET' }], ['rset'])
  return name(told, next.name)
}

function envelope(state: Dialogue): Step {
  if (lacksSmtpUtf8(state)) return withoutSmtpUtf8(state)
  return pipelines(state) ? group1(state) : say(state, [mailCommand(state.plan)], ['mail'])
}

/** MAIL and the first recipients in one write (RFC 2920 §3.1). */
function group1(state: Dialogue): Step {
  const named = name(state, firstGroup(state.plan))
  return {
    ...named,
    send: [mailCommand(state.plan), ...named.send],
    state: { ...named.state, awaiting: ['mail', ...named.state.awaiting] },
  }
}

/** What a server offers in the clear is not all that it offers (RFC 3207 §4.2). */
function withoutSmtpUtf8(state: Dialogue): Step {
  if (!state.secured && state.extensions.includes('STARTTLS')) return say(state, [{ verb: 'STARTTLS' }], ['starttls'])
  return { ...quit(state), end: 'smtputf8_not_offered' }
}

function mailCommand(plan: Plan): Command {
  return { verb: 'MAIL', reversePath: plan.mailFrom, smtpUtf8: plan.smtpUtf8 }
}

function name(state: Dialogue, recipients: readonly Named[]): Step {
  const count = (to: Named['to']) =>
    Math.max(0, ...recipients.filter((one) => one.to === to).map((one) => one.index + 1))
  const asked = {
    ...state,
    mailboxes: Math.max(state.mailboxes, count('mailbox')),
    strangers: Math.max(state.strangers, count('stranger')),
  }
  const commands = recipients.map((one): Command => ({ verb: 'RCPT', forwardPath: pathOf(state.plan, one) }))
  return say(asked, commands, recipients)
}

/** TLS is started for no other reason than being asked for, and only where it is offered (RFC 3207 §4). */
function mustSecure(state: Dialogue, reply: Reply): boolean {
  return !state.secured && state.extensions.includes('STARTTLS') && demandsTls(reply)
}

const PHASE_OF: Record<Exclude<Expected, 'rset' | Named>, Told['phase']> = {
  greeting: 'greeting',
  ehlo: 'ehlo',
  helo: 'ehlo',
  starttls: 'starttls',
  mail: 'mail',
}

function tell(state: Dialogue, expected: Expected, { reply, at }: Pick<Told, 'reply' | 'at'>): Dialogue {
  if (expected === 'rset') return state
  const one: Told = isNamed(expected)
    ? { phase: 'rcpt', ...expected, reply, at }
    : { phase: PHASE_OF[expected], to: 'nobody', index: 0, reply, at }
  return { ...state, told: [...state.told, one] }
}

function say(state: Dialogue, send: readonly Command[], awaiting: readonly Expected[]): Step {
  return { state: { ...state, awaiting }, send, secure: false, end: null }
}

function wait(state: Dialogue): Step {
  return { state, send: [], secure: false, end: null }
}

/** QUIT ends the conversation at once: everything worth knowing has been said, and its reply changes nothing. */
function quit(state: Dialogue): Step {
  return state.plan.keep && state.told.every(({ phase }) => phase === 'rcpt')
    ? ended(state, 'done')
    : { ...say(state, [{ verb: 'QUIT' }], []), end: 'done' }
}

function ended(state: Dialogue, end: Ending): Step {
  return { state, send: [], secure: false, end }
}
