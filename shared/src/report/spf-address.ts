// The sender's address as SPF needs it: to be compared, as macros say it, and as a name to be looked up (RFC 7208 §7.3).
import { type Address, holds, labelsOf, parseAddress, reverseName } from '../dns/ip.ts'

export interface SenderAddress extends Address {
  /** Dotted decimal, or 32 nibbles with dots between them. */
  readonly macro: string
  readonly readable: string
  readonly reverseName: string
}

/** Null for what is no address. An IPv4 address in IPv6 form, however written, is an IPv4 address (RFC 7208 §5). */
export function senderAddress(text: string): SenderAddress | null {
  const parsed = parseAddress(text)
  if (parsed === null) return null
  const isMapped = parsed.width === 128 && parsed.bits >> 32n === 0xff_ffn
  const address: Address = isMapped ? { bits: parsed.bits & 0xff_ff_ff_ffn, width: 32 } : parsed
  return {
    ...address,
    macro: labelsOf(address).join('.').toUpperCase(),
    readable: isMapped ? labelsOf(address).join('.') : text.toLowerCase(),
    reverseName: reverseName(address),
  }
}

/** True where the address is in the block around `other`. */
export function isNear(
  address: Address,
  other: string,
  lengths: { readonly v4: number; readonly v6: number },
): boolean {
  const parsed = parseAddress(other)
  if (parsed === null) return false
  return holds({ ...parsed, length: parsed.width === 32 ? lengths.v4 : lengths.v6 }, address)
}
