// What an owner is told of DMARC, MTA-STS and TLSRPT: each finding by a domain that has it, and by one that has not.
import { dmarcFindings } from '@postern/shared/report/dmarc-findings.ts'
import { surveyDmarc } from '@postern/shared/report/dmarc-survey.ts'
import { type Fetched, surveySts, tlsRptFindings } from '@postern/shared/report/mta-sts-survey.ts'
import { describe, expect, it } from 'vitest'
import { evaluated, type Zone } from './zone.ts'

const said = (findings: readonly { id: string; subject: string | null; severity: string }[]) =>
  findings.map(({ id, subject }) => (subject === null ? id : `${id} ${subject}`))

const zone = (records: Readonly<Record<string, string | readonly string[]>>): Zone =>
  new Map(
    Object.entries(records).map(([name, texts]) => [
      name,
      new Map([['TXT', texts === 'timeout' ? texts : [texts].flat()]]),
    ]),
  )

const RUA = 'rua=mailto:d@a.test'

describe('DMARC', () => {
  const found = (records: Parameters<typeof zone>[0], domain = 'a.test') => {
    const { result, rounds } = evaluated(surveyDmarc(domain), zone(records))
    return { ids: said(dmarcFindings(domain, result)), rounds, result }
  }

  it.each([
    ['is sound', { '_dmarc.a.test': `v=DMARC1; p=reject; ${RUA}` }, []],
    ['is not there', {}, ['DMARC_NONE']],
    [
      'is there twice',
      { '_dmarc.a.test': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] },
      ['DMARC_MULTIPLE _dmarc.a.test'],
    ],
    ['has no policy', { '_dmarc.a.test': 'v=DMARC1; p=strict' }, ['DMARC_INVALID_P']],
    ['has no policy for names below', { '_dmarc.a.test': 'v=DMARC1; p=reject; sp=strict' }, ['DMARC_INVALID_P']],
    ['was not learned', { '_dmarc.a.test': 'timeout', '_dmarc.test': `v=DMARC1; p=reject; ${RUA}` }, []],
    ['was not learned above', { '_dmarc.test': 'timeout' }, []],
    ['asks for nothing', { '_dmarc.a.test': `v=DMARC1; p=none; ${RUA}` }, ['DMARC_P_NONE']],
    ['is tested', { '_dmarc.a.test': `v=DMARC1; p=reject; t=y; ${RUA}` }, ['DMARC_TESTING']],
    ['protects names below less', { '_dmarc.a.test': `v=DMARC1; p=reject; sp=none; ${RUA}` }, ['DMARC_SP_WEAKER']],
    ['protects names below more', { '_dmarc.a.test': `v=DMARC1; p=quarantine; sp=reject; ${RUA}` }, []],
    ['wants no reports', { '_dmarc.a.test': 'v=DMARC1; p=reject' }, ['DMARC_NO_RUA']],
    ['has a tag of old', { '_dmarc.a.test': `v=DMARC1; p=reject; pct=50; ${RUA}` }, ['DMARC_HISTORIC_TAG pct']],
    ['has a value of its own', { '_dmarc.a.test': `v=DMARC1; p=reject; adkim=x; ${RUA}` }, ['DMARC_INVALID_TAG']],
    [
      'reports to somebody who does not say so',
      { '_dmarc.a.test': 'v=DMARC1; p=reject; rua=mailto:x@b.test,https://c.test/r' },
      ['DMARC_EXT_RUA_UNAUTH b.test', 'DMARC_EXT_RUA_UNAUTH c.test'],
    ],
    [
      'reports to somebody who says so',
      { '_dmarc.a.test': 'v=DMARC1; p=reject; rua=mailto:x@b.test', 'a.test._report._dmarc.b.test': 'v=DMARC1;' },
      [],
    ],
    [
      'answers for every name',
      { '_dmarc.a.test': `v=DMARC1; p=reject; ${RUA}`, '_dmarc.wildcard-test-7f3a.a.test': 'v=DMARC1; p=reject' },
      ['DMARC_WILDCARD_TXT'],
    ],
  ] as const)('that %s', (_what, records, ids) => {
    const { ids: told, rounds } = found(records)
    expect(told).toEqual(ids)
    expect(rounds).toBeLessThanOrEqual(2)
  })

  it('of a name below is its organisation’s', () => {
    const { ids, result } = found({ '_dmarc.a.test': `v=DMARC1; p=reject; ${RUA}` }, 'mail.a.test')
    expect(ids).toEqual([])
    expect(result).toMatchObject({
      status: 'found',
      organisation: 'a.test',
      effective: { policy: 'reject', foundAt: 'a.test' },
    })
  })

  it('of a name below with a record that asks for nothing is nobody’s', () => {
    const above = { '_dmarc.a.test': `v=DMARC1; p=reject; ${RUA}` }
    const { ids, result } = found({ ...above, '_dmarc.mail.a.test': 'v=DMARC1; p=strict' }, 'mail.a.test')
    expect(ids).toEqual(['DMARC_INVALID_P'])
    expect(result).toMatchObject({ status: 'invalid', effective: null })
  })
})

const POLICY = 'version: STSv1\nmode: enforce\nmx: mx1.a.test\nmx: mx2.a.test\nmax_age: 604800\n'
const answered = (text: string, wish: Partial<Extract<Fetched, { kind: 'answered' }>> = {}): Fetched => ({
  kind: 'answered',
  status: 200,
  contentType: 'text/plain',
  text,
  ...wish,
})
const EXCHANGES = [
  { host: 'mx1.a.test', preference: 10 },
  { host: 'mx2.a.test', preference: 20 },
]
const CERTIFICATE = { valid: true, daysLeft: 62, lifetimeDays: 90 }
const given = {
  domain: 'a.test',
  texts: ['v=STSv1; id=1;'],
  fetched: answered(POLICY),
  certificate: CERTIFICATE,
  exchanges: EXCHANGES,
  failing: new Set<string>(),
}

