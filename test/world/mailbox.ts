// What a mailbox is to its own server, and the verdict that this must lead to; data rows name their mailboxes with these.
import * as is from './outcome.ts'

/** `full` is refused for now (452), `over_quota` for good (552), `moved` with a forwarding address (551). */
export type MailboxState = 'known' | 'unknown' | 'full' | 'over_quota' | 'disabled' | 'moved'

/** `outcome` null: nothing is promised about this mailbox. */
export interface Mailbox {
  readonly state: MailboxState
  readonly outcome: is.Outcome | null
}

export const known: Mailbox = { state: 'known', outcome: is.accepted }
export const unknown: Mailbox = { state: 'unknown', outcome: is.notFound }
export const full: Mailbox = { state: 'full', outcome: is.mailboxFull }
export const overQuota: Mailbox = { state: 'over_quota', outcome: is.mailboxFull }
export const disabled: Mailbox = { state: 'disabled', outcome: is.mailboxDisabled }
export const moved: Mailbox = { state: 'moved', outcome: is.moved }

/** A mailbox that is there, about which an outsider learns `outcome`. */
export function learns(outcome: is.Outcome): Mailbox {
  return { state: 'known', outcome }
}

/** A mailbox that is not there, about which an outsider learns `outcome`. */
export function absent(outcome: is.Outcome): Mailbox {
  return { state: 'unknown', outcome }
}

/** A mailbox that is there and about which nothing is promised, because the specification leaves the answer open. */
export const unpromised: Mailbox = { state: 'known', outcome: null }
