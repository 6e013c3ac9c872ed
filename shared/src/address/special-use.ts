// Names that were set aside and are in nobody's mail: for the verdict, which need not ask the DNS about them.

/**
 * Special-use names that never lead to a mail host of the public Internet. example.com and its kin are reserved too, but
 * RFC 6761 §6.5 lets them resolve, so that the DNS answers for them.
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
  ['arpa', 'RFC 3172 §2'],
])

/**
 * The special-use name that a domain (A-form, lower case, no trailing dot) is or lies below, the longest that fits, or null.
 * `allowed` names are taken for ordinary ones, as the local run does with `test`.
 */
export function specialUse(domain: string, allowed: readonly string[]): string | null {
  const labels = domain.split('.')
  for (let start = Math.max(0, labels.length - 2); start < labels.length; start++) {
    const name = labels.slice(start).join('.')
    if (specialUseNames.has(name)) return allowed.includes(name) ? null : name
  }
  return null
}
