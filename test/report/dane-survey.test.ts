// What an owner is told of DANE: by exchanges that have it, that have it wrong, and of which something is not known.
import { describe, expect, it } from 'vitest'
import { EE, FOUR, found, host, NEXT } from './dane-hosts.ts'
import {
  certificate,
  connected,
  digest,
  greeted,
  LOOKED_AT_TEXT,
  REFUSED,
  secured,
  seen,
  unseen,
  withGreeting,
  withTls,
} from './inspections.ts'

const OTHER_FOUR = '192.0.2.2'
const activeBy = (status: string) => (status === 'unlearned' ? null : status === 'usable')

describe('DANE that', () => {
  it.each([
    ['is sound', {}, 'secure', 'usable', []],
    ['is not there', { records: [] }, 'secure', 'none', ['DANE_NONE info']],
    ['was not learned', { records: null }, 'secure', 'unlearned', []],
    [
      'was not learned, for want of an answer',
      { records: null, tlsa: 'indeterminate' },
      'secure',
      'unlearned',
      ['DANE_TLSA_UNLEARNED mx1.a.test info'],
    ],
    [
      'was not learned, for want of an answer, as its addresses',
      { records: null, tlsa: 'indeterminate', addresses: 'indeterminate' },
      'secure',
      'unlearned',
      [],
    ],
    ['has one record', { records: [EE] }, 'secure', 'usable', ['DANE_SINGLE_TLSA mx1.a.test info']],
    [
      'has one record for mail',
      { records: [EE, `1 1 1 ${digest('d1')}`] },
      'secure',
      'usable',
      ['DANE_SINGLE_TLSA mx1.a.test info'],
    ],
    [
      'has none for mail',
      { records: [`1 1 1 ${digest('d1')}`] },
      'secure',
      'unusable',
      ['DANE_UNUSABLE mx1.a.test medium'],
    ],
    ['is not signed', { tlsa: 'insecure' }, 'secure', 'insecure', ['DANE_TLSA_INSECURE mx1.a.test high']],
    [
      'is of addresses that are not signed',
      { addresses: 'insecure' },
      'secure',
      'insecure',
      ['DANE_TLSA_INSECURE mx1.a.test high'],
    ],
    ['is behind MX records that are not signed', {}, 'insecure', 'insecure', ['DANE_TLSA_INSECURE mx1.a.test low']],
    [
      'is not signed, and its MX records neither',
      { tlsa: 'insecure' },
      'insecure',
      'insecure',
      ['DANE_TLSA_INSECURE mx1.a.test high'],
    ],
    ['is not there, nor signed', { records: [], tlsa: 'insecure' }, 'insecure', 'none', ['DANE_NONE info']],
    ['is signed wrongly', { tlsa: 'bogus' }, 'secure', 'bogus', ['DANE_BOGUS mx1.a.test critical']],
    [
      'is signed wrongly and hidden for it',
      { tlsa: 'bogus', records: null },
      'secure',
      'bogus',
      ['DANE_BOGUS mx1.a.test critical'],
    ],
    [
      'is of addresses that are signed wrongly',
      { addresses: 'bogus', records: [] },
      'secure',
      'bogus',
      ['DANE_BOGUS mx1.a.test critical'],
    ],
    ['is behind MX records that are signed wrongly', {}, 'bogus', 'bogus', []],
    ['may be signed', { tlsa: 'indeterminate' }, 'secure', 'unlearned', []],
    ['has addresses that may be signed', { addresses: 'indeterminate' }, 'secure', 'unlearned', []],
    ['has MX records that may be signed', {}, 'indeterminate', 'unlearned', []],
    [
      'is behind MX records that are not signed, its addresses maybe',
      { addresses: 'indeterminate' },
      'insecure',
      'insecure',
      ['DANE_TLSA_INSECURE mx1.a.test low'],
    ],
    [
      'is surely not signed, its addresses maybe',
      { addresses: 'indeterminate', tlsa: 'insecure' },
      'secure',
      'insecure',
      ['DANE_TLSA_INSECURE mx1.a.test high'],
    ],
  ] as const)('%s', (...[, wish, mx, status, expected]) => {
    const { told, statuses, active } = found([host(wish)], mx)
    expect({ told, statuses, active }).toEqual({ told: expected, statuses: [status], active: activeBy(status) })
  })

  it('says what is not signed', () => {
    const { findings } = found([host({ addresses: 'insecure' })], 'insecure')
    expect(findings[0]!.explanation).toContain('the MX records of a.test, the addresses of mx1.a.test:')
  })

  it.each([
    ['is there', 'usable', ['DANE_PARTIAL mx2.a.test medium'], {}],
    [
      'is there and cannot be used',
      'unusable',
      ['DANE_UNUSABLE mx1.a.test medium'],
      { records: [`1 1 1 ${digest('d1')}`] },
    ],
    ['was not learned', 'unlearned', [], { records: null }],
  ] as const)('%s at one exchange of two', (...[, status, expected, wish]) => {
    const { told, statuses, active } = found([host(wish), host({ host: 'mx2.a.test', records: [], seen: null })])
    expect({ told, statuses, active }).toEqual({
      told: expected,
      statuses: [status, 'none'],
      active: activeBy(status),
    })
  })

  it('has no exchanges gives nothing to think of', () => {
    expect(found([])).toMatchObject({ active: false, hosts: [], findings: [] })
  })
})

