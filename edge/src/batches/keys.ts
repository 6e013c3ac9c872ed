// What rows of a list are compared by: 64 bits of HMACs of the address as RCPT says it, and of its mailbox however it is written.
import { facesOf, macs } from '../accounts/pseudonym.ts'
import type { Secrets } from '../accounts/secrets.ts'
import { KEY_OCTETS } from './seen.ts'

export interface Keys {
  readonly exact: Uint8Array
  /** Whoever is the same mailbox; what is no address is one with its like alone. */
  readonly canonical: Uint8Array
  /** By which a mailbox's rows are erased, what is no address for what stands beside it among them. */
  readonly mailboxes: Uint8Array
}

/** 8 octets a row each, in their order; all zero where there is no address. */
export async function keysOf(emails: readonly string[], secrets: Secrets): Promise<Keys> {
  const exact = new Uint8Array(emails.length * KEY_OCTETS)
  const same = new Uint8Array(emails.length * KEY_OCTETS)
  const mailboxes = new Uint8Array(emails.length * KEY_OCTETS)
  await Promise.all(
    emails.map(async (email, n) => {
      if (email === '') return
      const { isAddress, wire, mailbox } = facesOf(email)
      const [one, other] = await Promise.all([keyOf(`wire\0${wire}`, secrets), keyOf(`mailbox\0${mailbox}`, secrets)])
      exact.set(one, n * KEY_OCTETS)
      same.set(isAddress ? other : one, n * KEY_OCTETS)
      mailboxes.set(other, n * KEY_OCTETS)
    }),
  )
  return { exact, canonical: same, mailboxes }
}

/** The same keys, none for the rows at these places: they are neither somebody's duplicate nor have any. */
export function without(keys: Uint8Array, places: readonly number[]): Uint8Array {
  const left = keys.slice()
  for (const place of places) left.fill(0, place * KEY_OCTETS, (place + 1) * KEY_OCTETS)
  return left
}

/** What the rows of a mailbox are known by, one key for each secret in use. */
export async function mailboxKeys(email: string, secrets: Secrets): Promise<Uint8Array[]> {
  const all = await macs(secrets, `row\0mailbox\0${facesOf(email).mailbox}`)
  return all.map((mac) => mac.slice(0, KEY_OCTETS))
}

/** Under the current secret: a list that is read while it changes may miss a duplicate, and no more. */
async function keyOf(text: string, secrets: Secrets): Promise<Uint8Array> {
  const mac = await secrets.mac(secrets.current, 'address', `row\0${text}`)
  return mac === null ? new Uint8Array(KEY_OCTETS) : mac.subarray(0, KEY_OCTETS)
}
