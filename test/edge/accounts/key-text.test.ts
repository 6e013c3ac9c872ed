// The text of a key: what it says is what it was made to say, and nothing that was not made by this ring says anything.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountId, base32, keyIdOf, OPERATORS, unbase32 } from '../../../edge/src/accounts/ids.ts'
import { KEY_KINDS, type KeyClaims, mintKey, readKey } from '../../../edge/src/accounts/key-text.ts'
import { originDigest } from '../../../edge/src/accounts/origins.ts'
import { sha256 } from '../../../edge/src/accounts/secrets.ts'
import { replaced, ring, rotating, strange } from './ring.ts'

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const partition = fc.stringMatching(/^[a-z][a-z0-9]{0,11}$/)
const account = fc.tuple(partition, octets(16)).map(([name, own]) => accountId(name, own))
const claims: fc.Arbitrary<KeyClaims> = fc.record({
  kind: fc.constantFrom(...KEY_KINDS),
  account,
  origins: fc.array(octets(8), { maxLength: 10 }),
})

const JANE = accountId('default', new Uint8Array(16).fill(7))
const RANDOM = new Uint8Array(20).fill(9)
const BASE32 = Array.from('abcdefghijklmnopqrstuvwxyz234567')

async function browserKey(): Promise<string> {
  const origins = [await originDigest('https://shop.example')]
  return mintKey(ring, { kind: 'pk_live', account: JANE, origins }, RANDOM)
}

describe('a key that this ring made', () => {
  it('says what it was made to say, whatever its kind, account and origins', async () => {
    await fc.assert(
      fc.asyncProperty(claims, octets(20), async (made, random) => {
        const text = await mintKey(ring, made, random)
        const read = await readKey(ring, text)
        expect(read).toMatchObject({ kind: made.kind, account: made.account })
        expect(read!.origins.map((one) => [...one])).toEqual(made.origins.map((one) => [...one]))
        const digest = await sha256(text)
        expect([...read!.sha256]).toEqual([...digest])
        expect(read!.keyId).toBe(keyIdOf(digest))
        expect(text).toMatch(/^(sk|pk|ak)_(live|test)_[a-z2-7]+$/)
      }),
      { numRuns: 200 },
    )
  })

  it.each(KEY_KINDS)('of kind %s shows its kind to whoever finds it', async (kind) => {
    expect((await mintKey(ring, { kind, account: OPERATORS, origins: [] }, RANDOM)).startsWith(`${kind}_`)).toBe(true)
  })

  it('is the same text where the same random octets are given, and another one where others are', async () => {
    const made = { kind: 'sk_live', account: JANE, origins: [] } as const
    expect(await mintKey(ring, made, RANDOM)).toBe(await mintKey(ring, made, RANDOM))
    expect(await mintKey(ring, made, RANDOM)).not.toBe(await mintKey(ring, made, RANDOM.with(0, 1)))
  })

  it('is believed while the secret is replaced and by no ring without its secret', async () => {
    const made = { kind: 'sk_live', account: JANE, origins: [] } as const
    const [old, next] = [await mintKey(ring, made, RANDOM), await mintKey(rotating, made, RANDOM)]
    const believed = async (text: string) =>
      Promise.all([ring, rotating, replaced].map(async (secrets) => (await readKey(secrets, text)) !== null))
    expect(await believed(old)).toEqual([true, true, false])
    expect(await believed(next)).toEqual([false, true, true])
  })

  it('needs an account and twenty random octets', async () => {
    const made = { kind: 'sk_live', account: JANE, origins: [] } as const
    await expect(mintKey(ring, made, new Uint8Array(19))).rejects.toThrow('20 random octets')
    await expect(mintKey(ring, { ...made, account: 'acc_jane' }, RANDOM)).rejects.toThrow('an account')
  })
})

describe('a text that this ring did not make', () => {
  it('is refused where it is another ring’s, under the same id of a secret', async () => {
    const text = await mintKey(strange, { kind: 'sk_live', account: JANE, origins: [] }, RANDOM)
    expect(await readKey(strange, text)).not.toBeNull()
    expect(await readKey(ring, text)).toBeNull()
  })

  it('is refused for every one of its characters that was changed into any other', async () => {
    const text = await browserKey()
    const taken: string[] = []
    for (let at = 0; at < text.length; at += 1)
      for (const other of [...BASE32, '_', 'A', '0', '1', '8', '9']) {
        const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`
        if (changed !== text && (await readKey(ring, changed)) !== null) taken.push(changed)
      }
    expect(taken).toEqual([])
    expect(await readKey(ring, text)).not.toBeNull()
  })

  it('is refused for every single bit that was changed in what it encodes', async () => {
    const text = await browserKey()
    const encoded = unbase32(text.slice('pk_live_'.length))!
    const taken: number[] = []
    for (let bit = 0; bit < encoded.length * 8; bit += 1) {
      const octet = bit >> 3
      const changed = base32(encoded.with(octet, encoded[octet]! ^ (1 << (bit & 7))))
      if ((await readKey(ring, `pk_live_${changed}`)) !== null) taken.push(bit)
    }
    expect(taken).toEqual([])
  })

  it.each(
    KEY_KINDS.flatMap((kind) => KEY_KINDS.filter((other) => other !== kind).map((other) => [kind, other] as const)),
  )('is refused where it was made as %s and is shown as %s', async (kind, other) => {
    const text = await mintKey(ring, { kind, account: JANE, origins: [] }, RANDOM)
    expect(await readKey(ring, text.replace(kind, other))).toBeNull()
  })

  it.each<[string, (text: string) => string]>([
    ['cut by a character', (text) => text.slice(0, -1)],
    ['cut by the characters of an octet', (text) => text.slice(0, -8)],
    ['longer by a character', (text) => `${text}a`],
    ['in capitals', (text) => text.toUpperCase()],
    ['with a capital prefix', (text) => text.replace('pk_live', 'PK_LIVE')],
    ['with a space before it', (text) => ` ${text}`],
    ['with a line feed behind it', (text) => `${text}\n`],
    ['without its kind', (text) => text.replace('pk_live_', '')],
    ['of a kind that there is not', (text) => text.replace('pk_live', 'xk_live')],
    ['twice', (text) => `${text}${text}`],
  ])('is refused where it is a good one %s', async (_what, change) => {
    expect(await readKey(ring, change(await browserKey()))).toBeNull()
  })

  it('is refused without a fault, whatever it is', async () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 500 }),
      fc
        .tuple(fc.constantFrom(...KEY_KINDS), fc.string({ unit: fc.constantFrom(...BASE32), maxLength: 420 }))
        .map(([kind, body]) => `${kind}_${body}`),
      fc
        .tuple(fc.constantFrom(...KEY_KINDS), fc.uint8Array({ minLength: 50, maxLength: 240 }))
        .map(([kind, body]) => `${kind}_${base32(body)}`),
    )
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await readKey(rotating, text)).toBeNull()
      }),
      { numRuns: 1_000 },
    )
  })
})
