// What one conversation sets out to ask, and how.

export interface Plan {
  readonly ehloName: string
  readonly mailFrom: string
  /** Forward-paths under test, without angle brackets, in the order in which they are asked; at least one. */
  readonly mailboxes: readonly string[]
  /**
   * Forward-paths of the control recipients; none where the answer is known or the provider row wants none. Of two, the first
   * is a random one and the second reads like a person's.
   */
  readonly strangers: readonly string[]
  readonly controlTiming: 'pipelined' | 'after_250'
  /** Asked once after a first refusal; null where somebody is already known to be treated differently. */
  readonly postmaster: string | null
  /** True where a local part is not ASCII (RFC 6531 §3.4). */
  readonly smtpUtf8: boolean
  /** False after this exchange advertised PIPELINING and then stalled. */
  readonly pipelining: boolean
  readonly exchange: string
  /** EHLO keywords that this very address offered together with PIPE_CONNECT; null where nothing is said before it greets. */
  readonly early: readonly string[] | null
  /** Mailboxes that may be named without having an answer yet, where PIPELINING is offered. */
  readonly window: number
  /** True where the connection is wanted for another inquiry: it ends without QUIT. */
  readonly keep: boolean
}
