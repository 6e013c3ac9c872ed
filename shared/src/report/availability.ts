// How likely mail finds an exchange that takes it, as models: each availability is an input or an assumption, never a fact.

interface FailureDomain {
  /** What its hosts share is up with this probability: a network, a site, a provider. */
  readonly common: number
  /** Availability of each host by itself, 0–1. */
  readonly hosts: readonly number[]
}

/** What is assumed of a host that nobody has measured. */
export const ASSUMED = 0.99
/** A gain that is worth a word; below it, redundancy is still never advised against. */
const MATERIAL = 0.001

/** Senders try all exchanges (RFC 5321 §5.1): mail waits where none of them answers. */
export function effective(hosts: readonly number[]): number {
  return 1 - hosts.reduce((down, host) => down * (1 - host), 1)
}

/** The host that is picked first, at random among the best preference, answers. */
export function firstPick(best: readonly number[]): number {
  return best.length === 0 ? 0 : best.reduce((sum, host) => sum + host, 0) / best.length
}

/** Hosts that fail together count once. */
export function grouped(domains: readonly FailureDomain[], dns = 1): number {
  return dns * effective(domains.map(({ common, hosts }) => common * effective(hosts)))
}

/** True where another host of this availability would change what senders see. */
export function isMaterial(hosts: readonly number[], another: number): boolean {
  return effective([...hosts, another]) - effective(hosts) >= MATERIAL
}
