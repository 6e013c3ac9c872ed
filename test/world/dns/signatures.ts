// Signatures as a signed zone has them (RFC 4034 §3.1), one for each set of records; nobody signs here, so that their octets are arbitrary.
import type { PacketRecord } from './wire-format.ts'
import type { ResourceRecord } from './zone-text.ts'

export interface Signed {
  readonly records: readonly ResourceRecord[]
  /** The zone that holds them. */
  readonly origin: string
  /** The name that they were found at: a wildcard, where one has answered for them. */
  readonly source: string
}

const ALGORITHM = 13
const KEY_TAG = 2_371
const SIGNATURE = Buffer.alloc(64, 0x5a)
/** 2026-01-01 and 2099-01-01, in seconds since the epoch. */
const [INCEPTION, EXPIRATION] = [1_767_225_600, 4_070_908_800]

/** Null where there is nothing to sign. */
export function signatureOf({ records: [first], origin, source }: Signed): PacketRecord | null {
  if (first === undefined) return null
  const data = {
    typeCovered: first.type,
    algorithm: ALGORITHM,
    labels: labelsOf(source),
    originalTTL: first.originalTtl ?? first.ttl,
    expiration: EXPIRATION,
    inception: INCEPTION,
    keyTag: KEY_TAG,
    signersName: origin,
    signature: SIGNATURE,
  }
  return { name: first.name, type: 'RRSIG', ttl: first.ttl, data }
}

/** RFC 4034 §3.1.3: neither the root's nor a wildcard's label counts. */
function labelsOf(source: string): number {
  return source.split('.').filter((label) => label !== '' && label !== '*').length
}
