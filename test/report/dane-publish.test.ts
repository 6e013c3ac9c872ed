// TLSA records that findings offer: where they can do no harm; else what is to be done first.
import type { Dnssec } from '@postern/shared/dns/dnssec.ts'
import { describe, expect, it } from 'vitest'
import { EE, FOUR, found, host, NEXT, showing, TA } from './dane-hosts.ts'
import { certificate, connected, digest, LEAF, REFUSED, secured, seen, unmeasured, withTls } from './inspections.ts'

const SIX = '2001:db8::1'
const NAME = '_25._tcp.mx1.a.test'
const KEY_7 = { chain: [certificate('7')], chainFound: 1 }
const OTHER_KEY = secured([], KEY_7)
const sha512 = (of: string) => `3 1 2 ${digest(of, 64)}`

const findingOf = (wish: Parameters<typeof host>[0], mx: Dnssec = 'secure') => found([host(wish)], mx).findings[0]!
const valuesIn = ({ publish }: ReturnType<typeof findingOf>) => publish.map(({ value }) => value)

const both = (other: unknown, wish = {}) => ({ seen: seen('mx1.a.test', { [FOUR]: connected(), [SIX]: other }, wish) })
const found2 = { addressesFound: 2 }
const unanswered = { resolution: { a: 'records', aaaa: 'timeout' } }
const unreadable = { chain: [{ ...LEAF, spkiSha256: null, spkiSha512: null }], chainFound: 1 }

/** What makes a first record one that could turn mail away. */
const UNSEEN = [
  ['an address that no lane comes to', both(unmeasured('no_ipv6'))],
  ['an address that takes no connection', both(REFUSED)],
  ['an address without TLS', both(withTls({ kind: 'not_offered' }))],
  ['an address whose key cannot be read', both(connected({ startTls: secured([], unreadable) }))],
  ['more addresses than were reported', { seen: showing(secured(), found2) }],
  ['maybe an address more', { seen: showing(secured(), unanswered) }],
  ['addresses that nobody counted', { seen: showing(secured(), { resolution: null }) }],
  ['what was seen a while ago', { seen: showing(secured(), { fromMemory: true }) }],
] as const

/** What makes it one that nobody is bound to use. */
const UNSIGNED = [
  ['addresses that are not signed', { addresses: 'insecure' }, 'secure'],
  ['addresses that may be signed', { addresses: 'indeterminate' }, 'secure'],
  ['a place for records that is not signed', { tlsa: 'insecure' }, 'secure'],
  ['resolvers that do not agree on it', { differs: true }, 'secure'],
  ['MX records before it that are not signed', {}, 'insecure'],
  ['MX records before it that may be signed', {}, 'indeterminate'],
] as const

describe('an exchange without TLSA records', () => {
  it.each([...UNSEEN.map((row) => [...row, 'secure'] as const), ...UNSIGNED])(
    'and with %s is offered none',
    (...row) => {
      const [, wish, mx] = row
      expect(findingOf({ records: [], ...wish }, mx)).toMatchObject({ id: 'DANE_NONE', publish: [] })
    },
  )

  it('is offered those of all its addresses, of both families', () => {
    const none = findingOf({ records: [], ...both(connected({ startTls: OTHER_KEY })) })
    expect(valuesIn(none)).toEqual([EE, `3 1 1 ${digest('d7')}`])
  })

  it.each([
    ['the MX records', {}, 'insecure', 'the MX records of a.test'],
    ['the addresses', { addresses: 'insecure' }, 'secure', 'the addresses of mx1.a.test'],
    ['both', { addresses: 'insecure' }, 'insecure', 'the MX records of a.test, the addresses of mx1.a.test'],
  ] as const)('is to be signed first where that is missing: %s', (...[, wish, mx, missing]) => {
    const { fix } = findingOf({ records: [], ...wish }, mx)
    expect(fix).toMatch(/^Sign first .* Then publish `_25\._tcp\.HOST\. IN TLSA 3 1 1 …`/)
    expect(fix).toContain(`it is missing on ${missing}, `)
  })

  it.each([
    [{}, /^Publish TLSA records for mx2\.a\.test too/, [EE]],
    [{ addresses: 'insecure' }, /^Sign the zone of mx2\.a\.test \(DNSSEC\) first/, []],
  ] as const)('beside one that has them is the same: %j', (wish, fix, values) => {
    const second = host({ host: 'mx2.a.test', records: [], seen: seen('mx2.a.test', { [FOUR]: connected() }), ...wish })
    const partial = found([host(), second]).findings.find(({ id }) => id === 'DANE_PARTIAL')!
    expect([partial.fix, valuesIn(partial)]).toEqual([expect.stringMatching(fix), values])
  })
})

describe('an exchange whose TLSA records mail cannot use', () => {
  const records = [`1 1 1 ${digest('d1')}`]

  it('is offered the first that it can, and told whose digest that is', () => {
    const unusable = findingOf({ records })
    expect(unusable).toMatchObject({ id: 'DANE_UNUSABLE', publish: [{ name: NAME, type: 'TLSA', value: EE }] })
    expect(unusable.fix).toContain(`The SHA-256 digest of the public key in use is ${digest('d1')}.`)
  })

  it.each(UNSEEN)('and with %s is offered none, and told what is at stake', (_what, wish) => {
    const unusable = findingOf({ records, ...wish })
    expect([unusable.id, valuesIn(unusable)]).toEqual(['DANE_UNUSABLE', []])
    expect(unusable.fix).toContain('senders that check refuse an address whose key has none')
  })

  it('and at which nobody has looked is told to see what its key is', () => {
    expect(findingOf({ records, seen: null }).fix).toMatch(/^Publish `3 1 1` with the SHA-256 digest of the public key/)
  })
})

