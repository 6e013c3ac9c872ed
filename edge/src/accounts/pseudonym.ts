// An address as tables and events know it: HMACs, one for each secret in use, the current one's first.
import { canonical } from '@postern/shared/address/canonical.ts'
import { ANY_FORM, parse, unwrap } from '@postern/shared/address/parse.ts'
import { isFree } from '@postern/shared/signals/free.ts'
import { base32 } from './ids.ts'
import type { Trace, Traces } from './patterns.ts'
import type { Secrets } from './secrets.ts'

const OCTETS = 20

export interface Pseudonyms {
  /** Of the wire form: exactly what RCPT says. What was paid for is known by it. */
  readonly wire: readonly string[]
  /** Of the mailbox, without case, tags and dots that mean nothing there: what is kept about a person is erased by it. */
  readonly mailbox: readonly string[]
  readonly traces: Traces
}

export async function pseudonyms(secrets: Secrets, email: string): Promise<Pseudonyms> {
  const { isAddress, wire, mailbox } = facesOf(email)
  const series = isAddress ? seriesOf(mailbox) : null
  const isAlias = isAddress && wire.toLowerCase() !== mailbox
  const [byWire, byMailbox, [bySeries], [bySpelling]] = await Promise.all([
    names(secrets, wire),
    // What is no address is one whatever its case, too.
    names(secrets, `mailbox\0${mailbox.toLowerCase()}`),
    series === null ? [] : names(secrets, `series\0${series}`),
    isAlias ? names(secrets, `spelling\0${wire.toLowerCase()}`) : [],
  ])
  const [owner] = byMailbox
  const traces = { alias: traceOf(owner, bySpelling), series: traceOf(bySeries, owner) }
  return { wire: byWire, mailbox: byMailbox, traces }
}

function traceOf(pattern: string | undefined, sign: string | undefined): Trace | null {
  return pattern === undefined || sign === undefined ? null : { pattern, sign }
}

/** Of the wire form alone, for lists: what was paid for is known by it. */
export async function wireNames(secrets: Secrets, email: string): Promise<string[]> {
  return names(secrets, facesOf(email).wire)
}

export interface Faces {
  readonly isAddress: boolean
  /** As RCPT says it. */
  readonly wire: string
  /** However it is written. */
  readonly mailbox: string
}

/** As typed where it is no address; the mailbox is known all the same where the text holds nothing else but what is copied along. */
export function facesOf(email: string): Faces {
  const parsed = parse(email, ANY_FORM)
  if (!parsed.ok) return { isAddress: false, wire: email, mailbox: heldMailbox(email) ?? email }
  return { isAddress: true, wire: parsed.address.wire, mailbox: canonical(parsed.address).toLowerCase() }
}

function heldMailbox(text: string): string | null {
  const parsed = parse(unwrap(text), ANY_FORM)
  return parsed.ok ? canonical(parsed.address).toLowerCase() : null
}

/** Fewer letters before a number are a student's, a customer's or a clerk's: many have those. */
const LEAST_LETTERS = 4

/** The mailbox without the number that it ends in; null where it has none, or where not anybody can take such a name. */
function seriesOf(mailbox: string): string | null {
  const [, name = '', domain = ''] = /^(.*[^0-9])[0-9]{1,9}@(.+)$/.exec(mailbox) ?? []
  const letters = name.match(/[a-z]/g)?.length ?? 0
  return letters < LEAST_LETTERS || !isFree(domain) ? null : `${name}#@${domain}`
}

/** Of what lanes have reported of an address within a partition, for this location's own memory. */
export async function probedName(secrets: Secrets, text: string): Promise<string> {
  const mac = await secrets.mac(secrets.current, 'address', `probed\0${text}`)
  return mac === null ? '' : base32(mac.subarray(0, OCTETS))
}

async function names(secrets: Secrets, text: string): Promise<string[]> {
  return (await macs(secrets, text)).map((mac) => base32(mac.subarray(0, OCTETS)))
}

/** One for each secret in use, the current one's first. */
export async function macs(secrets: Secrets, text: string): Promise<Uint8Array[]> {
  const all = await Promise.all(secrets.ids.map((id) => secrets.mac(id, 'address', text)))
  return all.filter((mac) => mac !== null)
}
