// Which certificates TLSA records mean, by usage, and where that cannot be told.
import { describe, expect, it } from 'vitest'
import { EE, found, host, NEXT, OTHER_TA, showing, TA, tlsa } from './dane-hosts.ts'
import { certificate, digest, LEAF, LOOKED_AT, secured } from './inspections.ts'

const DAY_MS = 86_400_000
const OTHER_NAME = certificate('1', { dnsNames: ['mx.b.test'], dnsNamesFound: 1, signedByNext: true })
const chained = (...chain: readonly unknown[]) => secured([], { chain, chainFound: chain.length })
const misnamed = (leaf: unknown) => secured(['mismatch'], { chain: [leaf, certificate('2')], chainFound: 2 })
const linked = (name: string, wish = {}) => certificate(name, { signedByNext: true, ...wish })

describe('a certificate', () => {
  it.each([
    ['the key of 3 1 1', [EE], secured(), true],
    ['the certificate of 3 0 1', [`3 0 1 ${digest('c1')}`], secured(), true],
    ['the key of 3 1 2', [`3 1 2 ${digest('d1', 64)}`], secured(), true],
    ['the key of 3 1 1 by another name and too late', [EE], secured(['expired', 'mismatch']), true],
    ['the key of 3 1 1, while another record is meant for the next', [NEXT, EE], secured(), true],
    ['not the key of 3 1 1', [NEXT], secured(), false],
    ['none', [EE], secured(['no_certificate'], { chain: [], chainFound: 0 }), null],
    ['one that 3 1 0 holds whole', [`3 1 0 ${digest('d1')}`], secured(), null],
    ['not the key of 3 1 1, and maybe that of 3 1 0', [NEXT, `3 1 0 ${digest('d1')}`], secured(), null],
    ['one whose key could not be read', [EE], chained({ ...LEAF, spkiSha256: null, spkiSha512: null }), null],
    ['what only 1 1 1 means', [`1 1 1 ${digest('d1')}`], secured(), null],
    ['the key of 3 1 1, not that of 3 1 2', [EE, `3 1 2 ${digest('e1', 64)}`], secured(), null],
    ['the key of 3 1 2, not that of 3 1 1', [NEXT, `3 1 2 ${digest('d1', 64)}`], secured(), true],
    ['the key of 3 1 1, not the certificate of 3 0 2', [EE, `3 0 2 ${digest('e1', 64)}`], secured(), true],
    ['the key of 3 1 1, not the issuer’s of 2 1 2', [EE, `2 1 2 ${digest('e2', 64)}`], secured(), true],
    ['none at all of 2 1 1', [TA], secured(['no_certificate'], { chain: [], chainFound: 0 }), null],
    ['not the keys of 3 1 1 and 3 1 2', [NEXT, `3 1 2 ${digest('e1', 64)}`], secured(), false],
  ] as const)('for its host: %s', (...[, records, startTls, expected]) => {
    const [surveyed] = found([host({ records, seen: showing(startTls) })]).hosts
    expect(surveyed!.matches).toBe(expected)
  })

  it.each([
    ['by the authority', [LEAF, certificate('2')], true],
    ['by the authority’s authority', [LEAF, linked('3'), certificate('2')], true],
    ['by another one', [LEAF, certificate('3')], false],
    ['by another one, as far as is seen', [LEAF, certificate('3', { spkiSha256: null })], null],
    ['by nobody', [LEAF], false],
    ['by itself', [certificate('2', { dnsNames: ['mx1.a.test'], dnsNamesFound: 1 })], null],
    ['by somebody else, beside the authority', [{ ...LEAF, signedByNext: false }, certificate('2')], false],
    [
      'by somebody beside the authority, in no order',
      [{ ...LEAF, signedByNext: false }, certificate('2'), certificate('3')],
      null,
    ],
    ['by who knows whom, beside the authority', [{ ...LEAF, signedByNext: null }, certificate('2')], null],
    ['by the authority, until yesterday', [{ ...LEAF, notAfterAt: LOOKED_AT - DAY_MS }, certificate('2')], false],
    ['by the authority, from tomorrow on', [{ ...LEAF, notBeforeAt: LOOKED_AT + DAY_MS }, certificate('2')], false],
    ['by the authority, until who knows when', [{ ...LEAF, notAfterAt: null }, certificate('2')], null],
    [
      'by somebody whose time is over',
      [LEAF, linked('3', { notAfterAt: LOOKED_AT - DAY_MS }), certificate('2')],
      false,
    ],
    ['by an authority whose time is over', [LEAF, certificate('2', { notAfterAt: LOOKED_AT - DAY_MS })], null],
  ] as const)('for 2 1 1, signed %s', (_what, chain, expected) => {
    const { hosts, told } = found([host({ records: [TA, OTHER_TA], seen: showing(chained(...chain)) })])
    expect(hosts[0]!.matches).toBe(expected)
    expect(told).toEqual(expected === false ? ['DANE_MISMATCH mx1.a.test critical'] : [])
  })

  it.each([
    ['its host', secured(), true],
    ['the domain of the mail', misnamed({ ...OTHER_NAME, dnsNames: ['a.test'] }), true],
    ['neither', misnamed(OTHER_NAME), false],
    ['more hosts than are seen', misnamed({ ...OTHER_NAME, dnsNamesFound: 200 }), null],
    ['nobody', misnamed({ ...OTHER_NAME, dnsNames: [], dnsNamesFound: 0 }), null],
  ] as const)('for 2 1 1, naming %s', (_what, startTls, expected) => {
    expect(found([host({ records: [TA], seen: showing(startTls) })]).hosts[0]!.matches).toBe(expected)
  })

  it.each([
    ['the domain of the mail', ['a.test'], null],
    ['its host', ['mx1.a.test'], true],
    ['neither', ['mx.b.test'], false],
  ] as const)('for 2 1 1, naming %s, behind MX records that are not signed', (_what, dnsNames, expected) => {
    const faults = expected === true ? [] : ['mismatch']
    const leaf = { ...OTHER_NAME, dnsNames }
    const seen = showing(secured(faults, { chain: [leaf, certificate('2')], chainFound: 2 }))
    expect(found([host({ records: [TA], seen })], 'insecure').hosts[0]!.matches).toBe(expected)
  })

  it.each([
    ['the target of the alias', ['host.b.test'], true],
    ['the domain of the mail', ['a.test'], true],
    ['the alias', ['mx1.a.test'], null],
    ['somebody else', ['mx.c.test'], null],
  ] as const)('for 2 1 1 of an alias’s target, naming %s', (_what, dnsNames, expected) => {
    const faults = dnsNames[0] === 'mx1.a.test' ? [] : ['mismatch']
    const leaf = { ...OTHER_NAME, dnsNames }
    const seen = showing(secured(faults, { chain: [leaf, certificate('2')], chainFound: 2 }))
    const { hosts, told } = found([host({ records: [TA, OTHER_TA], base: 'host.b.test', seen })])
    expect({ matches: hosts[0]!.matches, told }).toEqual({ matches: expected, told: [] })
  })

  it('for 2 1 1 of a chain that goes on, or that the verifier finds fault with, may be the one', () => {
    const record = { records: [TA] }
    const cut = secured([], { chain: [LEAF, certificate('3')], chainFound: 12 })
    const invalid = secured(['invalid'])
    for (const startTls of [cut, invalid])
      expect(found([host({ ...record, seen: showing(startTls) })]).hosts[0]!.matches).toBeNull()
    expect(found([host({ ...record, seen: showing(secured(['untrusted'])) })]).hosts[0]!.matches).toBe(true)
  })

  it('is compared with each record', () => {
    const [surveyed] = found([host({ records: [EE, NEXT, `3 0 0 ${digest('c1')}`, `0 1 1 ${digest('d2')}`] })]).hosts
    expect(surveyed!.records.map(({ matches }) => matches)).toEqual([true, false, null, null])
    expect(surveyed!.records[0]).toMatchObject(tlsa(EE))
  })
})
