// The catalogue of findings: each says what it is, why it matters, what to do, and by which living standard.
import {
  FINDING_IDS,
  finding,
  inOrder,
  isWorse,
  SECTIONS,
  SEVERITIES,
  underProfile,
} from '@postern/shared/report/finding.ts'
import { describe, expect, it } from 'vitest'
import { OBSOLETE } from '../rooms-rules.ts'

const all = FINDING_IDS.map((id) => finding(id, { domain: 'a.test', subject: 'mx.a.test', value: '7' }))

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

it('a profile weighs findings otherwise, or leaves them out', () => {
  const found = [
    finding('MX_NO_IPV6', { domain: 'a.test' }),
    finding('SPF_NONE', { domain: 'a.test' }),
    finding('MX_NXDOMAIN', { domain: 'a.test' }),
  ]
  const weighed = underProfile(found, { MX_NO_IPV6: 'medium', SPF_NONE: null })
  expect(weighed.map(({ id, severity }) => `${id} ${severity}`)).toEqual(['MX_NO_IPV6 medium', 'MX_NXDOMAIN critical'])
  expect(inOrder(found).map(({ id }) => id)).toEqual(['MX_NXDOMAIN', 'SPF_NONE', 'MX_NO_IPV6'])
  expect(isWorse('low', 'info')).toBe(true)
})
