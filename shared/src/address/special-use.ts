// Names that were set aside and are in nobody's mail: for the verdict, which need not ask the DNS about them.

/** The sixteen /16 of RFC 1918's middle block, each a reverse zone of its own. */
const private172 = Array.from({ length: 16 }, (_, at): [string, string] => [
  `${16 + at}.172.in-addr.arpa`,
  'RFC 6761 §6.1',
])

/**
 * Special-use names (IANA registry of RFC 6761) that never lead to a mail host of the public Internet; below `arpa` only
 * what is registered, since any other reverse zone may hold an MX. example.com and its kin are registered too, but RFC
 * 6761 §6.5 lets them resolve, so that the DNS answers for them.
 */
const specialUseNames = new Map([
  ['test', 'RFC 6761 §6.2'],
  ['localhost', 'RFC 6761 §6.3'],
  ['invalid', 'RFC 6761 §6.4'],
  ['example', 'RFC 6761 §6.5'],
  ['local', 'RFC 6762 §3'],
  ['onion', 'RFC 7686 §2'],
  ['alt', 'RFC 9476 §2'],
  ['internal', 'ICANN board resolution of 29 July 2024'],
  ['home.arpa', 'RFC 8375 §4'],
  ['ipv4only.arpa', 'RFC 8880 §7.1'],
  ['resolver.arpa', 'RFC 9462 §8.2'],
  ['service.arpa', 'RFC 9665'],
  ['6tisch.arpa', 'RFC 9031'],
  ['eap.arpa', 'RFC 9965'],
  ['eap-noob.arpa', 'RFC 9140'],
  ['10.in-addr.arpa', 'RFC 6761 §6.1'],
  ...private172,
  ['168.192.in-addr.arpa', 'RFC 6761 §6.1'],
  ['254.169.in-addr.arpa', 'RFC 6762 §4'],
  ['170.0.0.192.in-addr.arpa', 'RFC 8880 §7.2'],
  ['171.0.0.192.in-addr.arpa', 'RFC 8880 §7.2'],
  ['8.e.f.ip6.arpa', 'RFC 6762 §4'],
  ['9.e.f.ip6.arpa', 'RFC 6762 §4'],
  ['a.e.f.ip6.arpa', 'RFC 6762 §4'],
  ['b.e.f.ip6.arpa', 'RFC 6762 §4'],
])

/**
 * The special-use name that a domain (A-form, lower case, no trailing dot) is or lies below, the longest that fits, or null.
 * `allowed` names are taken for ordinary ones, as the local run does with `test`.
 */
export function specialUse(domain: string, allowed: readonly string[]): string | null {
  for (let name = domain; ; ) {
    if (specialUseNames.has(name)) return allowed.includes(name) ? null : name
    const dot = name.indexOf('.')
    if (dot === -1) return null
    name = name.slice(dot + 1)
  }
}
