// A machine's address in brackets instead of a domain (RFC 5321 §4.1.3), for the parser.

export interface IpLiteral {
  readonly kind: 'ip_literal'
  readonly version: 4 | 6
  /** Without brackets and tag; IPv6 in lower case, as typed otherwise. */
  readonly address: string
}

/** The literal between the brackets, or null where it is none. Tags other than IPv6 are not in use (RFC 5321 §4.1.3). */
export function readIpLiteral(inside: string): IpLiteral | null {
  if (isIpv4(inside)) return { kind: 'ip_literal', version: 4, address: inside }
  const tagged = /^ipv6:(.*)$/is.exec(inside)
  const address = tagged?.[1]?.toLowerCase()
  return address !== undefined && isIpv6(address) ? { kind: 'ip_literal', version: 6, address } : null
}

export const printIpLiteral = ({ version, address }: IpLiteral): string =>
  version === 4 ? `[${address}]` : `[IPv6:${address}]`

const isIpv4 = (text: string): boolean => {
  const parts = text.split('.', 5)
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)
}

/** `::` stands for two groups at least (RFC 5321 §4.1.3, IPv6-comp), an IPv4 tail for two. */
function isIpv6(text: string): boolean {
  if (text.length > 45) return false
  const tail = /[^:]*\.[^:]*$/.exec(text)?.[0]
  if (tail !== undefined && !isIpv4(tail)) return false
  const [head = '', rest, more] = (tail === undefined ? text : `${text.slice(0, -tail.length)}0:0`).split('::')
  if (more !== undefined) return false
  const groups = [head, rest ?? ''].flatMap((half) => (half === '' ? [] : half.split(':')))
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return false
  return rest === undefined ? groups.length === 8 : groups.length <= 6
}