describe('MTA-STS', () => {
  it.each([
    ['is sound', {}, []],
    ['is not there', { texts: [], fetched: { kind: 'unreachable', why: 'timeout' } }, ['STS_NONE']],
    ['has a policy alone', { texts: [] }, ['STS_ORPHAN_POLICY']],
    ['has two records', { texts: ['v=STSv1; id=1;', 'v=STSv1; id=2;'] }, ['STS_TXT_MULTIPLE']],
    ['has a wrong record', { texts: ['v=STSv1; id=a-b;'] }, ['STS_TXT_INVALID']],
    ['cannot be fetched', { fetched: { kind: 'unreachable', why: 'timeout' } }, ['STS_POLICY_UNREACHABLE']],
    ['redirects', { fetched: { kind: 'redirect', status: 301 } }, ['STS_POLICY_REDIRECT']],
    ['has another status', { fetched: answered('', { status: 404 }) }, ['STS_POLICY_STATUS']],
    ['never ends', { fetched: { kind: 'too_large' } }, ['STS_TOO_LARGE']],
    ['has a bad certificate', { fetched: { kind: 'certificate' }, certificate: null }, ['STS_CERT_INVALID']],
    ['has a bad certificate, as a lane saw', { certificate: { ...CERTIFICATE, valid: false } }, ['STS_CERT_INVALID']],
    ['expires soon', { certificate: { ...CERTIFICATE, daysLeft: 5 } }, ['STS_CERT_EXPIRING']],
    ['lives for days and has some left', { certificate: { valid: true, daysLeft: 3, lifetimeDays: 6.67 } }, []],
    ['is no policy', { fetched: answered('<html>') }, ['STS_POLICY_SYNTAX']],
    ['has a key twice', { fetched: answered(`${POLICY}mode: none\n`) }, ['STS_POLICY_SYNTAX']],
    ['is HTML by name', { fetched: answered(POLICY, { contentType: 'text/html' }) }, ['STS_CONTENT_TYPE']],
    ['is kept for an hour', { fetched: answered(POLICY.replace('604800', '3600')) }, ['STS_MAX_AGE_SHORT']],
    ['is tested', { fetched: answered(POLICY.replace('enforce', 'testing')) }, ['STS_MODE_TESTING']],
    ['is switched off', { fetched: answered(POLICY.replace('enforce', 'none')) }, ['STS_MODE_NONE']],
    [
      'forgets a backup',
      { fetched: answered(POLICY.replace('mx: mx2.a.test\n', '')) },
      ['STS_MX_UNMATCHED mx2.a.test'],
    ],
    ['names another one', { fetched: answered(`${POLICY}mx: *.b.test\n`) }, ['STS_PATTERN_UNUSED *.b.test']],
  ] as const)('that %s', (_what, wish, ids) => {
    const { findings, health, status } = surveySts({ ...given, ...wish })
    expect(said(findings)).toEqual(ids)
    expect(health === null).toBe(status !== 'published')
  })

  it('weighs what is not named by who would be left out', () => {
    const of = (mx: string, mode = 'enforce') =>
      surveySts({ ...given, fetched: answered(`version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 604800\n`) })
    const severities = (survey: ReturnType<typeof of>) =>
      survey.findings.filter(({ id }) => id === 'STS_MX_UNMATCHED').map(({ severity }) => severity)
    expect(severities(of('mx1.a.test'))).toEqual(['low'])
    expect(severities(of('mx2.a.test'))).toEqual(['high'])
    expect(severities(of('mx.b.test'))).toEqual(['critical', 'critical'])
    expect(severities(of('mx.b.test', 'testing'))).toEqual(['medium', 'medium'])
    expect(of('mx1.a.test').health).toMatchObject({ score: 74, partial: false })
  })

  it('holds less where an exchange that it names has no TLS to offer, and says both shares', () => {
    const { health } = surveySts({ ...given, failing: new Set(['mx2.a.test']) })
    expect(health).toMatchObject({ named: 1, components: { match: 0.5 }, caps: [] })
  })

  it('is unknown where the DNS did not answer, and says nothing', () => {
    expect(surveySts({ ...given, texts: null })).toMatchObject({ status: 'unlearned', findings: [], health: null })
    const notFetched = surveySts({ ...given, fetched: { kind: 'not_fetched' } })
    expect(notFetched).toMatchObject({ status: 'published', policy: null, health: null })
    expect(said(notFetched.findings)).toEqual([])
  })
})

describe('TLSRPT', () => {
  it.each([
    ['is sound', ['v=TLSRPTv1; rua=mailto:t@a.test'], []],
    ['is not there', [], ['TLSRPT_NONE']],
    ['is there twice', Array(2).fill('v=TLSRPTv1; rua=mailto:t@a.test') as string[], ['TLSRPT_MULTIPLE']],
    ['is wrong', ['v=TLSRPTv1; rua=t@a.test'], ['TLSRPT_INVALID']],
    ['was not learned', null, []],
  ] as const)('that %s', (_what, texts, ids) => {
    expect(said(tlsRptFindings('a.test', texts, false))).toEqual(ids)
  })

  it('is missed more where something is to be reported', () => {
    expect(tlsRptFindings('a.test', [], true)[0]!.severity).toBe('medium')
  })
})
