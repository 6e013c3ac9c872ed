// An address as tables and events know it: HMACs, one for each secret in use, the current one's first.
import { canonical } from '@postern/shared/address/canonical.ts'
import { parse } from '@postern/shared/address/parse.ts'
import { base32 } from './ids.ts'
import type { Secrets } from './secrets.ts'

const OCTETS = 20
/** What is parsed here is judged nowhere: every form that can be written has its pseudonym. */
const ANY_FORM = { quoted: true, ipLiteral: true, dotless: true }

export interface Pseudonyms {
  /** Of the wire form: exactly what RCPT says. What was paid for is known by it. */
  readonly wire: readonly string[]
  /** Of the mailbox, without case, tags and dots that mean nothing there: what is kept about a person is erased by it. */
  readonly mailbox: readonly string[]
}

export async function pseudonyms(secrets: Secrets, email: string): Promise<Pseudonyms> {
  const parsed = parse(email, ANY_FORM)
  const wire = parsed.ok ? parsed.address.wire : email
  const mailbox = parsed.ok ? canonical(parsed.address) : email
  const [byWire, byMailbox] = await Promise.all([
    macs(secrets, wire),
    macs(secrets, `mailbox\0${mailbox.toLowerCase()}`),
  ])
  return { wire: byWire, mailbox: byMailbox }
}

async function macs(secrets: Secrets, text: string): Promise<string[]> {
  const all = await Promise.all(secrets.ids.map((id) => secrets.mac(id, 'address', text)))
  return all.filter((mac) => mac !== null).map((mac) => base32(mac.subarray(0, OCTETS)))
}
