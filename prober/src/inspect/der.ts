// Finds, in the DER encoding of a certificate, the parts that have to be exact octets; for the certificate reader.

interface Part {
  readonly tag: number
  /** Offsets of the tag, of the content and behind it. */
  readonly at: number
  readonly from: number
  readonly to: number
}

const SEQUENCE = 0x30
const OCTET_STRING = 0x04
const VERSION = 0xa0
const EXTENSIONS = 0xa3
const DNS_NAME = 0x82

// 2.5.29.17, the extension subjectAltName (RFC 5280 §4.2.1.6).
const SUBJECT_ALT_NAME = '0603551d11'

/** X.690 §8.1.3: a length is one octet, or tells first how many octets it takes; none of ours takes more than four. */
function partAt(bytes: Buffer, at: number, end: number): Part | null {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || at + 2 > end) return null
  const octets = first < 0x80 ? 0 : first & 0x7f
  const from = at + 2 + octets
  if (first === 0x80 || octets > 4 || from > end) return null
  const length = octets === 0 ? first : bytes.readUIntBE(at + 2, octets)
  return from + length > end ? null : { tag, at, from, to: from + length }
}

function partsOf(bytes: Buffer, { from, to }: Part): Part[] {
  const parts: Part[] = []
  let at = from
  while (at < to) {
    const part = partAt(bytes, at, to)
    if (part === null) return parts
    parts.push(part)
    at = part.to
  }
  return parts
}

function firstOf(bytes: Buffer, outer: Part | null | undefined, tag: number): Part | null {
  if (outer === null || outer === undefined) return null
  return partsOf(bytes, outer).find((part) => part.tag === tag) ?? null
}

/** RFC 5280 §4.1: the fields of TBSCertificate, without its optional version. */
function fieldsOf(bytes: Buffer): Part[] {
  const toBeSigned = firstOf(bytes, partAt(bytes, 0, bytes.length), SEQUENCE)
  return toBeSigned === null ? [] : partsOf(bytes, toBeSigned).filter(({ tag }) => tag !== VERSION)
}

/** The SubjectPublicKeyInfo as it stands in the certificate, or null where that cannot be read. */
export function spkiOf(certificate: Buffer): Buffer | null {
  // Behind serial number, signature algorithm, issuer, validity and subject.
  const spki = fieldsOf(certificate)[5]
  return spki?.tag === SEQUENCE ? certificate.subarray(spki.at, spki.to) : null
}

/** The DNS-IDs of a certificate as Latin-1 text, in order; none where it names no host, or not readably. */
export function dnsNamesOf(certificate: Buffer): string[] {
  const extensions = fieldsOf(certificate).find(({ tag }) => tag === EXTENSIONS)
  const list = firstOf(certificate, extensions, SEQUENCE)
  const found = (list === null ? [] : partsOf(certificate, list)).find((extension) => {
    const [id] = partsOf(certificate, extension)
    return id !== undefined && certificate.toString('hex', id.at, id.to) === SUBJECT_ALT_NAME
  })
  const value = firstOf(certificate, found, OCTET_STRING)
  const names = value === null ? null : partAt(certificate, value.from, value.to)
  return (names === null ? [] : partsOf(certificate, names))
    .filter(({ tag }) => tag === DNS_NAME)
    .map(({ from, to }) => certificate.toString('latin1', from, to))
}
