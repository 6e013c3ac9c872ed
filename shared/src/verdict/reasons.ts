// The closed lists of the public verdict: statuses, reasons, and what each reason is worth before anything else is known.

export type Status = 'deliverable' | 'undeliverable' | 'risky' | 'unknown'
export type Level = 'confirmed' | 'estimated'
export type Advice = 'accept' | 'confirm' | 'reject'

interface Worth {
  readonly status: Status
  /** Score of a confirmed verdict, 0–100. */
  readonly score: number
  /** Score where it differs for an estimated one. */
  readonly estimated?: number
  /** True where time can turn it into an answer. */
  readonly retryable?: true
}

export const REASONS = {
  mailbox_accepted: { status: 'deliverable', score: 98, estimated: 85 },
  feedback_delivered: { status: 'deliverable', score: 97 },
  ownership_proven: { status: 'deliverable', score: 100 },
  syntax_invalid: { status: 'undeliverable', score: 0, estimated: 5 },
  domain_not_found: { status: 'undeliverable', score: 0, estimated: 5 },
  no_mail_host: { status: 'undeliverable', score: 0, estimated: 5 },
  null_mx: { status: 'undeliverable', score: 0, estimated: 5 },
  mailbox_not_found: { status: 'undeliverable', score: 0, estimated: 5 },
  mailbox_disabled: { status: 'undeliverable', score: 0, estimated: 5 },
  smtputf8_unsupported: { status: 'undeliverable', score: 0, estimated: 5 },
  accepts_all: { status: 'risky', score: 60 },
  accepts_all_unchecked: { status: 'risky', score: 62 },
  provider_unverifiable: { status: 'risky', score: 60 },
  mailbox_full: { status: 'risky', score: 40 },
  role: { status: 'risky', score: 80 },
  disposable: { status: 'risky', score: 20 },
  suspected_trap: { status: 'risky', score: 10 },
  suspected_typo: { status: 'risky', score: 40 },
  implicit_mx_only: { status: 'risky', score: 45 },
  local_part_unlikely: { status: 'risky', score: 40 },
  not_probed: { status: 'unknown', score: 70 },
  dns_timeout: { status: 'unknown', score: 50, retryable: true },
  dns_failure: { status: 'unknown', score: 50, retryable: true },
  greylisted: { status: 'unknown', score: 65, retryable: true },
  rate_limited: { status: 'unknown', score: 65, retryable: true },
  blocked: { status: 'unknown', score: 65 },
  breaker_open: { status: 'unknown', score: 65, retryable: true },
  no_lane: { status: 'unknown', score: 65, retryable: true },
  opted_out: { status: 'unknown', score: 65 },
  in_progress: { status: 'unknown', score: 65, retryable: true },
  connect_failed: { status: 'unknown', score: 50, retryable: true },
  smtp_timeout: { status: 'unknown', score: 50, retryable: true },
  tls_required: { status: 'unknown', score: 55 },
  inconclusive: { status: 'unknown', score: 55 },
} as const satisfies Record<string, Worth>

export type Reason = keyof typeof REASONS

export const REASON_NAMES = Object.keys(REASONS) as [Reason, ...Reason[]]

/** The score table's row of a reason. */
export function worthOf(reason: Reason): Worth {
  return REASONS[reason]
}
