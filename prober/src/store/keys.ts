// The lane's HMAC keys: what is stored under an address or a domain can be found by those who hold a key, and read by nobody.
import { createHmac } from 'node:crypto'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { z } from 'zod'
import { readJson } from './dynamo.ts'

const keyRing = z
  .strictObject({ current: z.string(), keys: z.record(z.string(), z.string().regex(/^([0-9a-f]{2}){32,}$/)) })
  .refine((ring) => Object.hasOwn(ring.keys, ring.current), 'current names no key')

export interface Keys {
  /** Table key of an address; `wire` is exactly what RCPT says. */
  address(wire: string): string
  domain(domain: string): string
  /** A token of lower-case letters and digits, first a letter, the same for equal input. */
  token(input: string): string
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** Keys from the JSON text `{current, keys: {id: hex}}`. @throws ZodError, which shows no key, where it is not that. */
export function createKeys(text: string): Keys {
  const ring = keyRing.parse(readJson(text))
  const secret = Buffer.from(ring.keys[ring.current] ?? '', 'hex')
  const mac = (purpose: string, input: string) => createHmac('sha256', secret).update(`${purpose}\0${input}`).digest()
  return {
    address: (wire) => `a:${ring.current}:${mac('address', wire).toString('base64url')}`,
    domain: (domain) => `d:${ring.current}:${mac('domain', domain).toString('base64url')}`,
    token: (input) => {
      const bytes = [...mac('stranger', input).subarray(0, 14)]
      return `${BASE32.charAt((bytes[0] ?? 0) % 26)}${bytes.map((byte) => BASE32.charAt(byte % 32)).join('')}`
    },
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
