// Reports of TLS failures: added up, by type and exchange, and set against the line.
import { analyse, tlsReport } from '@postern/shared/report/tls-report.ts'
import { describe, expect, it } from 'vitest'

const policy = (successes: number, failures: number, details: readonly object[] = []) => ({
  policy: {
    'policy-type': 'sts',
    'policy-string': ['version: STSv1'],
    'policy-domain': 'A.test',
    'mx-host': '*.a.test',
  },
  summary: { 'total-successful-session-count': successes, 'total-failure-session-count': failures },
  'failure-details': details,
})
const failed = (type: string, count: number, host = 'mx1.a.test') => ({
  'result-type': type,
  'sending-mta-ip': '192.0.2.1',
  'receiving-mx-hostname': host,
  'failed-session-count': count,
})
const report = (...policies: readonly object[]) =>
  analyse(
    tlsReport.parse({
      'organization-name': 'Sender Ltd',
      'date-range': { 'start-datetime': '2026-11-20T00:00:00Z', 'end-datetime': '2026-11-20T23:59:59Z' },
      'contact-info': 'postmaster@sender.test',
      'report-id': '2026-11-20_a.test',
      policies,
    }),
  )

describe('a report', () => {
  it('is added up, the most frequent failure first', () => {
    const found = report(
      policy(5_000, 200, [failed('certificate-expired', 150), failed('validation-failure', 50, 'MX2.a.test')]),
      policy(326, 103, [failed('certificate-expired', 100), failed('something-new', 3, 'mx2.a.test')]),
    )
    expect(found).toMatchObject({
      organization: 'Sender Ltd',
      reportId: '2026-11-20_a.test',
      from: '2026-11-20T00:00:00Z',
      successes: 5_326,
      failures: 303,
      domains: ['a.test'],
      byType: [
        { type: 'certificate-expired', sessions: 250, known: true },
        { type: 'validation-failure', sessions: 50, known: true },
        { type: 'something-new', sessions: 3, known: false },
      ],
      byExchange: [
        { host: 'mx1.a.test', sessions: 250 },
        { host: 'mx2.a.test', sessions: 53 },
      ],
    })
    expect(found.rate).toBeCloseTo(0.053828, 6)
    expect(found.findings.map(({ id, explanation }) => [id, explanation.slice(0, 6)])).toEqual([
      ['TLSRPT_RATE_HIGH', '5.38 %'],
    ])
  })

  const ofDomain = (domain: string | null, successes: number, failures: number) => ({
    ...policy(successes, failures),
    policy: { 'policy-type': 'sts', 'policy-domain': domain },
  })

  it('is judged domain by domain: the good sessions of one hide no failures of another', () => {
    const found = report(
      ofDomain('b.test', 5_326, 0),
      ofDomain('A.test', 0, 300),
      ofDomain('a.test.', 0, 3),
      ofDomain('c.test', 0, 0),
      ofDomain(null, 90, 10),
    )
    expect(found).toMatchObject({ successes: 5_416, failures: 313, domains: ['b.test', 'a.test', 'c.test'] })
    expect(found.byDomain).toEqual([
      { domain: 'a.test', successes: 0, failures: 303, rate: 1 },
      { domain: null, successes: 90, failures: 10, rate: 0.1 },
      { domain: 'b.test', successes: 5_326, failures: 0, rate: 0 },
      { domain: 'c.test', successes: 0, failures: 0, rate: null },
    ])
    expect(found.findings.map(({ subject, explanation }) => [subject, explanation.split('.')[0]])).toEqual([
      ['a.test', '100 % of the sessions of a'],
      [null, '10 % of the sessions in this report failed'],
    ])
  })

  it('of which only the sum is beyond the line raises what its domains raise', () => {
    const many = Array.from({ length: 30 }, (_, n) => ofDomain(`${n}.test`, 9, 1))
    expect(report(...many).findings).toHaveLength(20)
    const found = report(ofDomain('b.test', 95, 5), ofDomain('a.test', 5_326, 303))
    expect(found.findings.map(({ subject }) => subject)).toEqual(['a.test'])
  })

  it('with counts in quotes is the same as one with numbers, and says so', () => {
    const text = (value: object) => JSON.stringify(value).replaceAll(/(count":)(\d+)/g, '$1"$2"')
    const details = [failed('certificate-expired', 9), failed('validation-failure', 10)]
    const numbers = policy(5_000, 19, details)
    const quoted = JSON.parse(text(numbers)) as object
    expect(report(quoted)).toEqual({ ...report(numbers), notices: [expect.stringContaining('counts in quotes')] })
    expect(report(numbers).notices).toEqual([])
    expect(report(quoted).byType.map(({ sessions }) => sessions)).toEqual([10, 9])
  })

  it.each([
    [1, 24_999, 'Less than 0.01 %'],
    [1, 9_999, '0.01 %'],
    [1, 999, '0.1 %'],
  ])('with %d failure and %d sessions that were none says of how many: %s', (failures, successes, share) => {
    const parsed = tlsReport.parse({ policies: [policy(successes, failures)] })
    expect(analyse(parsed, 0).findings.map(({ explanation }) => explanation.split(' of ')[0])).toEqual([share])
  })

  it('at the line, or of nothing, raises nothing', () => {
    expect(report(policy(95, 5)).findings).toEqual([])
    expect(report(policy(0, 0))).toMatchObject({ rate: null, findings: [], byType: [] })
    expect(report()).toMatchObject({ successes: 0, rate: null })
  })

  it('with null for what its sender does not say is the same as one without', () => {
    const summary = { 'total-successful-session-count': 3, 'total-failure-session-count': 2 }
    const failure = { 'result-type': 'certificate-expired', 'failed-session-count': 2 }
    const without = { policies: [{ policy: { 'policy-type': 'sts' }, summary, 'failure-details': [failure] }] }
    const unsaid = {
      'sending-mta-ip': null,
      'receiving-mx-hostname': null,
      'receiving-ip': null,
      'failure-reason-code': null,
    }
    const withNull = {
      'organization-name': null,
      'date-range': null,
      'report-id': null,
      policies: [
        {
          policy: { 'policy-type': 'sts', 'policy-domain': null },
          summary,
          'failure-details': [{ ...failure, ...unsaid }],
        },
        {
          policy: { 'policy-type': 'sts' },
          summary: { ...summary, 'total-failure-session-count': 0 },
          'failure-details': null,
        },
      ],
    }
    const [one, other] = [analyse(tlsReport.parse(without)), analyse(tlsReport.parse(withNull))]
    expect(other.policies.map(({ details }) => details.length)).toEqual([1, 0])
    expect(other).toMatchObject({
      ...one,
      policies: [one.policies[0], {}],
      successes: 6,
      rate: 0.25,
      byDomain: [{ domain: null, successes: 6, failures: 2, rate: 0.25 }],
      findings: [{ id: 'TLSRPT_RATE_HIGH' }],
    })
  })

  it.each([
    [{}],
    [{ policies: 'none' }],
    [{ policies: [{ policy: {}, summary: {} }] }],
    [{ policies: [policy(-1, 2)] }],
    [{ policies: [policy(1e15, 0)] }],
    [{ policies: [policy('1e3' as unknown as number, 0)] }],
    [{ policies: [policy('' as unknown as number, 0)] }],
    [{ policies: [policy('-1' as unknown as number, 0)] }],
    [{ policies: [policy('9999999999999' as unknown as number, 0)] }],
    [[]],
    [null],
  ])('that is none is refused: %#', (given) => {
    expect(tlsReport.safeParse(given).success).toBe(false)
  })
})
