// What our own pages call the API with: signed by us, good for ten minutes, bound to nobody; visitors are counted by address.
import { base32, unbase32 } from '../accounts/ids.ts'
import { type Secrets, sameOctets, sign } from '../accounts/secrets.ts'

export const PAGE_TOKEN_MS = 10 * 60_000
const MAC_OCTETS = 16
const TEXT = /^pt_(\d{1,3})_(\d{13})_([a-z2-7]{26})$/

export function isPageToken(text: string): boolean {
  return text.startsWith('pt_')
}

export async function makePageToken(secrets: Secrets, now: number): Promise<string> {
  const head = `pt_${secrets.current}_${now}`
  return `${head}_${base32((await sign(secrets, 'page', head)).subarray(0, MAC_OCTETS))}`
}

/** True for a token of ours that is not older than ten minutes, nor from a clock far ahead. */
export async function readPageToken(secrets: Secrets, text: string, now: number): Promise<boolean> {
  const [, id = '', at = '', mac = ''] = TEXT.exec(text) ?? []
  const expected = await secrets.mac(id, 'page', `pt_${id}_${at}`)
  const presented = unbase32(mac) ?? new Uint8Array(0)
  if (expected === null || !sameOctets(presented, expected.subarray(0, MAC_OCTETS))) return false
  const age = now - Number(at)
  return age >= -PAGE_TOKEN_MS / 10 && age < PAGE_TOKEN_MS
}
