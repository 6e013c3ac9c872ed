// The world's DNS block list: how an address is written in it, and the entries by which a list shows that it is well.
import { parseRecord, type ResourceRecord } from './zone-text.ts'

/** Lists nobody but its test entry until somebody is put on it. */
export const BLOCK_LIST = 'dnsbl.test'

/** The name under which a list holds an IPv4 address (RFC 5782 §2.1). */
export function entryName(address: string, zone: string): string {
  return `${address.split('.').toReversed().join('.')}.${zone}`
}

export function entry(address: string, zone: string): ResourceRecord[] {
  const name = entryName(address, zone)
  return [parseRecord(`${name}. A 127.0.0.2`, ''), parseRecord(`${name}. TXT https://dnsbl.test/?${address}`, '')]
}

/** RFC 5782 §5: 127.0.0.2 is on every list, 127.0.0.1 on none. */
export function testEntries(zone: string): ResourceRecord[] {
  return entry('127.0.0.2', zone)
}
