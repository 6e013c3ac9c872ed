// The words of SMTP that the whole house shares: phases of a session, reply classes, and what a class can say.

/** The command a reply answers (RFC 5321 §3); `greeting` is the server's first reply, before any command. */
export type Phase = 'greeting' | 'ehlo' | 'starttls' | 'mail' | 'rcpt' | 'data' | 'quit'

/** An enhanced mail system status code (RFC 3463 §2). */
export interface Enhanced {
  readonly class: 2 | 4 | 5
  readonly subject: number
  readonly detail: number
}

/** One whole reply (RFC 5321 §4.2): code 200–599, its first enhanced status, and the text of each line without code or status. */
export interface Reply {
  readonly code: number
  readonly enhanced: Enhanced | null
  readonly lines: readonly string[]
}

/** What kind of statement a reply is; `specs` call it the class. */
export type ReplyClass =
  | 'accepted'
  | 'accepted_cannot_verify'
  | 'mailbox_not_found'
  | 'mailbox_moved'
  | 'mailbox_disabled'
  | 'mailbox_full'
  | 'mailbox_busy'
  | 'greylisted'
  | 'verification_pending'
  | 'temporary'
  | 'rate_limited'
  | 'blocked_ip'
  | 'blocked_sender'
  | 'policy'
  | 'needs_rdns'
  | 'needs_spf'
  | 'needs_tls'
  | 'needs_auth'
  | 'relay_denied'
  | 'content'
  | 'size'
  | 'protocol_error'
  | 'address_refused'
  | 'other'

/** What a reply says, about whom, by which row of the table; `strong` marks a phrase that names non-existence. */
export interface Meaning {
  readonly class: ReplyClass
  readonly says: 'yes' | 'no' | 'later' | 'unclear'
  readonly about: 'mailbox' | 'domain' | 'client' | 'server' | 'unclear'
  readonly strong: boolean
  readonly rule: string
  /** Seconds after which the reply invites another try, where it names them. */
  readonly retryAfterS: number | null
}

/** Where a reply was given: meaning depends on the phase and on whose exchange spoke. */
export interface ReplyContext {
  readonly phase: Phase
  /** Host name of the exchange in lower case without a trailing dot, or null where unknown. */
  readonly exchange: string | null
}
