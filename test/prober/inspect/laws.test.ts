// Laws of inspections: whatever bytes a server sends, the report keeps its shape, its size and its deadline.
import { dnsNamesOf, spkiOf } from '@postern/prober/inspect/der.ts'
import { names } from '@postern/prober/inspect/pkix.ts'
import { codeOf, printable } from '@postern/prober/inspect/said.ts'
import { exchangeInspection } from '@postern/shared/contract/inspection.ts'
import { PKIX_FAULTS } from '@postern/shared/report/seen.ts'
import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answering, type Caller, DECENT, type Exchanges, startExchanges } from './exchange.ts'
import { contextOf, IDENTITIES, ROOT } from './identities.ts'
import { EXCHANGE, jobOf, portsFor, report, resultsIn, told } from './lane.ts'

const ADDRESS = '127.28.0.50'
let exchanges: Exchanges

beforeAll(async () => {
  exchanges = await startExchanges([ADDRESS])
})
afterAll(() => exchanges.close())

const ports = () => portsFor({ smtpPort: exchanges.port, names: { [EXCHANGE]: [ADDRESS] } })

// Octets of any kind, texts that look like replies, and the replies themselves.
const line = fc.oneof(
  fc.uint8Array({ maxLength: 700 }).map((octets) => Buffer.from(octets)),
  fc
    .tuple(
      fc.constantFrom('220', '250', '421', '454', '554', '999'),
      fc.constantFrom(' ', '-', ''),
      fc.string({ unit: 'binary' }),
    )
    .map(([code, mark, text]) => Buffer.from(`${code}${mark}${text}\r\n`)),
  fc.constantFrom(...Object.values(DECENT)).map((text) => Buffer.from(text)),
  fc.constant('secure' as const),
)
const end = fc.constantFrom<(caller: Caller) => void>(
  (caller) => caller.hangUp(),
  (caller) => caller.reset(),
)

it('a report parses whatever was said, and is there in time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), end, async (lines, leave) => {
      exchanges.behave(async (caller) => {
        for (const one of lines) {
          if (one === 'secure') await caller.secure(contextOf('valid'))
          else caller.say(one)
        }
        leave(caller)
      })
      // `report` parses, and throws where it was late.
      const reported = await report(ports(), jobOf({ budgetMs: 200 }))
      expect(JSON.stringify(reported)).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/)
    }),
    { numRuns: 40 },
  )
})

it('the largest record that the contract allows can be stored', () => {
  const long = (length: number) => '\uFFFD'.repeat(length)
  const many = <T>(length: number, one: T) => Array.from({ length }, () => one)
  const certificate = {
    subject: long(200),
    issuer: long(200),
    dnsNames: [],
    dnsNamesFound: 100_000,
    notBeforeAt: Number.MAX_SAFE_INTEGER,
    notAfterAt: Number.MAX_SAFE_INTEGER,
    certSha256: 'f'.repeat(64),
    certSha512: 'f'.repeat(128),
    spkiSha256: 'f'.repeat(64),
    spkiSha512: 'f'.repeat(128),
    key: { type: long(40), bits: 1_000_000 },
    signedByNext: false,
  }
  const leaf = { ...certificate, dnsNames: many(60, long(100)) }
  const pkix = { verdict: 'no_certificate', faults: PKIX_FAULTS, error: long(80), matches: false }
  const tls = { version: 'TLSv1.3', cipher: long(80), chain: [leaf, ...many(9, certificate)], chainFound: 1e6, pkix }
  const hello = { kind: 'accepted', name: long(255), extensions: many(40, long(80)), tookMs: 60_000 }
  const reply = { code: 220, enhanced: null, lines: many(8, '"'.repeat(512)) }
  const result = {
    kind: 'connected',
    connectMs: 60_000,
    greeting: { kind: 'reply', reply, name: long(255), tookMs: 60_000 },
    ehlo: hello,
    startTls: { kind: 'secured', handshakeMs: 60_000, tls },
    ehloInside: hello,
  }
  const address = { address: 'f'.repeat(45), family: 6, observedAt: Date.now() }
  const unmeasured = { kind: 'unmeasured', why: 'not_reachable_address', retryAt: Date.now() }
  const inspection = exchangeInspection.parse({
    kind: 'inspected',
    exchange: long(255),
    observedAt: Date.now(),
    resolution: { a: 'unreachable', aaaa: 'unreachable' },
    fromMemory: false,
    addresses: [...many(4, { ...address, result }), ...many(16, { ...address, result: unmeasured })],
    addressesFound: 1e6,
  })
  expect(Buffer.byteLength(JSON.stringify(inspection))).toBeLessThan(300_000)
})

