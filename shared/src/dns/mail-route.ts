// Where a domain's mail goes (RFC 5321 §5.1), as far as the DNS said it.

/** What became of one exchange's own addresses. `ipv6_only` counts as unreachable for us, never as dead. */
export type ExchangeTarget =
  | 'not_looked_up'
  | 'reachable'
  | 'dangling'
  | 'special_purpose'
  | 'ipv6_only'
  | 'ip_literal'
  | 'unlearned'

/** One mail exchange: `exchange` is a host name in A-form, lower case, without trailing dot; `preference` 0–65535. */
export interface Exchange {
  readonly exchange: string
  readonly preference: number
  readonly target: ExchangeTarget
}

export type MailRoute =
  | { readonly kind: 'mx'; readonly exchanges: readonly Exchange[] }
  | { readonly kind: 'implicit'; readonly exchanges: readonly Exchange[] }
  | { readonly kind: 'null_mx' }
  | { readonly kind: 'none' }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'unlearned'; readonly why: 'timeout' | 'failure' }
