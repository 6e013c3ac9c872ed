// What one conversation sets out to ask, and when a stranger's answer has to be asked for once more.
import type { Reply } from '@postern/shared/smtp/codes.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'

export interface Plan {
  readonly ehloName: string
  readonly mailFrom: string
  /** Forward-path of the mailbox under test, without angle brackets. */
  readonly mailbox: string
  /** Forward-path of the control recipient; null where its answer is known or the provider row wants none. */
  readonly stranger: string | null
  readonly controlTiming: 'pipelined' | 'after_250'
  /** Asked once after a first refusal; null where somebody is already known to be treated differently. */
  readonly postmaster: string | null
  /** True where the mailbox's local part is not ASCII (RFC 6531 §3.4). */
  readonly smtpUtf8: boolean
  /** False after this exchange advertised PIPELINING and then stalled. */
  readonly pipelining: boolean
  readonly exchange: string
}

const PUT_OFF = ['greylisted', 'temporary', 'verification_pending']

/** True where the mailbox was put off as anybody might be: then the stranger is named too, so that both wait at once. */
export function invitesControl(reply: Reply, exchange: string): boolean {
  return reply.code < 500 && PUT_OFF.includes(meaning(reply, { phase: 'rcpt', exchange }).class)
}

/** True where postmaster's answer can tell whether a refusal was about the mailbox; a refusal of us needs no second one. */
export function invitesPostmaster(reply: Reply, exchange: string): boolean {
  const { about } = meaning(reply, { phase: 'rcpt', exchange })
  return reply.code >= 500 && (about === 'mailbox' || about === 'unclear')
}

/** True where the stranger's reply settles the control: accepted, or refused as a mailbox that is not there. */
export function settlesControl(reply: Reply, exchange: string): boolean {
  if (reply.code < 300) return true
  const { says, about } = meaning(reply, { phase: 'rcpt', exchange })
  return says === 'no' && about === 'mailbox'
}
