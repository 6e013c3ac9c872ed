// What an owner is told of MTA-STS: each finding by a domain that has it, by one that has not, and by one of which something is not known.
import { type Fetched, type StsGiven, surveySts } from '@postern/shared/report/mta-sts-survey.ts'
import type { PkixFault } from '@postern/shared/report/seen.ts'
import { describe, expect, it } from 'vitest'

const said = (findings: readonly { id: string; subject: string | null; severity: string }[]) =>
  findings.map(({ id, subject }) => (subject === null ? id : `${id} ${subject}`))

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
  now: Date.UTC(2026, 10, 22, 6, 30),
  texts: ['v=STSv1; id=1;'],
  fetched: answered(POLICY),
  certificate: CERTIFICATE,
  exchanges: EXCHANGES,
  holds: new Map<string, boolean>(),
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
    expect(health === null).toBe(status !== 'published' || (ids as readonly string[]).includes('STS_MODE_NONE'))
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
    const { health } = surveySts({ ...given, holds: new Map([['mx2.a.test', false]]) })
    expect(health).toMatchObject({ named: 1, components: { match: 0.5 }, caps: [] })
  })

  it('is unknown where the DNS did not answer, and says nothing', () => {
    expect(surveySts({ ...given, texts: null })).toMatchObject({ status: 'unlearned', findings: [], health: null })
    const notFetched = surveySts({ ...given, fetched: { kind: 'not_fetched' } })
    expect(notFetched).toMatchObject({ status: 'published', policy: null, health: null })
    expect(said(notFetched.findings)).toEqual([])
  })
})

const words = (wish: Partial<StsGiven>) =>
  surveySts({ ...given, ...wish }).findings.map(({ id, severity, explanation }) => ({ id, severity, explanation }))

describe('what a policy is compared with', () => {
  const gapless = { health: null, gap: null, unmatched: [], unused: [] }
  const other = answered(POLICY.replaceAll('a.test', 'b.test'))
  const off = answered(POLICY.replaceAll('a.test', 'b.test').replace('enforce', 'none'))

  it.each([
    ['exchanges that nobody learned', { exchanges: null, fetched: other }, []],
    ['no exchanges at all', { exchanges: [], fetched: other }, []],
    ['no exchanges, while it cannot be fetched', { exchanges: [], fetched: { kind: 'too_large' } }, ['STS_TOO_LARGE']],
    ['exchanges, while it is off', { fetched: off }, ['STS_MODE_NONE']],
  ] as const)('is nothing: %s', (_what, wish, ids) => {
    const survey = surveySts({ ...given, ...wish })
    expect(survey).toMatchObject({ ...gapless, status: 'published' })
    expect(said(survey.findings)).toEqual(ids)
  })

  it('is nothing while there is no policy, and its health is that of one that nobody gets', () => {
    const survey = surveySts({ ...given, fetched: { kind: 'redirect', status: 301 } })
    expect(survey).toMatchObject({ ...gapless, health: { caps: ['unobtainable', 'no_exchange_matched'] } })
  })

  it('is told of so many at most, and of none twice', () => {
    const twice = [...EXCHANGES, ...EXCHANGES]
    const mx = Array.from({ length: 99 }, (_, n) => `mx: n${n}.b.test\n`)
    const text = `version: STSv1\nmode: enforce\n${mx.join('').repeat(2)}max_age: 604800\n`
    const { unused, findings } = surveySts({ ...given, exchanges: twice, fetched: answered(text) })
    expect(unused).toHaveLength(99)
    expect(said(findings).filter((one) => one.startsWith('STS_MX_UNMATCHED'))).toHaveLength(2)
    expect(said(findings).filter((one) => one.startsWith('STS_PATTERN_UNUSED'))).toHaveLength(20)
  })
})

describe('a fetch that failed on our side', () => {
  it.each([
    [{ kind: 'not_fetched', why: 'dns' }],
    [{ kind: 'not_fetched', why: 'timeout' }],
    [{ kind: 'not_fetched', why: 'connection' }],
    [{ kind: 'not_fetched', why: 'tls' }],
    [{ kind: 'not_fetched', why: 'status', status: 503 }],
  ] as const)('says nothing of the policy: %j', (fetched) => {
    const survey = surveySts({ ...given, fetched })
    expect(survey).toMatchObject({ status: 'published', policy: null, health: null, gap: null, findings: [] })
  })
})

