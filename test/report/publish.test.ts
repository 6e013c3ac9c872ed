// Records that a finding offers for pasting: whole, right by our own reading of them, and never of a name that does more than to name.
import { dmarcFindings } from '@postern/shared/report/dmarc-findings.ts'
import { surveyDmarc } from '@postern/shared/report/dmarc-survey.ts'
import { parseDmarc } from '@postern/shared/report/dmarc.ts'
import type { Finding } from '@postern/shared/report/finding.ts'
import { type StsGiven, surveySts, tlsRptFindings } from '@postern/shared/report/mta-sts-survey.ts'
import type { MailUse } from '@postern/shared/report/mail-use.ts'
import { parsePolicy, parseSts } from '@postern/shared/report/mta-sts.ts'
import { spfFindings } from '@postern/shared/report/spf-findings.ts'
import { parseSpf } from '@postern/shared/report/spf-record.ts'
import { surveySpf } from '@postern/shared/report/spf-survey.ts'
import { parseTlsa } from '@postern/shared/report/tlsa.ts'
import { parseTlsRpt } from '@postern/shared/report/tlsrpt.ts'
import { describe, expect, it } from 'vitest'
import { EE, FOUR, found as daneFound, host, NEXT, showing } from './dane-hosts.ts'
import { certificate, connected, digest, secured, seen, unseen } from './inspections.ts'
import { evaluated } from './zone.ts'

const linesIn = ({ fix }: Finding): string[] => fix.split('\n').slice(1)
const offered = ({ publish }: Finding) => publish.map(({ name, type, value }) => [name, type, value])

const OTHER_KEY = secured([], { chain: [certificate('7')], chainFound: 1 })

describe('DANE', () => {
  const of = (...hosts: Parameters<typeof daneFound>[0]) => daneFound(hosts).findings[0]!

  it('of an exchange whose key was read is the record of that key', () => {
    const none = of(host({ records: [] }))
    expect(offered(none)).toEqual([['_25._tcp.mx1.a.test', 'TLSA', EE]])
    expect(linesIn(none)).toEqual([`_25._tcp.mx1.a.test. IN TLSA ${EE}`])
    expect(parseTlsa(EE).ok).toBe(true)
  })

  it('of two addresses with two keys is a record for each, and of one key once', () => {
    const both = { [FOUR]: connected(), '192.0.2.2': connected({ startTls: OTHER_KEY }), '192.0.2.3': connected() }
    const [, ...others] = offered(of(host({ records: [], seen: seen('mx1.a.test', both) })))
    expect(others).toEqual([['_25._tcp.mx1.a.test', 'TLSA', `3 1 1 ${digest('d7')}`]])
  })

  it.each([
    ['that nobody has looked at', { seen: null }],
    ['that was not measured', { seen: unseen('mx1.a.test', 'permit') }],
    ['without TLS at one address', { seen: seen('mx1.a.test', without()) }],
    ['that is an alias', { base: 'mx.b.test' }],
    ['that a large operator runs', { host: 'aspmx.l.google.com', base: 'aspmx.l.google.com' }],
    ['with a name that is more than one', { host: '$(id).a.test', base: '$(id).a.test' }],
  ])('of an exchange %s offers nothing', (_what, wish) => {
    expect(of(host({ records: [], ...wish }))).toMatchObject({ id: 'DANE_NONE', publish: [] })
  })

  it('that some exchanges lack is offered for those', () => {
    const second = host({ host: 'mx2.a.test', records: [], seen: seen('mx2.a.test', { [FOUR]: connected() }) })
    const partial = daneFound([host(), second]).findings.find(({ id }) => id === 'DANE_PARTIAL')!
    expect(offered(partial)).toEqual([['_25._tcp.mx2.a.test', 'TLSA', EE]])
  })

  it('that means another key is the record of the key that is there, and how keys are changed', () => {
    const wrong = of(host({ records: [NEXT], seen: showing(OTHER_KEY) }))
    expect([wrong.id, offered(wrong)]).toEqual([
      'DANE_MISMATCH',
      [['_25._tcp.mx1.a.test', 'TLSA', `3 1 1 ${digest('d7')}`]],
    ])
    expect(wrong.fix).toMatch(/publish its record first, wait for two TTLs, change the key/)
    expect(wrong.refs).toContainEqual({ rfc: 7671, section: '8.1' })
  })

  function without() {
    return { [FOUR]: connected(), '192.0.2.2': connected({ startTls: { kind: 'not_offered' }, ehloInside: null }) }
  }
})

const STS: StsGiven = {
  domain: 'a.test',
  now: Date.UTC(2026, 10, 22, 6, 30, 5),
  texts: [],
  fetched: { kind: 'not_fetched' },
  certificate: null,
  exchanges: ['mx1.a.test', 'mx2.b.test'].map((name, n) => ({ host: name, preference: n })),
  holds: new Map(),
}

