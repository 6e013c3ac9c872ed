// The ways in which the resolver can fail for a name, so that clients can be tried against each.

export type ResolverFault =
  | { readonly kind: 'slow'; readonly ms: number }
  /** Signatures do not hold: SERVFAIL, but to those who check for themselves (RFC 4035 §3.2.2). */
  | { readonly kind: 'bogus' }
  | {
      readonly kind: 'hang' | 'servfail' | 'truncated' | 'garbage' | 'wrong_id' | 'wrong_question' | 'http_500'
    }
