// Addresses with a tag, as people use to tell their correspondents apart.
import type { Address } from '../address/parse.ts'
import type { Signal } from './signal.ts'

/** RFC 5233 §1: what follows the separator is the detail; only `+` is taken for one, since `-` is part of many names. */
export function subaddress(address: Pick<Address, 'subaddress'>): Signal {
  return { signal: 'subaddress', value: address.subaddress !== null, source: 'RFC 5233' }
}
