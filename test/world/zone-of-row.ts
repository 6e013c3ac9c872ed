// Turns a data row into the records that the resolver serves: MX and addresses by rule, the rest as the row's zone text says.
import type { DomainRow } from './domain-row.ts'
import { parseRecord, type ResourceRecord } from './dns/zone-text.ts'
import type { ZoneOptions } from './dns/zones.ts'
import { hostName } from './hosts.ts'

// A line that says for itself where the domain's mail goes.
const OWN_ROUTE = /^@ (?:\d+ )?(?:MX|A|AAAA|CNAME) /u

export interface Addresses {
  /** Of the row's mail hosts, in their order. */
  readonly exchanges: readonly string[]
  readonly policyHost: string | null
}

export function recordsOf(row: DomainRow, { exchanges: addresses, policyHost }: Addresses): ResourceRecord[] {
  const lines = (row.zone ?? []).map((line) => line.replaceAll('$mx', addresses[0] ?? ''))
  const hosts = addresses.map((address, index) => `${hostName(row.domain, index)}. A ${address}`)
  const route = lines.some((line) => OWN_ROUTE.test(line)) ? [] : addresses.map((_, index) => mxLine(row.domain, index))
  const called = row.reverse === null ? [] : addresses
  const reverse = called.map((address, index) => pointer(address, row.reverse ?? hostName(row.domain, index)))
  const ownPolicyHost = lines.some((line) => line.startsWith('mta-sts '))
  const policies = policyHost === null || ownPolicyHost ? [] : [`mta-sts A ${policyHost}`]
  return [...[...route, ...hosts, ...policies, ...lines].map((line) => parseRecord(line, row.domain)), ...reverse]
}

function mxLine(domain: string, index: number): string {
  return `@ MX ${10 * (index + 1)} ${hostName(domain, index)}.`
}

/** The name by which an IPv4 address is looked up (RFC 1035 §3.5). */
export function reverseName(address: string): string {
  return `${address.split('.').toReversed().join('.')}.in-addr.arpa`
}

/** The /16 zone that holds the reverse name of an IPv4 address. */
export function reverseZone(address: string): string {
  return reverseName(address).split('.').slice(2).join('.')
}

export function pointer(address: string, name: string): ResourceRecord {
  return parseRecord(`${reverseName(address)}. PTR ${name}.`, '')
}

/** The zones of a row by their names: its own where it has one, and those that are cut from it. */
export function zonesOf(row: DomainRow): readonly (readonly [string, ZoneOptions])[] {
  const { domain, authentic = false, faults = {}, insecure = [] } = row
  return [
    ...(isZone(row) ? [[domain, row] as const] : []),
    ...Object.entries(faults).map(([name, fault]) => [`${name}.${domain}`, { fault, authentic }] as const),
    ...insecure.map((name) => [`${name}.${domain}`, {}] as const),
  ]
}

/** True where the domain may hold a start of authority: an alias holds nothing else (RFC 1034 §3.6.2). */
function isZone({ nonexistent, zone = [] }: DomainRow): boolean {
  return nonexistent !== true && !zone.some((line) => line.startsWith('@ CNAME '))
}