describe('records that are not signed', () => {
  const of = (records: readonly string[], wish: Parameters<typeof host>[0] = { tlsa: 'insecure' }) =>
    findingOf({ records, seen: showing(OTHER_KEY), ...wish })

  it.each([
    ['another key', [NEXT], [`3 1 1 ${digest('d7')}`]],
    ['another key by its stronger digest', [`3 1 1 ${digest('d7')}`, sha512('e1')], [sha512('d7')]],
  ])('and mean %s are to be replaced before they are signed', (_what, records, values) => {
    const insecure = of(records)
    expect([insecure.id, valuesIn(insecure)]).toEqual(['DANE_TLSA_INSECURE', values])
    expect(insecure.fix).toMatch(/^Do not sign yet: .* then sign the zones of a\.test and of mx1\.a\.test\./)
    expect(insecure.evidence).toMatchObject({ addresses: [{ address: FOUR, spkiSha256: digest('d7') }] })
  })

  it.each([
    ['mean the key that is there', { seen: showing(secured()) }],
    ['mean what nobody has seen', { seen: null }],
    ['meant another key a while ago', { seen: showing(OTHER_KEY, { fromMemory: true }) }],
  ])('and %s are to be signed', (_what, wish) => {
    const insecure = of([EE, NEXT], { tlsa: 'insecure', ...wish })
    expect(insecure).toMatchObject({ id: 'DANE_TLSA_INSECURE', publish: [] })
    expect(insecure.fix).toMatch(/^Sign the zones/)
  })

  it('and are used by some senders all the same are told of as a mismatch, with what helps', () => {
    const { findings } = found([host({ records: [NEXT], seen: showing(OTHER_KEY) })], 'insecure')
    expect(findings.map(({ id, severity, publish }) => [id, severity, publish.length])).toEqual([
      ['DANE_TLSA_INSECURE', 'low', 0],
      ['DANE_MISMATCH', 'high', 1],
    ])
    expect(findings[0]!.fix).toMatch(/^Do not sign yet/)
  })
})

describe('digests of SHA-512', () => {
  const told = (records: readonly string[], startTls: unknown = secured(), wish = {}) =>
    found([host({ records, seen: showing(startTls, wish) })])
      .findings.filter(({ id }) => id !== 'DANE_SINGLE_TLSA')
      .map((one) => [one.id, one.severity, ...valuesIn(one)])

  it.each([
    [
      'that mean another key have senders pass over SHA-256: both are offered',
      [NEXT, sha512('e1')],
      OTHER_KEY,
      [['DANE_MISMATCH', 'critical', `3 1 1 ${digest('d7')}`, sha512('d7')]],
    ],
    [
      'alone are offered both',
      [sha512('e1')],
      OTHER_KEY,
      [['DANE_MISMATCH', 'critical', `3 1 1 ${digest('d7')}`, sha512('d7')]],
    ],
    [
      'of certificates leave SHA-256 of keys as it is',
      [`3 0 2 ${digest('e1', 64)}`],
      OTHER_KEY,
      [['DANE_MISMATCH', 'critical', `3 1 1 ${digest('d7')}`]],
    ],
    [
      'that mean another key beside SHA-256 that fits',
      [EE, sha512('e1')],
      secured(),
      [['DANE_WEAKER_DIGEST', 'high', sha512('d1')]],
    ],
    [
      'of an authority, beside SHA-256 that fits',
      [TA, `2 1 2 ${digest('e2', 64)}`],
      secured(),
      [['DANE_WEAKER_DIGEST', 'high', EE]],
    ],
    [
      'that cannot be compared beside SHA-256 that fits',
      [EE, sha512('d1')],
      secured([], { chain: [{ ...LEAF, spkiSha512: null }], chainFound: 1 }),
      [['DANE_WEAKER_DIGEST', 'low']],
    ],
    [
      'that mean another key, while the whole key is published too',
      [EE, sha512('e1'), `3 1 0 ${digest('d1')}`],
      secured(),
      [['DANE_WEAKER_DIGEST', 'low']],
    ],
    ['that fit', [NEXT, sha512('d1')], secured(), []],
    ['of another selector', [EE, `3 0 2 ${digest('e1', 64)}`], secured(), []],
  ] as const)('%s', (...[, records, startTls, expected]) => {
    expect(told(records, startTls)).toEqual(expected)
    expect(told(records, startTls, { fromMemory: true })).toEqual([])
  })

  it('are asked for, or to be removed, wherever there are some', () => {
    const of = (...records: readonly string[]) => findingOf({ records, seen: showing(OTHER_KEY) }).fix
    expect(of(NEXT, sha512('e1'))).toMatch(/with both digests: .* Or remove each `3 1 2`/)
    expect(of(NEXT)).not.toContain('3 1 2')
  })
})
