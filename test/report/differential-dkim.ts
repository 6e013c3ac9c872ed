// DKIM keys as we and mailauth read them: tag-lists of a grammar that goes wrong, around keys that are some and some that are none.
import { createRequire } from 'node:module'
import { parseDkim } from '@postern/shared/report/dkim.ts'
import fc from 'fast-check'
import type { DNSResolver } from 'mailauth'
import type { Subject } from './compared.ts'
import { from, mostly, words } from './drawn.ts'
import { resolverOf } from './mailauth-resolver.ts'

interface Found {
  readonly keyType: 'rsa' | 'ed25519'
  readonly modulusLength?: number
  readonly testing: boolean
}

/** It has no types, and is what their verifier calls. */
type GetPublicKey = (
  ...asked: [type: string, name: string, leastBits: number, resolver: DNSResolver, options: object]
) => Promise<Found>
const { getPublicKey } = createRequire(import.meta.url)('mailauth/lib/tools.js') as { getPublicKey: GetPublicKey }

const NAME = 'sel._domainkey.example.test'

function ours(text: string): unknown {
  const parsed = parseDkim(text)
  if (!parsed.ok || parsed.record.revoked) return null
  const { type, bits, testing, hashes, forMail } = parsed.record
  return forMail && (hashes === null || hashes.includes('sha256')) ? { type, bits, testing } : null
}

async function theirs(text: string): Promise<unknown> {
  const resolver = resolverOf(new Map([[NAME, new Map([['TXT', [text]]])]]))
  try {
    const found = await getPublicKey('DKIM', NAME, 1, resolver, { strict: true, hashAlgo: 'sha256' })
    return { type: found.keyType, bits: found.modulusLength ?? 256, testing: found.testing }
  } catch {
    return null
  }
}

export const DKIM: Subject<string> = {
  ours,
  theirs,
  argued: [
    {
      kind: 'white space behind the last semicolon',
      because:
        'RFC 6376 §3.2: a tag-list ends with a tag or with a semicolon; mailauth takes all white space out first',
      without: (text) => text.replace(/;[ \t]+$/, ';'),
    },
    {
      kind: 'a character that no value holds',
      because: 'RFC 6376 §3.2: values are of visible ASCII, with white space between; mailauth looks at names alone',
      without: (text) => text.replaceAll(/[^\t\n\r\x20-\x7e]/g, ''),
    },
    {
      kind: 'a kind of key in capitals',
      because: 'RFC 6376 §3.2: values are told by case unless their tag says otherwise, which k does not',
      without: (text) => text.replaceAll('k=RSA', 'k=unknown'),
    },
    {
      kind: 'an empty kind of key',
      because: 'RFC 6376 §3.2: a tag without a value is not one that is left out',
      without: (text) => text.replaceAll(/k=(?=[ \t]*(?:;|$))/g, 'k=unknown'),
    },
  ],
}

const base64 = (octets: readonly number[]): string => btoa(String.fromCharCode(...octets))
/** X.690 §8.1. */
const der = (tag: number, content: readonly number[]): number[] => {
  const { length } = content
  const long = length < 0x1_00 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return [tag, ...(length < 0x80 ? [length] : long), ...content]
}

/** RFC 8017 §A.1.1, the modulus all ones. */
const modulus = (bits: number): number[] => der(0x02, [0, ...Array<number>(bits / 8).fill(0xff)])
const rsaKey = (bits: number): number[] => der(0x30, [...modulus(bits), ...der(0x02, [1, 0, 1])])
const RSA = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]
const wrapped = (algorithm: readonly number[], key: readonly number[]): number[] =>
  der(0x30, [...der(0x30, algorithm), ...der(0x03, [0, ...key])])

const OCTETS_32 = Array.from({ length: 32 }, (_, n) => n * 7)
const ED25519 = base64(OCTETS_32)
const KEYS = [...[512, 1024, 2048].map((bits) => base64(wrapped(RSA, rsaKey(bits)))), base64(rsaKey(1024)), ED25519]
const NO_KEYS = [
  ...words(`! AAAA ${ED25519}= ${ED25519.slice(0, -2)} ${base64(OCTETS_32.slice(1))} ${KEYS[1]!.slice(0, 40)}`),
  '',
  base64(wrapped([0x06, 0x03, 0x2b, 0x65, 0x70], OCTETS_32)),
  // Another algorithm around a key of RSA's, and one without its exponent.
  base64(wrapped([...RSA.slice(0, -3), 0x0a], rsaKey(1024))),
  base64(der(0x30, modulus(1024))),
  base64(wrapped([0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], OCTETS_32)),
]

const unpadded = from(...KEYS).map((key) => key.replaceAll('=', ''))
const folded = from(...KEYS).map((key) => `${key.slice(0, 20)} ${key.slice(20, 30)}\t${key.slice(30)}`)
const p = mostly(fc.oneof(from(...KEYS), from(...KEYS), folded, unpadded), from(...NO_KEYS)).map((key) => `p=${key}`)
const tag = fc.oneof(
  from('t=y', 't=s', 't=y:s', 't = s : y', 't=Y', 't='),
  from('s=email', 's=*', 's = other : email', 's=other', 's=', 's=Email'),
  from('h=sha256', 'h=sha1:sha256', 'h=sha1', 'h=SHA256', 'h='),
  from('n=a note', 'g=*', 'g=', 'x_1=a=b', 'n=a;', 'n='),
  mostly(from('x=1'), from('', 'x', '=1', '1x=1', 'n=ä', 'v=DKIM1', 'P=AAAA', 'n=\u0007')),
)
const k = fc.oneof(
  { weight: 5, arbitrary: from('k=rsa', 'k=ed25519', '') },
  { weight: 1, arbitrary: from('k=RSA', 'k=dsa', 'k=', 'K=x') },
)
const version = mostly(
  from('v=DKIM1', 'v=DKIM1', ''),
  from('v=dkim1', 'v=DKIM2', 'V=DKIM1', 'v = DKIM1', ' v=DKIM1', 'v='),
  10,
)

export const dkimCases: fc.Arbitrary<string> = fc
  .tuple(
    version,
    fc.array(tag, { maxLength: 3 }),
    fc.tuple(k, p),
    from(';', '; ', ';\t ', ' ;'),
    from('', '', ';', '; ', ' '),
  )
  .chain(([first, others, [kind, key], between, end]) =>
    fc.shuffledSubarray([kind, key, ...others], { minLength: others.length + 1 }).map((all) => {
      const parts = [first, ...all].filter((part, n) => part !== '' || (n > 2 && others.includes('')))
      return parts.join(between) + end
    }),
  )

export const dkimByHand: readonly string[] = [
  ...KEYS.flatMap((key) => [`v=DKIM1; p=${key}`, `v=DKIM1; k=ed25519; p=${key}`, `p=${key.replaceAll('=', '')}; t=y`]),
  ...['s=tlsrpt', 's=', 's=tlsrpt:email', 'h=sha1', 'k=RSA', 'k=', 'n=\u0007'].map((one) => `${one}; p=${KEYS[0]}`),
  `v=DKIM1; p=${KEYS[0]}; `,
]
