// What a resolver's answer to one question came to, for whoever decides on routes: records, a kind of nothing, or no answer.

export interface MxData {
  readonly preference: number
  /** Host name in lower case without trailing dot; empty for the root, that is a null MX (RFC 7505 §3). */
  readonly exchange: string
}

/** What pins a certificate (RFC 6698 §2.1): three numbers of 0–255, and the data in lower-case hexadecimal. */
export interface TlsaData {
  readonly usage: number
  readonly selector: number
  readonly matching: number
  readonly data: string
}

/**
 * Data per record type: A and AAAA are addresses in text form, TXT is the joined character-strings (RFC 1035 §3.3.14), CNAME
 * and PTR are names in lower case without trailing dot.
 */
export interface DataOf {
  readonly A: string
  readonly AAAA: string
  readonly MX: MxData
  readonly TXT: string
  readonly PTR: string
  readonly CNAME: string
  readonly TLSA: TlsaData
}
export type RecordType = keyof DataOf

export interface Question<T extends RecordType = RecordType> {
  readonly name: string
  readonly type: T
  /** The resolver is to give what it would not vouch for (RFC 4035 §3.2.2): tells signatures that do not hold from servers that do not answer. */
  readonly checkingDisabled?: true
  /** Signatures are wanted beside the records (RFC 3225 §3): they tell the TTL that no cache has counted down. */
  readonly dnssecOk?: true
}

export type Failure = 'timeout' | 'servfail' | 'refused' | 'malformed' | 'unreachable'

interface Found {
  readonly authentic: boolean
  readonly canonical?: string
}

/**
 * `ttlS` is the least TTL over every record used, for negative answers min(SOA TTL, SOA MINIMUM) (RFC 2308 §5), null without SOA.
 * `authentic` is the resolver's AD bit (RFC 4035 §3.2.3), which covers the whole chain of aliases. `canonical` is where that
 * chain ended, and absent where the name is no alias. `originalTtlS` is `ttlS` as the zones themselves have it, by the
 * signatures of all records used (RFC 4034 §3.1.4), and absent where those were not asked for or one is missing.
 */
export type Answer<D> =
  | (Found & {
      readonly kind: 'records'
      readonly data: readonly D[]
      readonly ttlS: number
      readonly originalTtlS?: number
    })
  | (Found & { readonly kind: 'nodata' | 'nxdomain'; readonly ttlS: number | null })
  | { readonly kind: 'failure'; readonly why: Failure }

/** True for an answer that settles the question, whichever way. */
export function conclusive<D>(answer: Answer<D>): boolean {
  return answer.kind !== 'failure'
}
