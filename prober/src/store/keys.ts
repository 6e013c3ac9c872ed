// The lane's HMAC keys: what is stored under an address or a domain can be found by those who hold a key, and read by nobody.
import { createHmac, createSecretKey } from 'node:crypto'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { z } from 'zod'
import { readJson } from './dynamo.ts'

const keyRing = z
  .strictObject({ current: z.string(), keys: z.record(z.string(), z.string().regex(/^([0-9a-f]{2}){32,}$/)) })
  .refine((ring) => Object.hasOwn(ring.keys, ring.current), 'current names no key')

/** Keys of a table: written under `current`, found under `all`, while a key gives way to the next. */
export interface TableKeys {
  readonly current: string
  readonly all: readonly [current: string, ...older: string[]]
}

export interface Keys {
  /** Of an address; `wire` is exactly what RCPT says. */
  address(wire: string): TableKeys
  /** Of what somebody else than a server said of an address: its erasure, and what accounts told of it. */
  marks(wire: string): TableKeys
  domain(domain: string): TableKeys
  /** Of a domain that was opted out by hand. */
  optOut(domain: string): TableKeys
  /** A token of lower-case letters and digits, first a letter, the same for equal input. */
  token(input: string): string
  /** A local part that reads like a person's, the same for equal input, with digits that make it nobody's. */
  personal(input: string): string
  /** A short name for what may not be named where others can read it. */
  alias(input: string): string
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const GIVEN = 'anna ben clara david elena frank greta hugo irene jonas klara leon marta nils olga paul'.split(' ')
const FAMILY = 'berg costa dorn eriks fiala gruber haas ivers jansen kova lang maier novak olsen petri rossi'.split(' ')

/** Keys from the JSON text `{current, keys: {id: hex}}`. @throws ZodError, which shows no key, where it is not that. */
export function createKeys(text: string): Keys {
  const ring = keyRing.parse(readJson(text))
  const older = Object.keys(ring.keys).filter((id) => id !== ring.current)
  // A key made ready once costs a quarter of one that is read for every use.
  const secrets = new Map(Object.entries(ring.keys).map(([id, hex]) => [id, createSecretKey(hex, 'hex')]))
  const none = createSecretKey('00', 'hex')
  const mac = (id: string, purpose: string, input: string) =>
    createHmac('sha256', secrets.get(id) ?? none)
      .update(`${purpose}\0${input}`)
      .digest()
  const tableKeys = (letter: string, purpose: string, input: string): TableKeys => {
    const keyOf = (id: string) => `${letter}:${id}:${mac(id, purpose, input).toString('base64url')}`
    return { current: keyOf(ring.current), all: [keyOf(ring.current), ...older.map(keyOf)] }
  }
  return {
    address: (wire) => tableKeys('a', 'address', wire),
    marks: (wire) => tableKeys('m', 'marks', wire),
    domain: (domain) => tableKeys('d', 'domain', domain),
    // It has no end, and keys have: a domain is nobody's address, and stands as it is.
    optOut: (domain) => ({ current: `o:${domain}`, all: [`o:${domain}`] }),
    token: (input) => {
      const bytes = [...mac(ring.current, 'stranger', input).subarray(0, 14)]
      return `${BASE32.charAt((bytes[0] ?? 0) % 26)}${bytes.map((byte) => BASE32.charAt(byte % 32)).join('')}`
    },
    personal: (input) => {
      const [given = 0, family = 0, high = 0, low = 0] = mac(ring.current, 'personal', input)
      const digits = 1_000 + ((high * 256 + low) % 9_000)
      return `${GIVEN[given % GIVEN.length]}${FAMILY[family % FAMILY.length]}${digits}`
    },
    alias: (input) => mac(ring.current, 'alias', input).toString('base64url').slice(0, 10),
  }
}

/** The key ring's text: given as it is, or as `secret:<arn>` of a secret that holds it. */
export async function readKeyText(setting: string, region: string): Promise<string> {
  if (!setting.startsWith('secret:')) return setting
  const client = new SecretsManagerClient({ region })
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: setting.slice('secret:'.length) }))
  if (SecretString === undefined) throw new Error('the HMAC secret holds no text')
  return SecretString
}