describe('MTA-STS', () => {
  const of = (wish: Partial<StsGiven> = {}) => surveySts({ ...STS, ...wish }).findings[0]!
  const named = (...hosts: readonly string[]) => ({ exchanges: hosts.map((one) => ({ host: one, preference: 0 })) })

  it('is a policy of all exchanges, to be tested, and the record that says so', () => {
    const none = of()
    const policy = 'version: STSv1\nmode: testing\nmx: mx1.a.test\nmx: mx2.b.test\nmax_age: 604800\n'
    expect(offered(none)).toEqual([
      ['https://mta-sts.a.test/.well-known/mta-sts.txt', 'file', policy],
      ['_mta-sts.a.test', 'TXT', 'v=STSv1; id=20261122063005;'],
    ])
    expect(linesIn(none)).toEqual([
      'https://mta-sts.a.test/.well-known/mta-sts.txt',
      ...policy.split('\n'),
      '_mta-sts.a.test. IN TXT "v=STSv1; id=20261122063005;"',
    ])
    expect(parsePolicy(policy)).toMatchObject({ ok: true, faults: [], record: { mode: 'testing' } })
    expect(parseSts('v=STSv1; id=20261122063005;')).toMatchObject({ ok: true, faults: [] })
  })

  const RECORD = ['_mta-sts.a.test', 'TXT', 'v=STSv1; id=20261122063005;']
  const FIRST = 'version: STSv1\nmode: testing\nmx: mx1.a.test\nmx: mx2.b.test\nmax_age: 604800\n'
  const FILE = ['https://mta-sts.a.test/.well-known/mta-sts.txt', 'file', FIRST]
  const orphan = (mode: string, mx: string, wish: Partial<StsGiven> = {}) => {
    const named = mx.split(' ').map((one) => `mx: ${one}\n`)
    const text = `version: STSv1\nmode: ${mode}\n${named.join('')}max_age: 31557600\n`
    return of({ fetched: { kind: 'answered', status: 200, contentType: 'text/plain', text }, ...wish })
  }

  const HOLDING = new Map(['mx1.a.test', 'mx2.b.test'].map((host) => [host, true]))

  it.each([
    ['to be tested', 'testing', 'mx1.a.test'],
    ['to be tested, of somebody else’s exchanges', 'testing', 'old.elsewhere.test'],
    ['that is switched off', 'none', 'old.elsewhere.test'],
    ['that is enforced and names every exchange', 'enforce', 'mx1.a.test *.b.test'],
  ])('with a policy already, one %s, is the record alone', (_what, mode, mx) => {
    const found = orphan(mode, mx, mode === 'enforce' ? { holds: HOLDING } : {})
    expect([found.id, offered(found)]).toEqual(['STS_ORPHAN_POLICY', [RECORD]])
    expect(found.fix).toMatch(/^Publish the record, or remove the policy/)
  })

  it.each([
    ['names no exchange', 'old.elsewhere.test', {}, [FILE]],
    ['leaves one out', 'mx1.a.test', {}, [FILE]],
    ['names one that has no TLS', 'mx1.a.test mx2.b.test', { holds: new Map([['mx2.b.test', false]]) }, [FILE]],
    ['is of exchanges that nobody knows', 'mx1.a.test', { exchanges: null }, []],
    ['is of a domain without any', 'mx1.a.test', { exchanges: [] }, []],
  ])('with a policy already that is enforced and %s is another policy first, and no record', (...row) => {
    const [, mx, wish, expected] = row
    const found = orphan('enforce', mx, wish)
    expect([found.id, offered(found)]).toEqual(['STS_ORPHAN_POLICY', expected])
    expect(found.fix).toMatch(/^Do not publish the record as things are: .*mode testing/)
  })

  it.each([
    ['none was looked at', new Map<string, boolean>()],
    ['one was not looked at', new Map([['mx1.a.test', true]])],
  ])('with a policy already that is enforced is no record where of its exchanges %s', (_what, holds) => {
    const found = orphan('enforce', 'mx1.a.test mx2.b.test', { holds })
    expect(offered(found)).toEqual([FILE])
    expect(found.fix).toMatch(/^Do not publish the record before every exchange is known/)
  })

  it('with a policy already says what is wrong with it', () => {
    const holds = new Map([['mx1.a.test', false]])
    const { evidence } = orphan('enforce', 'mx1.a.test old.elsewhere.test', { holds })
    expect(evidence).toEqual({
      mode: 'enforce',
      maxAgeS: 31_557_600,
      unmatched: ['mx2.b.test'],
      unused: ['old.elsewhere.test'],
      failing: ['mx1.a.test'],
      unseen: ['mx2.b.test'],
    })
  })

  it.each([
    ['are not known', { exchanges: null }],
    ['are none', named()],
    ['are an address', named('192.0.2.1')],
    ['have a name that is more than one', named('mx1.a.test', 'x;id.a.test')],
    ['have a name that no policy may have', named('mx1.a.test', '_mx.a.test')],
    ['are more than anybody names', named(...Array.from({ length: 21 }, (_, n) => `mx${n}.a.test`))],
  ])('of exchanges that %s offers nothing', (_what, wish) => {
    expect(of(wish)).toMatchObject({ id: 'STS_NONE', publish: [] })
  })
})