describe('an exchange with DANE', () => {
  const wrong = connected({ startTls: secured([], { chain: [certificate('7')], chainFound: 1 }) })
  const clear = withTls({ kind: 'not_offered' })
  const slow = withTls({ kind: 'handshake_failed', how: 'timed_out', error: null, waitedMs: 9_000 })

  it.each([
    ['presents another certificate', { [FOUR]: wrong }, ['DANE_MISMATCH mx1.a.test critical'], false],
    [
      'presents another one at one of two addresses',
      { [FOUR]: wrong, [OTHER_FOUR]: connected() },
      ['DANE_MISMATCH mx1.a.test high'],
      false,
    ],
    [
      'presents another one, and is slow elsewhere',
      { [FOUR]: wrong, [OTHER_FOUR]: slow },
      ['DANE_MISMATCH mx1.a.test critical'],
      false,
    ],
    ['offers no TLS', { [FOUR]: clear }, ['DANE_NO_STARTTLS mx1.a.test critical'], null],
    [
      'offers no TLS, and greets nobody elsewhere',
      { [FOUR]: clear, [OTHER_FOUR]: withGreeting(greeted(554, 'no')) },
      ['DANE_NO_STARTTLS mx1.a.test critical'],
      null,
    ],
    [
      'offers no TLS at one of two addresses',
      { [FOUR]: clear, [OTHER_FOUR]: connected() },
      ['DANE_NO_STARTTLS mx1.a.test high'],
      true,
    ],
    ['is slow', { [FOUR]: slow }, [], null],
    ['takes no connection', { [FOUR]: REFUSED }, [], null],
  ] as const)('that %s', (...[, results, expected, matches]) => {
    const { told, hosts, active } = found([host({ seen: seen('mx1.a.test', results) })])
    expect({ told, active, matches: hosts[0]!.matches }).toEqual({ told: expected, active: true, matches })
  })

  it('offers TLS though no record can be used', () => {
    const unusable = { records: [`0 0 1 ${digest('c1')}`], seen: seen('mx1.a.test', { [FOUR]: clear }) }
    expect(found([host(unusable)]).told).toEqual([
      'DANE_UNUSABLE mx1.a.test medium',
      'DANE_NO_STARTTLS mx1.a.test critical',
    ])
  })

  it('is bound to nothing by records that are not signed', () => {
    const { told } = found([
      host({ tlsa: 'insecure', seen: seen('mx1.a.test', { [FOUR]: wrong, [OTHER_FOUR]: clear }) }),
    ])
    expect(told).toEqual(['DANE_TLSA_INSECURE mx1.a.test high'])
  })

  it('is checked by some behind MX records that are not signed', () => {
    const of = (results: Readonly<Record<string, unknown>>, wish = {}) =>
      found([host({ seen: seen('mx1.a.test', results), ...wish })], 'insecure').told
    const insecure = 'DANE_TLSA_INSECURE mx1.a.test'
    expect(of({ [FOUR]: connected() })).toEqual([`${insecure} low`])
    expect(of({ [FOUR]: wrong })).toEqual([`${insecure} low`, 'DANE_MISMATCH mx1.a.test high'])
    expect(of({ [FOUR]: wrong }, { addresses: 'insecure' })).toEqual([`${insecure} high`])
    expect(of({ [FOUR]: wrong }, { addresses: 'indeterminate' })).toEqual([`${insecure} low`])
  })

  it('that was seen a while ago may be in order, and is never out of it', () => {
    const remembered = (results: Readonly<Record<string, unknown>>) =>
      found([host({ records: [EE, NEXT], seen: seen('mx1.a.test', results, { fromMemory: true }) })])
    expect(remembered({ [FOUR]: connected() })).toMatchObject({
      told: [],
      hosts: [{ matches: true, records: [{ matches: true }, { matches: null }] }],
    })
    for (const results of [{ [FOUR]: wrong }, { [FOUR]: wrong, [OTHER_FOUR]: connected() }])
      expect(remembered(results)).toMatchObject({ told: [], hosts: [{ matches: null }] })
    expect(remembered({ [FOUR]: wrong }).hosts[0]!.records.map(({ matches }) => matches)).toEqual([null, null])
    expect(remembered({ [FOUR]: clear })).toMatchObject({ told: [], hosts: [{ matches: null }] })
  })

  it('says when it offered no TLS', () => {
    const { findings } = found([host({ seen: seen('mx1.a.test', { [FOUR]: clear }) })])
    expect(findings[0]!.evidence).toEqual({ addresses: [{ address: FOUR, observedAt: LOOKED_AT_TEXT }] })
  })

  it('whose records are those of its target was asked by another name', () => {
    const alias = (results: Readonly<Record<string, unknown>>) =>
      found([host({ base: 'host.b.test', seen: seen('mx1.a.test', results) })])
    expect(alias({ [FOUR]: connected() })).toMatchObject({ told: [], hosts: [{ matches: true }] })
    expect(alias({ [FOUR]: wrong })).toMatchObject({ told: [], hosts: [{ matches: null }] })
    expect(alias({ [FOUR]: clear }).told).toEqual(['DANE_NO_STARTTLS mx1.a.test critical'])
  })

  it('that nobody looked at is believed', () => {
    for (const nothing of [null, unseen('mx1.a.test', 'deadline')])
      expect(found([host({ seen: nothing })])).toMatchObject({
        told: [],
        active: true,
        hosts: [{ matches: null, records: [{ matches: null }, { matches: null }] }],
      })
  })

  it('shows which certificate was seen, and when', () => {
    const { findings } = found([
      host({ records: [EE, NEXT, `1 1 1 ${digest('d7')}`], seen: seen('mx1.a.test', { [FOUR]: wrong }) }),
    ])
    expect(findings[0]!.evidence).toMatchObject({
      addresses: [{ address: FOUR, observedAt: LOOKED_AT_TEXT, spkiSha256: digest('d7') }],
      records: [EE, NEXT],
    })
  })
})
