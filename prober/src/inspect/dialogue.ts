// An inspection's conversation as a pure state machine: greeting, EHLO, STARTTLS, EHLO, QUIT; nobody's mailbox is ever named.
import type { Greeting, HandshakeFailed, Hello, Secured, StartTls } from '@postern/shared/contract/inspection.ts'
import type { Reply } from '@postern/shared/smtp/codes.ts'
import type { Command } from '../smtp/command.ts'
import { extensionsIn, nameIn, offersStartTls, shown } from './said.ts'

type Awaited = 'greeting' | 'ehlo' | 'starttls' | 'handshake' | 'ehlo_inside'

/** What has been seen so far; null is what was not reached, and a greeting that is awaited has timed out until it comes. */
export interface Seen {
  readonly greeting: Greeting
  readonly ehlo: Hello | null
  readonly startTls: StartTls | null
  readonly ehloInside: Hello | null
}

export interface Inspecting {
  readonly ehloName: string
  readonly awaiting: Awaited
  /** Since when it is awaited, in milliseconds since the epoch. */
  readonly since: number
  readonly seen: Seen
}

/** `at` in milliseconds since the epoch. */
export type Event = { readonly at: number } & (
  | { readonly type: 'reply'; readonly reply: Reply }
  | { readonly type: 'unanswered'; readonly how: Unanswered['kind'] }
  | { readonly type: 'handshake'; readonly result: HandshakeFailed | Secured }
)

interface Unanswered {
  readonly kind: 'timed_out' | 'closed' | 'protocol_error'
  readonly waitedMs: number
}

export interface Step {
  readonly state: Inspecting
  readonly send: readonly Command[]
  /** Start TLS now; answered by `handshake`. */
  readonly secure: boolean
  readonly over: boolean
}

/** A conversation that waits for the greeting: nothing is ever said before it (RFC 5321 §3.1). */
export function begin(ehloName: string, now: number): Inspecting {
  const greeting = { kind: 'timed_out', waitedMs: 0 } as const
  return {
    ehloName,
    awaiting: 'greeting',
    since: now,
    seen: { greeting, ehlo: null, startTls: null, ehloInside: null },
  }
}

/** The next step after one event. */
export function next(state: Inspecting, event: Event): Step {
  const tookMs = Math.max(0, event.at - state.since)
  switch (event.type) {
    case 'reply':
      return onReply({ ...state, since: event.at }, event.reply, tookMs)
    case 'unanswered':
      return over(withUnanswered(state, { kind: event.how, waitedMs: tookMs }))
    case 'handshake':
      return onHandshake({ ...state, since: event.at }, event.result)
  }
}

function onReply(state: Inspecting, reply: Reply, tookMs: number): Step {
  switch (state.awaiting) {
    case 'greeting':
      return onGreeting(state, reply, tookMs)
    case 'ehlo':
      return onEhlo(saw(state, { ehlo: helloOf(reply, tookMs) }), reply)
    case 'starttls':
      if (reply.code === 220) return { ...wait(state, 'handshake'), secure: true }
      return quit(saw(state, { startTls: { kind: 'refused', reply: shown(reply), tookMs } }), reply)
    case 'ehlo_inside':
      return quit(saw(state, { ehloInside: helloOf(reply, tookMs) }), reply)
    case 'handshake':
      // A reply in clear while TLS is due is no reply (RFC 3207 §4); the driver has stopped to hear them.
      return over(state)
  }
}

function onGreeting(state: Inspecting, reply: Reply, tookMs: number): Step {
  const name = reply.code === 220 ? nameIn(reply) : null
  const greeted = saw(state, { greeting: { kind: 'reply', reply: shown(reply), name, tookMs } })
  return reply.code === 220 ? hello(greeted, 'ehlo') : quit(greeted, reply)
}

function onEhlo(state: Inspecting, reply: Reply): Step {
  if (reply.code !== 250) return quit(state, reply)
  if (!offersStartTls(reply)) return quit(saw(state, { startTls: { kind: 'not_offered' } }), reply)
  return { ...wait(state, 'starttls'), send: [{ verb: 'STARTTLS' }] }
}

function onHandshake(state: Inspecting, result: HandshakeFailed | Secured): Step {
  const tried = saw(state, { startTls: result })
  // What was learned before TLS is to be forgotten, so EHLO is said again (RFC 3207 §4.2).
  return result.kind === 'secured' ? hello(tried, 'ehlo_inside') : over(tried)
}

function helloOf(reply: Reply, tookMs: number): Hello {
  if (reply.code !== 250) return { kind: 'refused', reply: shown(reply), tookMs }
  return { kind: 'accepted', name: nameIn(reply), extensions: extensionsIn(reply), tookMs }
}

function withUnanswered(state: Inspecting, unanswered: Unanswered): Inspecting {
  switch (state.awaiting) {
    case 'greeting':
      return saw(state, { greeting: unanswered })
    case 'ehlo':
      return saw(state, { ehlo: unanswered })
    case 'starttls':
      return saw(state, { startTls: unanswered })
    case 'ehlo_inside':
      return saw(state, { ehloInside: unanswered })
    case 'handshake':
      return state
  }
}

function saw(state: Inspecting, seen: Partial<Seen>): Inspecting {
  return { ...state, seen: { ...state.seen, ...seen } }
}

function hello(state: Inspecting, awaiting: 'ehlo' | 'ehlo_inside'): Step {
  return { ...wait(state, awaiting), send: [{ verb: 'EHLO', name: state.ehloName }] }
}

function wait(state: Inspecting, awaiting: Awaited): Step {
  return { state: { ...state, awaiting }, send: [], secure: false, over: false }
}

/** After 421 the server closes (RFC 5321 §3.8): nothing more is said to it. */
function quit(state: Inspecting, { code }: Reply): Step {
  return code === 421 ? over(state) : { ...over(state), send: [{ verb: 'QUIT' }] }
}

function over(state: Inspecting): Step {
  return { state, send: [], secure: false, over: true }
}
