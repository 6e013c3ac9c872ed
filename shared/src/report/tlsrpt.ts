// The record by which a domain asks for reports of TLS failures (RFC 8460 §3).
import { chosen, type Chosen, isExtension, type Parsed, partsOf, tagOf, trimmed } from './record.ts'

interface TlsRptRecord {
  /** `mailto:` and `https:` URIs, as written. */
  readonly rua: readonly string[]
}

const BEGINS = /^v=TLSRPTv1[ \t]*;/

/** RFC 8460 §3: records that do not begin so are left out; several that are left are none. */
export function chosenTlsRpt(texts: readonly string[]): Chosen {
  return chosen(texts, (text) => BEGINS.test(text))
}

export function parseTlsRpt(text: string): Parsed<TlsRptRecord> {
  if (!BEGINS.test(text)) return { ok: false, detail: 'does not begin with "v=TLSRPTv1;"' }
  const tags = partsOf(text).slice(1).map(tagOf)
  const lists = tags.filter((tag) => tag?.name === 'rua').map((tag) => tag?.value ?? '')
  const others = tags.filter((tag) => tag?.name !== 'rua')
  if (!others.every(isExtension)) return { ok: false, detail: 'has a field that is no name=value' }
  if (lists.length === 0) return { ok: false, detail: 'has no rua' }
  const rua = lists.flatMap((list) => list.split(',').map(trimmed))
  const odd = rua.some((uri) => !isReportUri(uri))
  if (odd) return { ok: false, detail: 'has a rua that is neither mailto: nor https:' }
  return { ok: true, record: { rua }, faults: [], notices: lists.length > 1 ? ['has rua twice'] : [] }
}

/** RFC 3986 §3 as far as a reader can tell: a scheme that is known, and something behind it that can be reached. */
function isReportUri(uri: string): boolean {
  if (/[\s!,;]/.test(uri)) return false
  const [, address] = /^mailto:([^?]+)(?:\?.*)?$/i.exec(uri) ?? []
  if (address !== undefined) return /^[^@]+@[^@]+$/.test(address)
  return /^https:\/\/[^/?#@]+(?:[/?#].*)?$/i.test(uri)
}
