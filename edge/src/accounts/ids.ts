// Names of accounts, keys and verifications: what each of them tells without a look-up.
import { base32crockford, base32nopad } from '@scure/base'
import { decodeTime, encodeTime, isValid } from 'ulid'

const DAY_MS = 86_400_000
const ACCOUNT = /^acc_([a-z][a-z0-9]{0,11})_([a-z2-7]{26})$/

/** `acc_<partition>_<16 octets in base32>`: which tables and lanes serve an account is in its name, for ever. */
export function accountId(partition: string, octets: Uint8Array): string {
  return `acc_${partition}_${base32(octets)}`
}

export interface AccountName {
  readonly partition: string
  /** 16 of them. */
  readonly octets: Uint8Array
}

export function readAccountId(id: string): AccountName | null {
  const [, partition, name] = ACCOUNT.exec(id) ?? []
  if (partition === undefined || name === undefined) return null
  const octets = unbase32(name)
  return octets === null || base32(octets) !== name ? null : { partition, octets }
}

/** The account that operators' keys belong to: it verifies nothing and has no credit. */
export const OPERATORS = accountId('default', new Uint8Array(16))

/** `key_<first 16 octets of the key's SHA-256>`: found from the key itself, and says nothing about it. */
export function keyIdOf(digest: Uint8Array): string {
  return `key_${base32(digest.subarray(0, 16))}`
}

export function base32(octets: Uint8Array): string {
  return base32nopad.encode(octets).toLowerCase()
}

export function unbase32(text: string): Uint8Array | null {
  try {
    return base32nopad.decode(text.toUpperCase())
  } catch {
    return null
  }
}

/**
 * The id that one request of one caller has whenever it is repeated that day (UTC): the day's first instant and 10 octets
 * of what the request was.
 */
export function derivedId(prefix: string, octets: Uint8Array, now: number): string {
  return `${prefix}_${encodeTime(now - (now % DAY_MS), 10)}${base32crockford.encode(octets.subarray(0, 10))}`
}

/** Instant in an id such as `ver_01J…`, in milliseconds since the epoch; null where it is none of ours. */
export function instantOf(prefix: string, id: string): number | null {
  if (!id.startsWith(`${prefix}_`)) return null
  const ulid = id.slice(prefix.length + 1)
  // 128 bits are 25 digits of five bits and one of three.
  return /^[0-7][0-9A-Z]{25}$/.test(ulid) && isValid(ulid) ? decodeTime(ulid) : null
}

/** The part of an id without its time: the same in all repeats of one request. */
export function tailOf(id: string): string {
  return id.slice(-16)
}

/** `2026-11-21`: days of the ledger are UTC's. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
