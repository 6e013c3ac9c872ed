// An address as tables and events know it: HMACs of its wire form, one for each secret in use, the current one's first.
import { parse } from '@postern/shared/address/parse.ts'
import { base32 } from './ids.ts'
import type { Secrets } from './secrets.ts'

const OCTETS = 20
/** What is parsed here is judged nowhere: every form that can be written has its pseudonym. */
const ANY_FORM = { quoted: true, ipLiteral: true, dotless: true }

export async function pseudonyms(secrets: Secrets, email: string): Promise<string[]> {
  const parsed = parse(email, ANY_FORM)
  const wire = parsed.ok ? parsed.address.wire : email
  const macs = await Promise.all(secrets.ids.map((id) => secrets.mac(id, 'address', wire)))
  return macs.filter((mac) => mac !== null).map((mac) => base32(mac.subarray(0, OCTETS)))
}
