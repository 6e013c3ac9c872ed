// Whom to name next, from what was answered so far: real recipients first, then a stranger, then perhaps postmaster. Pure.
import type { Reply } from '@postern/shared/smtp/codes.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import type { Plan } from './plan.ts'

/** A recipient by whose it is and its place among its likes. */
export interface Named {
  readonly to: 'mailbox' | 'stranger' | 'postmaster'
  readonly index: number
}

export interface NamedAnswer extends Named {
  readonly reply: Reply
}

export interface Asked {
  readonly plan: Plan
  readonly answers: readonly NamedAnswer[]
  /** Mailboxes that were named so far. */
  readonly mailboxes: number
  /** Strangers that were named so far. */
  readonly strangers: number
  /** True once a stranger was named again in a fresh transaction. */
  readonly again: boolean
}

/** `again`: the last stranger once more, in a fresh transaction. */
export type NextRecipients = { readonly name: readonly Named[] } | 'again' | 'nobody'

/** A server that refuses this many is left alone: more would look like a harvest of addresses. */
export const MOST_REFUSED = 3

const PUT_OFF = ['greylisted', 'temporary', 'verification_pending']

/** The forward-path of a recipient. */
export function pathOf(plan: Plan, { to, index }: Named): string {
  switch (to) {
    case 'mailbox':
      return plan.mailboxes[index] ?? ''
    case 'stranger':
      return plan.strangers[index] ?? ''
    case 'postmaster':
      return plan.postmaster ?? ''
  }
}

/** Whom the first write names, after MAIL: a server that takes one recipient only must spend it on the question. */
export function firstGroup(plan: Plan): readonly Named[] {
  const isPipelined = plan.controlTiming === 'pipelined'
  const most = isPipelined ? plan.window : Math.min(plan.window, refusable({ plan, answers: [], strangers: 0 }))
  const mailboxes = plan.mailboxes.slice(0, most).map((_, index): Named => ({ to: 'mailbox', index }))
  return [...mailboxes, ...strangersBeside(plan, mailboxes.length)]
}

/** A pipelined control goes with the last of the mailboxes. */
function strangersBeside({ controlTiming, mailboxes, strangers }: Plan, named: number): Named[] {
  const isLast = controlTiming === 'pipelined' && named === mailboxes.length
  return isLast ? strangers.map((_, index) => ({ to: 'stranger', index })) : []
}

/** Decided whenever nothing is left unanswered. */
export function nextRecipients(asked: Asked, pipelines: boolean): NextRecipients {
  const mailboxes = furtherMailboxes(asked, pipelines ? asked.plan.window : 1)
  const control = pipelines ? strangersBeside(asked.plan, asked.mailboxes + mailboxes.length) : []
  if (mailboxes.length > 0) return { name: [...mailboxes, ...control] }
  if (asked.plan.controlTiming !== 'pipelined' && refusedOf(asked.answers) >= MOST_REFUSED) return 'nobody'
  // Whoever was refused without a contrast comes before those who were only put off.
  if (wantsPostmaster(asked)) return { name: [{ to: 'postmaster', index: 0 }] }
  if (wantsControl(asked)) return { name: [{ to: 'stranger', index: asked.strangers }] }
  return wantsItAgain(asked) ? 'again' : 'nobody'
}

function furtherMailboxes(asked: Asked, window: number): Named[] {
  const { plan, answers, mailboxes } = asked
  const left = plan.mailboxes.length - mailboxes
  const more = refusable(asked)
  if (left === 0 || more <= 0 || answers.some(endsTransaction)) return []
  const count = Math.min(left, window, plan.controlTiming === 'pipelined' ? window : more)
  return Array.from({ length: count }, (_, n) => ({ to: 'mailbox', index: mailboxes + n }))
}

/** How many more mailboxes may be refused: strangers and postmaster that are still to be asked may be refused as well. */
function refusable({ plan, answers, strangers }: Pick<Asked, 'plan' | 'answers' | 'strangers'>): number {
  const postmaster = plan.postmaster === null || answers.some(({ reply }) => reply.code < 300) ? 0 : 1
  const reserved = Math.max(plan.strangers.length - strangers, postmaster)
  return MOST_REFUSED - reserved - refusedOf(answers)
}

function refusedOf(answers: readonly NamedAnswer[]): number {
  return answers.filter(({ reply }) => reply.code >= 500).length
}

/**
 * RFC 5321 §4.5.3.1.10: 452 says that no more recipients are taken now, which is not about the one that it answers, unless it
 * says that this mailbox is full.
 */
export function endsTransaction({ to, index, reply }: NamedAnswer): boolean {
  if (to !== 'mailbox' || index === 0 || reply.code >= 500 || reply.code < 400) return false
  const { enhanced } = reply
  if (enhanced?.subject === 5 && enhanced.detail === 3) return true
  return reply.code === 452 && meaning(reply, { phase: 'rcpt', exchange: null }).class !== 'mailbox_full'
}

function wantsControl({ plan, answers, strangers }: Asked): boolean {
  if (strangers >= plan.strangers.length) return false
  const before = answers.findLast(({ to }) => to === 'stranger')
  // The second one is there for hosts that refuse what looks made up: where the first was taken, all is said.
  if (before !== undefined && before.reply.code < 300) return false
  return answers.some(({ to, reply }) => to === 'mailbox' && (reply.code < 300 || invitesControl(reply, plan.exchange)))
}

function wantsItAgain({ plan, answers, strangers, again }: Asked): boolean {
  const last = answers.findLast(({ to }) => to === 'stranger')
  if (last === undefined || again || strangers < plan.strangers.length) return false
  const accepted = answers.some(({ to, reply }) => to === 'mailbox' && reply.code < 300)
  return accepted && !settlesControl(last.reply, plan.exchange)
}

/** Somebody was refused for good: does this server treat anybody differently? `postmaster` must exist (RFC 5321 §4.5.1). */
function wantsPostmaster({ plan, answers }: Asked): boolean {
  if (plan.postmaster === null || answers.some(({ to, reply }) => to === 'postmaster' || reply.code < 300)) return false
  return answers.some(({ to, reply }) => to === 'mailbox' && invitesPostmaster(reply, plan.exchange))
}

/** True where the mailbox was put off as anybody might be: then the stranger is named too, so that both wait at once. */
function invitesControl(reply: Reply, exchange: string): boolean {
  return reply.code < 500 && PUT_OFF.includes(meaning(reply, { phase: 'rcpt', exchange }).class)
}

/** True where postmaster's answer can tell whether a refusal was about the mailbox; a refusal of us needs no second one. */
function invitesPostmaster(reply: Reply, exchange: string): boolean {
  const { about } = meaning(reply, { phase: 'rcpt', exchange })
  return reply.code >= 500 && (about === 'mailbox' || about === 'unclear')
}

/** True where the stranger's reply settles the control: accepted, or refused as a mailbox that is not there. */
export function settlesControl(reply: Reply, exchange: string): boolean {
  if (reply.code < 300) return true
  const { says, about } = meaning(reply, { phase: 'rcpt', exchange })
  return says === 'no' && about === 'mailbox'
}
