// Reads what somebody typed into the three faces of an address: typed, canonical to print, and wire.
import { type DomainName, readDomainName } from './domain.ts'
import { type IpLiteral, printIpLiteral, readIpLiteral } from './ip-literal.ts'
import { type LocalRead, readLocalPart } from './local-part.ts'
import { isAscii, octets } from './octets.ts'
import { refuse, type Refusal, type Refused } from './refusal.ts'

/** What goes beyond an address that one signs up with; all is parsed, but refused unless allowed. */
export interface Allow {
  readonly quoted?: boolean
  readonly ipLiteral?: boolean
  readonly dotless?: boolean
}

export const NO_EXTRAS: Allow = { quoted: false, ipLiteral: false, dotless: false }
/** Where an address is not judged, but found again: whatever can be written. */
export const ANY_FORM: Allow = { quoted: true, ipLiteral: true, dotless: true }

export interface Address {
  readonly typed: string
  /** As RCPT says it: NFC, quoted only where it must be. */
  readonly localPart: string
  readonly domain: DomainName | IpLiteral
  /** True where the local part is beyond ASCII (RFC 6531 §3.4); the domain always has an A-form. */
  readonly needsSmtpUtf8: boolean
  /** What RCPT names: local part, `@`, domain in A-form. */
  readonly wire: string
  /** What follows the first `+` of the local part, or null; empty for a `+` at the end. */
  readonly subaddress: string | null
}

export type Parsed =
  | { readonly ok: true; readonly address: Address }
  /** `likely` is an address that was probably meant, where only wrapping is to be taken off. */
  | { readonly ok: false; readonly refusal: Refusal; readonly likely?: string }

/** Nothing longer can be an address, however it is quoted or escaped (64 octets, 254 octets); longer texts are not read. */
const LONGEST_TYPED = 1024

/**
 * Parses one address by the Mailbox grammar of RFC 5321 §4.1.2, RFC 6531 §3.3 and IDNA. Never throws; linear in the text.
 * Surrounding white space, comments and obsolete forms are refused, not repaired.
 */
export function parse(input: string, allow: Allow = {}): Parsed {
  const judge = policyWith(allow)
  const parsed = strict(input, judge)
  if (parsed.ok || input.length > LONGEST_TYPED) return parsed
  const unwrapped = unwrap(input)
  const likely = unwrapped === input ? null : strict(unwrapped, judge)
  return likely?.ok === true ? { ...parsed, likely: print(likely.address) } : parsed
}

/** The address as people read it, domain in U-form; parsing it again gives the same address. */
export function print({ localPart, domain }: Address): string {
  return `${localPart}@${domain.kind === 'name' ? domain.unicode : printIpLiteral(domain)}`
}

type Strict = { readonly ok: true; readonly address: Address } | Refused

export interface RuleSets {
  /** Mailbox of RFC 5321 §4.1.2: in ASCII throughout. */
  readonly rfc5321: boolean
  /** The same with RFC 6531 §3.3: letters of all scripts. */
  readonly rfc6531: boolean
  /** Whether the local part asks for SMTPUTF8 (RFC 6531 §3.4); null for what is no address. */
  readonly needsSmtpUtf8: boolean | null
}

/** Which grammars a text fits, whatever one may sign up with. Never throws. */
export function ruleSets(input: string): RuleSets {
  const read = strict(input, () => null)
  return read.ok ? ruleSetsOf(read.address) : { rfc5321: false, rfc6531: false, needsSmtpUtf8: null }
}

/** The same of what is parsed already. */
export function ruleSetsOf({ typed, needsSmtpUtf8 }: Address): RuleSets {
  return { rfc5321: isAscii(typed), rfc6531: true, needsSmtpUtf8 }
}

/** What is refused although its grammar holds; null for what may pass. */
type Judge = (parts: Parts) => Refused | null

function strict(input: string, judge: Judge): Strict {
  const refused = whole(input)
  if (refused !== null) return refused
  const local = readLocalPart(input)
  if (!local.ok) return local
  const domain = readDomain(input.slice(local.end + 1), local.end + 1)
  if (!domain.ok) return domain
  return judge({ local, domain: domain.domain }) ?? assemble(input, local, domain.domain)
}

