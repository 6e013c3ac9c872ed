// What a lane is, for those who choose one and those who call it.

/** One way out: a prober with an egress address and an EHLO name of its own. */
export interface Lane {
  readonly id: string
  readonly region: string
  /** Function URL of `ask`, for those who wait. */
  readonly url: string
  /** Function URL of `list`: the same code with hands of its own, for what nobody waits for. */
  readonly listUrl: string
  /** Egress address in text form. */
  readonly address: string
  /** EHLO name; its A record is `address`, whose PTR names it back. */
  readonly ehlo: string
  /** Residency partition whose accounts may use the lane. */
  readonly partition: string
}
