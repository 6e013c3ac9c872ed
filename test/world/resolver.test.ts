// Zones of a test's own, asked directly: signatures that hold, are missing or are broken, wildcards, long texts, circles.
import { describe, expect, test } from 'vitest'
import type { DomainRow } from './domain-row.ts'
import { resolve } from './dns/resolver.ts'
import { decode } from './dns/wire-format.ts'
import { Zones } from './dns/zones.ts'
import { question } from './stub-resolver.ts'
import { recordsOf, zonesOf } from './zone-of-row.ts'

const AUTHENTIC_DATA = 1 << 5
const CHECKING_DISABLED = 1 << 4

function zonesWith(...rows: readonly Omit<DomainRow, 'note'>[]): Zones {
  const zones = new Zones()
  zones.addZone('test', { authentic: true })
  for (const row of rows) {
    for (const [origin, options] of zonesOf({ ...row, note: '' })) zones.addZone(origin, options)
    zones.put(recordsOf({ ...row, note: '' }, { exchanges: [], policyHost: null }))
  }
  return zones
}

/** In words: the code, flags, and the answer's records. */
function ask(zones: Zones, asked: string, flags = AUTHENTIC_DATA): string {
  const [name = '', type = ''] = asked.split(' ')
  const { response } = resolve(zones, question(name, type, { flags }))
  const { rcode, flag_ad, flags: said, answers = [] } = decode(response!.body)
  const cd = ((said ?? 0) & CHECKING_DISABLED) === 0 ? '' : ' cd'
  return `${rcode}${flag_ad === true ? ' ad' : ''}${cd} ${answers.map(({ type: kind }) => kind).join(' ')}`.trim()
}

const FAKE = `_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}`
const MAIL = ['@ MX 10 mx', 'mx A 127.25.0.9', 'mx2 A 127.25.0.10', FAKE]

describe('signatures that do not hold', () => {
  const zones = zonesWith({ domain: 'bad.test', zone: MAIL, fault: { kind: 'bogus' } })

  test.each([
    ['bad.test MX', AUTHENTIC_DATA, 'SERVFAIL'],
    ['no-such.bad.test A', AUTHENTIC_DATA, 'SERVFAIL'],
    ['bad.test MX', AUTHENTIC_DATA | CHECKING_DISABLED, 'NOERROR cd MX'],
    ['no-such.bad.test A', CHECKING_DISABLED, 'NXDOMAIN cd'],
    // RFC 4035 §3.1.4.1: the zone above answers, and that one is well.
    ['bad.test DS', AUTHENTIC_DATA, 'NOERROR ad DS'],
  ])('%s with flags %i: %s', (asked, flags, expected) => {
    expect(ask(zones, asked, flags)).toBe(expected)
  })

  test('spoil an alias that leads into them, and are on record', () => {
    const both = zonesWith(
      { domain: 'bad.test', zone: MAIL, fault: { kind: 'bogus' } },
      { domain: 'good.test', zone: ['mx CNAME mx.bad.test.'], authentic: true },
    )
    expect(ask(both, 'mx.good.test A')).toBe('SERVFAIL')
    expect(ask(both, 'mx.good.test CNAME')).toBe('NOERROR ad CNAME')
    expect(resolve(both, question('mx.good.test', 'A')).asked).toMatchObject({ fault: 'bogus' })
  })
})

describe('a zone cut from a signed one', () => {
  const zones = zonesWith({
    domain: 'cut.test',
    zone: MAIL,
    authentic: true,
    faults: { '_25._tcp.mx': { kind: 'bogus' } },
    insecure: ['mx2'],
  })

  test.each([
    ['cut.test MX', 'NOERROR ad MX'],
    ['mx.cut.test A', 'NOERROR ad A'],
    ['_25._tcp.mx.cut.test TLSA', 'SERVFAIL'],
    ['mx2.cut.test A', 'NOERROR A'],
    ['mx2.cut.test DS', 'NOERROR ad'],
    ['cut.test DS', 'NOERROR ad DS'],
    ['mx2.cut.test SOA', 'NOERROR SOA'],
    ['cut.test SOA', 'NOERROR ad SOA'],
    ['cut.test NS', 'NOERROR ad NS'],
    ['mx.cut.test NS', 'NOERROR ad'],
  ])('%s: %s', (asked, expected) => {
    expect(ask(zones, asked)).toBe(expected)
  })

  test('nobody vouches for what he was told not to check', () => {
    expect(ask(zones, 'cut.test MX', AUTHENTIC_DATA | CHECKING_DISABLED)).toBe('NOERROR cd MX')
  })
})

describe('wildcards (RFC 4592)', () => {
  const zones = zonesWith({
    domain: 'wild.test',
    zone: ['* TXT any', '* 60 MX 10 mx', 'mx A 127.25.0.9', 'a.known TXT own', '*.alias CNAME mx'],
  })

  test.each([
    ['wild.test TXT', 'NOERROR'],
    ['one.wild.test TXT', 'NOERROR TXT'],
    ['_dmarc.two.labels.wild.test TXT', 'NOERROR TXT'],
    ['one.wild.test AAAA', 'NOERROR'],
    // What exists, though without records, is the closest encloser: no wildcard reaches past it.
    ['known.wild.test TXT', 'NOERROR'],
    ['b.known.wild.test TXT', 'NXDOMAIN'],
    ['mx.wild.test TXT', 'NOERROR'],
    ['b.alias.wild.test A', 'NOERROR CNAME A'],
  ])('%s: %s', (asked, expected) => {
    expect(ask(zones, asked)).toBe(expected)
  })

  test('answer in the name that was asked', () => {
    expect(zones.lookup({ name: 'One.wild.test', type: 'MX' }).answers).toMatchObject([
      { name: 'one.wild.test', ttl: 60, data: { exchange: 'mx.wild.test' } },
    ])
  })
})

test('a circle of aliases is nobody’s answer', () => {
  const zones = zonesWith({ domain: 'round.test', zone: ['one CNAME two', 'two CNAME one'] })
  expect(ask(zones, 'one.round.test A')).toBe('SERVFAIL')
  expect(ask(zones, 'one.round.test CNAME')).toBe('NOERROR CNAME')
})

test('texts have as many strings as they were written with, and as many as they need', () => {
  const zones = zonesWith({
    domain: 'text.test',
    zone: ['@ TXT "v=spf1 " "a -all" "with \\"quotes\\""', `big TXT ${'x'.repeat(64_000)}`],
  })
  const strings = (name: string) => {
    const [first] = decode(resolve(zones, question(name, 'TXT')).response!.body).answers!
    return (first!.data as Buffer[]).map((text) => text.toString())
  }
  expect(strings('text.test')).toEqual(['v=spf1 ', 'a -all', 'with "quotes"'])
  expect(strings('big.text.test').join('')).toBe('x'.repeat(64_000))
})