/** What can be said of the text before its parts are looked at. */
function whole(input: string): Refused | null {
  if (input === '') return refuse('syntax.empty', 0)
  if (input.length > LONGEST_TYPED) return refuse('syntax.too_long', 254)
  const damaged = isAscii(input) ? -1 : input.search(/\p{Surrogate}/u)
  if (damaged !== -1) return refuse('syntax.not_unicode', damaged)
  if (input.trimStart().length < input.length) return refuse('syntax.surrounding_space', 0)
  const trimmed = input.trimEnd().length
  if (trimmed < input.length) return refuse('syntax.surrounding_space', trimmed)
  if (input.endsWith('>') && input.includes('<')) return refuse('syntax.display_name', input.indexOf('<'))
  return input.includes('@') ? null : refuse('syntax.at_missing', input.length)
}

type DomainOrLiteral = { readonly ok: true; readonly domain: DomainName | IpLiteral } | Refused

function readDomain(text: string, start: number): DomainOrLiteral {
  if (!text.startsWith('[')) return readDomainName(text, start)
  const literal = text.endsWith(']') ? readIpLiteral(text.slice(1, -1)) : null
  return literal === null ? refuse('syntax.domain.literal', start) : { ok: true, domain: literal }
}

interface Parts {
  readonly local: LocalRead
  readonly domain: DomainName | IpLiteral
}

/** The sign-up policy: what the grammar takes and no mailbox of the public Internet has. */
function policyWith(allow: Allow): Judge {
  return (parts) => policy(parts, allow)
}

function policy({ local, domain }: Parts, allow: Allow): Refused | null {
  const at = local.end + 1
  if (local.wasQuoted && allow.quoted !== true) return refuse('syntax.local.quoted', 0)
  if (domain.kind === 'ip_literal') return allow.ipLiteral === true ? null : refuse('syntax.domain.ip_literal', at)
  const dot = domain.ascii.lastIndexOf('.')
  const tld = domain.ascii.slice(dot + 1)
  const tldAt = at + Math.max(0, domain.unicode.lastIndexOf('.') + 1)
  if (/^[0-9]+$/.test(tld)) return refuse('syntax.domain.tld_numeric', tldAt)
  if (dot === -1) return allow.dotless === true ? null : refuse('syntax.domain.dotless', at)
  if (tld.length === 1) return refuse('syntax.domain.tld_short', tldAt)
  return /^(?:[a-z]+|xn--[a-z0-9-]+)$/.test(tld) ? null : refuse('syntax.domain.tld_letters', tldAt)
}

function assemble(typed: string, local: LocalRead, domain: DomainName | IpLiteral): Strict {
  const { localPart, content } = local
  const wire = `${localPart}@${domain.kind === 'name' ? domain.ascii : printIpLiteral(domain)}`
  const plus = content.indexOf('+')
  const address: Address = {
    typed,
    localPart,
    domain,
    needsSmtpUtf8: !isAscii(localPart),
    wire,
    // A `+` in front is part of the name: there is nobody whom the tag could be one of.
    subaddress: plus > 0 ? content.slice(plus + 1) : null,
  }
  // RFC 5321 §4.5.3.1.3: 256 octets for the path, two of them its angle brackets. Every face has to fit: the next system
  // may have no A-form or NFC to save it.
  const isTooLong = [typed, wire, print(address)].some((face) => face.length > SHORT && octets(face) > 254)
  return isTooLong ? refuse('syntax.too_long', 0) : { ok: true, address }
}

/** Three octets each are the most that this many UTF-16 code units come to: within 254, whatever they are. */
const SHORT = 84

/** Takes off what people copy along with an address: spaces, a name and brackets, `mailto:`, a full stop; U+FF20 is an @. */
export function unwrap(input: string): string {
  const bracketed = /<([^<>]*)>\s*$/.exec(input)?.[1] ?? input
  return bracketed
    .trim()
    .replace(/^mailto:/i, '')
    .replace(/[.,;]$/, '')
    .replace('\uff20', '@')
}
