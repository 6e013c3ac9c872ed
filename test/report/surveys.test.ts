// What an owner is told of DMARC and TLSRPT: each finding by a domain that has it, and by one that has not.
import { dmarcFindings } from '@postern/shared/report/dmarc-findings.ts'
import { surveyDmarc } from '@postern/shared/report/dmarc-survey.ts'
import { tlsRptFindings } from '@postern/shared/report/mta-sts-survey.ts'
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
