// What is known in the middle of a conversation, and what can be read off it, for the dialogue and whoever drives one.
import type { Phase, Reply } from '@postern/shared/smtp/codes.ts'
import type { Recipient } from '@postern/shared/verdict/evidence.ts'
import type { Command } from './command.ts'
import type { Plan } from './plan.ts'
import type { Named } from './recipients.ts'

/** What the next reply will answer. */
export type Expected = 'greeting' | 'ehlo' | 'helo' | 'starttls' | 'mail' | 'rset' | Named

/**
 * A reply worth reporting: a refusal before RCPT, or any answer to RCPT; `index` is the recipient's place among its likes.
 * `at` in milliseconds since the epoch.
 */
export interface Told {
  readonly phase: Exclude<Phase, 'data' | 'quit'>
  readonly to: Recipient
  readonly index: number
  readonly reply: Reply
  readonly at: number
}

/**
 * `stalled`: a pipelined group got no full answer in time; the same exchange may be asked again without PIPELINING.
 * `out_of_step`: speaking before the greeting went wrong; it may be asked again after it has greeted.
 */
export type Ending =
  | 'done'
  | 'closed'
  | 'timed_out'
  | 'stalled'
  | 'out_of_step'
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
  /** Mailboxes and strangers that were named so far. */
  readonly mailboxes: number
  readonly strangers: number
  readonly strangerAskedAgain: boolean
  /** True until the reply to a MAIL that left before the greeting has shown that all was taken as it was meant. */
  readonly early: boolean
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

/** True while a pipelined group is on its way, of which a server that stalls would have read the first command only. */
export function isGroup(state: Dialogue): boolean {
  const [first] = state.awaiting
  if (first === undefined || first === 'greeting') return false
  return state.awaiting.length > 1 || (pipelines(state) && isNamed(first) && first.to === 'mailbox')
}

/** Recipients that were named and have no answer. */
export function unanswered({ awaiting }: Dialogue): readonly Named[] {
  return awaiting.filter(isNamed)
}

export const isNamed = (expected: Expected): expected is Named => typeof expected !== 'string'

export function pipelines(state: Dialogue): boolean {
  return state.plan.pipelining && state.extensions.includes('PIPELINING')
}

export const lacksSmtpUtf8 = ({ plan, extensions }: Dialogue): boolean =>
  plan.smtpUtf8 && !extensions.includes('SMTPUTF8')

/** EHLO keywords in upper case; the first line is the server's name (RFC 5321 §4.1.1.1). */
export function extensionsOf(reply: Reply): string[] {
  return reply.lines.slice(1).map((line) => (line.trim().split(/[ =]/, 1)[0] ?? '').toUpperCase())
}

// Known by these names in the field; Exim 4.96 of Debian says the last one (2026-11-21).
const EARLY: readonly string[] = ['X_PIPE_CONNECT', 'PIPE_CONNECT', 'PIPECONNECT']

/** PIPE_CONNECT, by whichever name, promises PIPELINING before the greeting. */
export function offersEarly(extensions: readonly string[]): boolean {
  return EARLY.some((keyword) => extensions.includes(keyword)) && extensions.includes('PIPELINING')
}