describe('a fault of the text of a policy', () => {
  it.each([
    [
      'no mode',
      POLICY.replace('enforce', 'maybe'),
      'high',
      'has no mode that is enforce, testing or none: senders cannot use it.',
    ],
    [
      'a key twice',
      `${POLICY}mode: none\n`,
      'low',
      'has mode twice: the first one counts. Senders mostly use it all the same.',
    ],
    [
      'too long a life',
      POLICY.replace('604800', '99999999'),
      'low',
      'has a max_age of more than 31557600 seconds. Senders mostly use it all the same.',
    ],
    ['empty lines at its end', `${POLICY}\n\n`, 'medium', 'has empty lines at its end. Strict senders do not use it.'],
    [
      'empty lines at its end and a key twice',
      `${POLICY}mode: none\n\n`,
      'medium',
      'has empty lines at its end; has mode twice: the first one counts. Strict senders do not use it.',
    ],
  ] as const)('says what becomes of it: %s', (...[, text, severity, explanation]) => {
    expect(words({ fetched: answered(text) })).toEqual([
      { id: 'STS_POLICY_SYNTAX', severity, explanation: `The policy ${explanation}` },
    ])
    const { health } = surveySts({ ...given, fetched: answered(text) })
    expect(health!.caps).toEqual(severity === 'high' ? ['unparseable', 'no_exchange_matched'] : [])
  })
})

describe('a bad certificate of the policy host', () => {
  const bad = (...faults: readonly PkixFault[]) => ({ ...CERTIFICATE, valid: false, faults, address: '192.0.2.7' })
  const tail = '. Senders that find it so must not take a policy from there.'
  const refused: Fetched = { kind: 'certificate' }

  it.each([
    ['by the fetch', { fetched: refused, certificate: null }, 'is not valid'],
    ['by the fetch, while a lane saw none', { fetched: refused }, 'is not valid'],
    ['by both', { fetched: refused, certificate: bad('expired') }, 'has expired'],
    ['by a lane: its date', { certificate: bad('expired') }, 'has expired'],
    ['by a lane: its name', { certificate: bad('mismatch') }, 'is for another name'],
    [
      'by a lane: its chain',
      { fetched: refused, certificate: bad('untrusted') },
      'has no whole chain to an authority that is known',
    ],
    [
      'by a lane: its signature',
      { certificate: bad('self_signed') },
      'has no whole chain to an authority that is known',
    ],
    ['by a lane: two of them', { certificate: bad('expired', 'mismatch') }, 'has expired and is for another name'],
    ['by a lane, of an older kind', { certificate: { ...CERTIFICATE, valid: false } }, 'is not valid'],
  ] as const)('is one finding, which names what is wrong: %s', (_what, wish, wrong) => {
    expect(words(wish)).toEqual([
      { id: 'STS_CERT_INVALID', severity: 'high', explanation: `The certificate of mta-sts.a.test ${wrong}${tail}` },
    ])
    expect(surveySts({ ...given, ...wish }).findings[0]!.fix).toContain(wrong)
  })

  it('says where it was read, and by whom', () => {
    const { findings } = surveySts({ ...given, fetched: refused, certificate: bad('expired') })
    expect(findings[0]!.evidence).toMatchObject({ faults: ['expired'], address: '192.0.2.7', fetch: 'refused' })
  })

  it('is in dispute where the policy came and a lane knows no such authority', () => {
    const wish = { certificate: bad('untrusted') }
    const [finding, ...others] = words(wish)
    expect(others).toEqual([])
    expect(finding).toMatchObject({ id: 'STS_CERT_INVALID', severity: 'medium' })
    expect(finding!.explanation).toContain('two verifiers differ')
    const { health } = surveySts({ ...given, ...wish })
    expect(health).toMatchObject({ components: { certificate: null }, caps: [], partial: true })
  })
})
