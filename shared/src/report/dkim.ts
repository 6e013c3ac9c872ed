// A DKIM key as it lies in the DNS (RFC 6376 §3.6.1, RFC 8301, RFC 8463).
import { type Parsed, repeated, tagOf } from './record.ts'

export interface DkimKey {
  readonly type: 'rsa' | 'ed25519'
  /** Of the key itself, in bits; null where it is revoked. */
  readonly bits: number | null
  /** `p=` is empty: what it signed is no longer vouched for. */
  readonly revoked: boolean
  /** `t=y`: signatures are to be treated as if there were none. */
  readonly testing: boolean
  /** Hashes that may be used; null for all. */
  readonly hashes: readonly string[] | null
  /** By `s=` it may be of other services; those who check mail pass over it then (RFC 6376 §3.6.1). */
  readonly forMail: boolean
}

const FWS = '[ \\t\\r\\n]*'
const PART = new RegExp(`^${FWS}[A-Za-z][A-Za-z0-9_]*${FWS}=[\\x21-\\x3a\\x3c-\\x7e \\t\\r\\n]*$`)
/** RFC 6376 §2.10 lets the padding be left out. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

export function parseDkim(text: string): Parsed<DkimKey> {
  const parts = text.split(';')
  const tags = (parts.at(-1) === '' && parts.length > 1 ? parts.slice(0, -1) : parts).map((part) =>
    PART.test(part) ? tagOf(part.replaceAll(/[\r\n]/g, ' ')) : null,
  )
  const all = tags.filter((tag) => tag !== null)
  if (all.length < tags.length) return { ok: false, detail: 'has a part that is no tag=value' }
  if (repeated(all) !== null) return { ok: false, detail: `has the tag ${repeated(all)} twice` }
  const value = (name: string): string | undefined => all.find((tag) => tag.name === name)?.value
  const version = all.findIndex(({ name }) => name === 'v')
  if (version > 0) return { ok: false, detail: 'has its version, and not at the beginning' }
  if (version === 0 && value('v') !== 'DKIM1') return { ok: false, detail: 'is of another version than DKIM1' }
  const [hashes, services] = [value('h'), value('s') ?? '*']
  return keyOf({ type: value('k') ?? 'rsa', data: value('p'), hashes, services, flags: value('t') ?? '' })
}

interface Written {
  readonly type: string
  readonly data: string | undefined
  readonly hashes: string | undefined
  readonly services: string
  readonly flags: string
}

const listOf = (text: string): string[] => text.split(':').map((one) => one.trim().toLowerCase())

function keyOf({ type, data, hashes, services, flags }: Written): Parsed<DkimKey> {
  if (type !== 'rsa' && type !== 'ed25519') return { ok: false, detail: 'is of a kind of key that nobody knows' }
  if (data === undefined) return { ok: false, detail: 'has no key' }
  const text = data.replaceAll(/[ \t\r\n]/g, '')
  if (!BASE64.test(text)) return { ok: false, detail: 'has a key that is not Base64' }
  const bits = text === '' ? null : bitsOf(type, octetsOf(text))
  if (text !== '' && bits === null) return { ok: false, detail: `has a key that is none of ${type}` }
  const key: DkimKey = {
    type,
    bits,
    revoked: text === '',
    testing: listOf(flags).includes('y'),
    hashes: hashes === undefined ? null : listOf(hashes),
    forMail: listOf(services).some((one) => one === 'email' || one === '*'),
  }
  return { ok: true, record: key, faults: [], notices: [] }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function octetsOf(base64: string): Uint8Array {
  const digits = base64.replaceAll('=', '')
  const octets = new Uint8Array(Math.floor((digits.length * 6) / 8))
  let bits = 0
  let held = 0
  let at = 0
  for (const digit of digits) {
    bits = ((bits << 6) | DIGITS.indexOf(digit)) & 0xffff
    held += 6
    if (held >= 8) {
      held -= 8
      octets[at] = (bits >> held) & 0xff
      at += 1
    }
  }
  return octets
}

function bitsOf(type: DkimKey['type'], octets: Uint8Array): number | null {
  if (type === 'ed25519') return octets.length === 32 ? 256 : null
  return modulusBits(octets)
}

interface Element {
  readonly tag: number
  readonly content: Uint8Array
  readonly rest: Uint8Array
}

const [SEQUENCE, INTEGER, BIT_STRING, IDENTIFIER] = [0x30, 0x02, 0x03, 0x06]
/** rsaEncryption (RFC 3279 §2.3.1). */
const RSA = '42,134,72,134,247,13,1,1,1'

/** One element of DER (X.690 §8.1) with a definite length. */
function element(octets: Uint8Array): Element | null {
  const [tag, first] = octets
  if (tag === undefined || first === undefined) return null
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 3 || (first >= 0x80 && more === 0)) return null
  const length = more === 0 ? first : octets.subarray(2, 2 + more).reduce((sum, octet) => sum * 256 + octet, 0)
  const from = 2 + more
  if (octets.length < from + length) return null
  return { tag, content: octets.subarray(from, from + length), rest: octets.subarray(from + length) }
}

/** Of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), or of the bare RSAPublicKey that RFC 6376 §3.6.1 names. */
function modulusBits(octets: Uint8Array): number | null {
  const [first, second] = inside(octets)
  if (first?.tag === INTEGER) return second?.tag === INTEGER ? bitsIn(first.content) : null
  return isOfRsa(first) && second?.tag === BIT_STRING ? modulusBits(second.content.subarray(1)) : null
}

/** The two elements of a SEQUENCE; nothing where there are others. */
function inside(octets: Uint8Array): readonly (Element | null)[] {
  const outer = element(octets)
  if (outer?.tag !== SEQUENCE || outer.rest.length > 0) return []
  const first = element(outer.content)
  const second = first === null ? null : element(first.rest)
  return second?.rest.length === 0 ? [first, second] : []
}

function isOfRsa(algorithm: Element | null | undefined): boolean {
  const identifier = algorithm?.tag === SEQUENCE ? element(algorithm.content) : null
  return identifier?.tag === IDENTIFIER && identifier.content.join() === RSA
}

function bitsIn(integer: Uint8Array): number | null {
  const from = integer.findIndex((octet) => octet !== 0)
  return from === -1 ? null : (integer.length - from - 1) * 8 + (32 - Math.clz32(integer[from] ?? 0))
}
