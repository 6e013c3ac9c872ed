// TLSA records (RFC 6698 §2, RFC 7672 §3.1): as they are written, whether mail may use them, and whether a certificate is meant.
import type { TlsaData } from '../dns/answer.ts'
import type { Parsed } from './record.ts'

export type Tlsa = TlsaData

const DIGEST_OCTETS: Readonly<Record<number, number>> = { 1: 32, 2: 64 }

/** `usage selector matching data` (RFC 6698 §2.2); white space within the data is none. */
export function parseTlsa(text: string): Parsed<Tlsa> {
  const [, usage = '', selector = '', matching = '', hex = ''] =
    /^(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})\s+([\da-f][\da-f\s]*)$/i.exec(text.trim()) ?? []
  const data = hex.replaceAll(/\s/g, '').toLowerCase()
  const fields = [usage, selector, matching].map(Number)
  if (data === '' || data.length % 2 !== 0)
    return { ok: false, detail: 'is no usage, selector, matching type and data' }
  if (fields.some((field) => field > 255)) return { ok: false, detail: 'has a field of more than 255' }
  const octets = DIGEST_OCTETS[Number(matching)]
  if (octets !== undefined && data.length !== 2 * octets)
    return { ok: false, detail: `has a digest that is not ${octets} octets long` }
  return {
    ok: true,
    record: { usage: Number(usage), selector: Number(selector), matching: Number(matching), data },
    faults: [],
    notices: [],
  }
}

/** RFC 7672 §3.1: DANE-TA(2) and DANE-EE(3) with a selector and a matching type that are known. */
export function isUsable({ usage, selector, matching, data }: Tlsa): boolean {
  const octets = DIGEST_OCTETS[matching]
  const isDigest = octets === undefined ? matching === 0 : data.length === 2 * octets
  return (usage === 2 || usage === 3) && selector <= 1 && isDigest
}

/** A certificate as a lane has read it: digests in lower-case hexadecimal, null where the key cannot be read. */
interface SeenCertificate {
  readonly certSha256: string
  readonly certSha512: string
  readonly spkiSha256: string | null
  readonly spkiSha512: string | null
}

/**
 * True where the record means this certificate; null where that cannot be told: of matching type 0 only digests are known,
 * and whoever has the record's data digested compares those.
 */
export function means({ selector, matching, data }: Tlsa, seen: SeenCertificate): boolean | null {
  const [sha256, sha512] = selector === 0 ? [seen.certSha256, seen.certSha512] : [seen.spkiSha256, seen.spkiSha512]
  const digest = matching === 1 ? sha256 : matching === 2 ? sha512 : null
  return digest === null ? null : digest === data
}
