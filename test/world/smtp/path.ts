// Reads the path of MAIL and RCPT (RFC 5321 §4.1.2, with RFC 6531 §3.3 for other scripts) and the parameters behind it.
import { domainToASCII } from 'node:url'

export interface Recipient {
  readonly local: string
  /** In A-form and lower case; null for a bare `postmaster`. */
  readonly domain: string | null
}

export interface Path {
  /** Null for the empty reverse-path `<>`. */
  readonly recipient: Recipient | null
  /** As written between the angle brackets. */
  readonly text: string
  readonly parameters: readonly string[]
}

const ATOM = "[\\w!#$%&'*+\\-/=?^`{|}~\\u0080-\\u{10ffff}]+"
const LABEL = '[a-z0-9\\u0080-\\u{10ffff}](?:[a-z0-9\\-\\u0080-\\u{10ffff}]*[a-z0-9\\u0080-\\u{10ffff}])?'
const LOCAL = `${ATOM}(?:\\.${ATOM})*|"(?:[^"\\\\]|\\\\.)*"`
const DOMAIN = `${LABEL}(?:\\.${LABEL})*|\\[[^\\[\\]\\s]+\\]`
// RFC 5321 appendix C: a source route is accepted and ignored.
const ROUTE = `(?:@(?:${DOMAIN})(?:,@(?:${DOMAIN}))*:)?`
const PATH = new RegExp(`^<((?:${ROUTE}(${LOCAL})@(${DOMAIN})|postmaster)?)>(?: (.+))?$`, 'iu')
const MOST_LOCAL = 64
const MOST_DOMAIN = 255

/** Null where the text is no path, or longer than RFC 5321 §4.5.3.1 allows. */
export function readPath(text: string): Path | null {
  const match = PATH.exec(text)
  if (match === null) return null
  const [, inside = '', local, domain, parameters] = match
  const recipient = recipientOf(inside, local, domain)
  if (recipient === undefined) return null
  return { recipient, text: inside, parameters: parameters === undefined ? [] : parameters.split(' ') }
}

function recipientOf(inside: string, local?: string, domain?: string): Recipient | null | undefined {
  if (inside === '') return null
  if (local === undefined || domain === undefined) return { local: 'postmaster', domain: null }
  if (Buffer.byteLength(local) > MOST_LOCAL || Buffer.byteLength(domain) > MOST_DOMAIN) return undefined
  return { local: unquoted(local), domain: domainToASCII(domain) || domain.toLowerCase() }
}

/** RFC 5321 §4.1.2: the quoted and the plain form of a local part name the same mailbox. */
function unquoted(local: string): string {
  const plain = local.startsWith('"') ? local.slice(1, -1).replace(/\\(.)/gu, '$1') : local
  return plain.normalize('NFC')
}
