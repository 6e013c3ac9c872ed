// What a resolver's answer to one question came to, for whoever decides on routes: records, a kind of nothing, or no answer.

export interface MxData {
  readonly preference: number
  /** Host name in lower case without trailing dot; empty for the root, that is a null MX (RFC 7505 §3). */
  readonly exchange: string
}

/** Data per record type: A and AAAA are addresses in text form, TXT is the joined character-strings (RFC 1035 §3.3.14). */
export interface DataOf {
  readonly A: string
  readonly AAAA: string
  readonly MX: MxData
  readonly TXT: string
  readonly PTR: string
}
export type RecordType = keyof DataOf

export interface Question<T extends RecordType = RecordType> {
  readonly name: string
  readonly type: T
}

export type Failure = 'timeout' | 'servfail' | 'refused' | 'malformed' | 'unreachable'

/**
 * `ttlS` is the least TTL over every record used, for negative answers min(SOA TTL, SOA MINIMUM) (RFC 2308 §5), null without SOA.
 * `authentic` is the resolver's AD bit (RFC 4035 §3.2.3).
 */
export type Answer<D> =
  | { readonly kind: 'records'; readonly data: readonly D[]; readonly ttlS: number; readonly authentic: boolean }
  | { readonly kind: 'nodata' | 'nxdomain'; readonly ttlS: number | null; readonly authentic: boolean }
  | { readonly kind: 'failure'; readonly why: Failure }

/** True for an answer that settles the question, whichever way. */
export function conclusive<D>(answer: Answer<D>): boolean {
  return answer.kind !== 'failure'
}