it('a flood of lines comes out as a few', async () => {
  const flood = (code: string) =>
    `${Array.from({ length: 89 }, () => `${code}-${'"'.repeat(500)}\r\n`).join('')}${code} STARTTLS\r\n`
  exchanges.behave(answering({ tls: contextOf('valid'), changes: { greeting: flood('220'), ehlo: flood('250') } }))
  const reported = await report(ports())
  expect(resultsIn(reported).map(told)).toEqual(['220 accepted secured accepted'])
  expect(Buffer.byteLength(JSON.stringify(reported))).toBeLessThan(20_000)
})

describe('encodings', () => {
  const certificates = [...new Set([...Object.values(IDENTITIES).flat(), ROOT])].map((pem) => new X509Certificate(pem))

  it('of keys and names are found as the library finds them', () => {
    for (const certificate of certificates) {
      const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
      expect(spkiOf(certificate.raw)?.toString('hex')).toBe(spki.toString('hex'))
      const alternative = (certificate.subjectAltName ?? '').split(', ').filter((name) => name !== '')
      expect(dnsNamesOf(certificate.raw).map((name) => `DNS:${name}`)).toEqual(alternative)
    }
  })

  it('that are broken are read without a throw, as far as they go', () => {
    const raw = fc.constantFrom(...certificates.map((certificate) => certificate.raw))
    const damage = fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 12 })
    fc.assert(
      fc.property(raw, damage, fc.nat(2_000), (octets, changes, length) => {
        const broken = Buffer.from(octets.subarray(0, length))
        for (const [at, octet] of changes) if (at < broken.length) broken[at] = octet
        const spki = spkiOf(broken)
        expect(spki === null || broken.includes(spki)).toBe(true)
        expect(dnsNamesOf(broken).every((name) => broken.includes(Buffer.from(name, 'latin1')))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
    expect(spkiOf(Buffer.alloc(0))).toBeNull()
    expect(dnsNamesOf(Buffer.from('3080', 'hex'))).toEqual([])
  })
})

it.each<[string, string, boolean]>([
  ['mx.inspect.test', 'mx.inspect.test', true],
  ['MX.Inspect.TEST', 'mx.inspect.test', true],
  ['mx.inspect.test.', 'mx.inspect.test', true],
  ['*.inspect.test', 'mx.inspect.test', true],
  ['*.inspect.test', 'a.mx.inspect.test', false],
  ['*.inspect.test', 'inspect.test', false],
  ['*.inspect.test', '.inspect.test', false],
  ['m*.inspect.test', 'mx.inspect.test', false],
  ['*x.inspect.test', 'mx.inspect.test', false],
  ['mx.*.test', 'mx.inspect.test', false],
  ['*.*.test', 'mx.inspect.test', false],
  ['*', 'mx', false],
  ['*', 'mx.inspect.test', false],
  ['mx.inspect', 'mx.inspect.test', false],
  ['*.inspect', 'mx.inspect.test', false],
  ['', '', false],
  ['inspect.test', 'mx.inspect.test', false],
  ['mx.inspect.test\0.evil.test', 'mx.inspect.test', false],
])('the DNS-ID %j is a name of %j: %s (RFC 9525 §6.3)', (dnsId, host, expected) => {
  expect(names(dnsId, host)).toBe(expected)
})

it('texts are cut between characters, and codes are codes', () => {
  expect(printable('a\u{1F600}', 2)).toBe('a')
  expect(printable('a\0\u2028\u202Eb', 9)).toBe('a\uFFFD\uFFFD\uFFFDb')
  expect([codeOf('ERR_SSL_SSL/TLS_ALERT'), codeOf('unable'), codeOf(null)]).toEqual([
    'ERR_SSL_SSL_TLS_ALERT',
    null,
    null,
  ])
})