describe('TLSRPT', () => {
  it('is the record', () => {
    const [none] = tlsRptFindings('a.test', [], { isNeeded: false, takes: true })
    expect(offered(none!)).toEqual([['_smtp._tls.a.test', 'TXT', 'v=TLSRPTv1; rua=mailto:tls-reports@a.test']])
    expect(parseTlsRpt('v=TLSRPTv1; rua=mailto:tls-reports@a.test')).toMatchObject({ ok: true, faults: [] })
  })
})

const TAKES: MailUse = { takes: true, sends: null }
const UNKNOWN: MailUse = { takes: null, sends: null }
const SILENT: MailUse = { takes: false, sends: false }
/** It takes none, and may send all the same. */
const NO_REPLY: MailUse = { takes: false, sends: null }

const dmarcOf = (domain: string, mail: MailUse) =>
  dmarcFindings(domain, evaluated(surveyDmarc(domain), new Map()).result, mail)[0]!
const spfOf = (domain: string, mail: MailUse) =>
  spfFindings(domain, evaluated(surveySpf(domain), new Map()).result, mail)[0]!

describe('a domain', () => {
  it('with mail begins with DMARC that asks for nothing but reports, and names its senders itself', () => {
    const record = 'v=DMARC1; p=none; rua=mailto:dmarc@a.test'
    expect(offered(dmarcOf('a.test', TAKES))).toEqual([['_dmarc.a.test', 'TXT', record]])
    expect(parseDmarc(record)).toMatchObject({ ok: true, faults: [], wrong: null })
    expect(spfOf('a.test', TAKES)).toMatchObject({ id: 'SPF_NONE', publish: [] })
  })

  it.each([
    ['of which nobody knows where its mail goes', UNKNOWN],
    ['that takes no mail, and may send some', NO_REPLY],
  ])('%s is offered no mailbox for reports, and no refusal of all', (_what, mail) => {
    expect(tlsRptFindings('a.test', [], { isNeeded: false, ...mail })).toMatchObject([{ publish: [] }])
    expect([dmarcOf('a.test', mail), spfOf('a.test', mail)]).toMatchObject([
      { id: 'DMARC_NONE', publish: [], fix: expect.stringContaining('p=none') },
      { id: 'SPF_NONE', publish: [] },
    ])
  })

  it('with a long name has a record in two strings, each of 255 octets at most', () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(50)}.test`
    const [line = ''] = linesIn(dmarcOf(long, TAKES))
    const strings = [...line.matchAll(/"([^"]*)"/g)].map(([, part = '']) => part)
    expect(strings.map(({ length }) => length)).toEqual([255, expect.any(Number)])
    expect(strings.join('')).toBe(`v=DMARC1; p=none; rua=mailto:dmarc@${long}`)
  })

  it('that neither takes mail nor sends any has everything refused that claims to be from it', () => {
    expect(linesIn(dmarcOf('a.test', SILENT))).toEqual(['_dmarc.a.test. IN TXT "v=DMARC1; p=reject; sp=reject"'])
    expect(parseDmarc('v=DMARC1; p=reject; sp=reject')).toMatchObject({ ok: true, faults: [], wrong: null })
    expect(linesIn(spfOf('a.test', SILENT))).toEqual(['a.test. IN TXT "v=spf1 -all"'])
    expect(parseSpf('v=spf1 -all').ok).toBe(true)
  })
})

it.each([
  '$(id).test',
  'a"b.test',
  'a;b.test',
  'a b.test',
  'a\nb.test',
  '-a.test',
  'a\\032b.test',
  '`id`.test',
  `${'a'.repeat(60)}.`.repeat(4) + 'test',
])('of %j nothing is offered', (name) => {
  const findings = [
    ...surveySts({ ...STS, domain: name }).findings,
    ...tlsRptFindings(name, [], { isNeeded: true, takes: true }),
    ...[TAKES, UNKNOWN, SILENT].flatMap((mail) => [dmarcOf(name, mail), spfOf(name, mail)]),
  ]
  const below = findings.filter(({ id }) => id !== 'SPF_NONE')
  expect(below.map(({ publish }) => publish)).toEqual(below.map(() => []))
  for (const { publish } of findings) for (const one of publish) expect(one.name).toMatch(/^[a-z0-9._-]+$/)
})
