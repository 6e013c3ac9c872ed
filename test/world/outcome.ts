// The verdicts that the world's truth is written in: one name per status and reason, for data rows and journeys.

export type Status = 'deliverable' | 'undeliverable' | 'risky' | 'unknown'

/** What `full` mode must answer. `level` is null where the specification leaves it open. */
export interface Outcome {
  readonly status: Status
  readonly reason: string
  readonly level: 'confirmed' | 'estimated' | null
  /** The `wait_ms` to ask with where a time-out is the point, or where more than the default is needed; else null. */
  readonly waitMs: number | null
}

function outcome(status: Status, reason: string, level: Outcome['level'] = null): Outcome {
  return { status, reason, level, waitMs: null }
}

/** The same outcome, when asked with that `wait_ms`. */
export function within(waitMs: number, asked: Outcome): Outcome {
  return { ...asked, waitMs }
}

export const accepted = outcome('deliverable', 'mailbox_accepted', 'confirmed')
export const notFound = outcome('undeliverable', 'mailbox_not_found', 'confirmed')
export const notFoundEstimated = outcome('undeliverable', 'mailbox_not_found', 'estimated')
export const moved = outcome('undeliverable', 'mailbox_not_found')
export const mailboxDisabled = outcome('undeliverable', 'mailbox_disabled', 'confirmed')
export const domainNotFound = outcome('undeliverable', 'domain_not_found', 'confirmed')
export const noMailHost = outcome('undeliverable', 'no_mail_host', 'confirmed')
export const nullMx = outcome('undeliverable', 'null_mx', 'confirmed')
export const smtpUtf8Unsupported = outcome('undeliverable', 'smtputf8_unsupported')
export const acceptsAll = outcome('risky', 'accepts_all')
export const acceptsAllUnchecked = outcome('risky', 'accepts_all_unchecked')
export const unverifiable = outcome('risky', 'provider_unverifiable')
export const mailboxFull = outcome('risky', 'mailbox_full')
export const role = outcome('risky', 'role')
export const blocked = outcome('unknown', 'blocked')
export const greylisted = outcome('unknown', 'greylisted')
export const rateLimited = outcome('unknown', 'rate_limited')
export const inconclusive = outcome('unknown', 'inconclusive')
export const optedOut = outcome('unknown', 'opted_out')
export const noLane = outcome('unknown', 'no_lane')
export const connectFailed = outcome('unknown', 'connect_failed')
export const smtpTimeout = outcome('unknown', 'smtp_timeout')
export const dnsTimeout = outcome('unknown', 'dns_timeout')
export const dnsFailure = outcome('unknown', 'dns_failure')
