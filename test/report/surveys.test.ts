// What an owner is told of DMARC and TLSRPT: each finding by a domain that has it, and by one that has not.
import { dmarcFindings } from '@postern/shared/report/dmarc-findings.ts'
import { surveyDmarc } from '@postern/shared/report/dmarc-survey.ts'
import { tlsRptFindings } from '@postern/shared/report/mta-sts-survey.ts'
import { describe, expect, it } from 'vitest'
import { evaluated, type Zone } from './zone.ts'

const said = (findings: readonly { id: string; subject: string | null; severity: string }[]) =>
  findings.map(({ id, subject }) => (subject === null ? id : `${id} ${subject}`))

/** Of each name its texts, or that it is not answered for. */
const zone = (records: Readonly<Record<string, string | readonly string[]>>): Zone =>
  new Map(
    Object.entries(records).map(([name, texts]) => [
      name,
      new Map<string, readonly unknown[] | 'timeout'>(
        texts === 'timeout'
          ? [
              ['TXT', texts],
              ['MX', texts],
            ]
          : [['TXT', [texts].flat()]],
      ),
    ]),
  )

const RUA = 'rua=mailto:d@a.test'

describe('DMARC', () => {
  const found = (records: Parameters<typeof zone>[0], domain = 'a.test', takes = true) => {
    const { result, rounds, questions } = evaluated(surveyDmarc(domain), zone(records))
    const findings = dmarcFindings(domain, result, { takes, sends: takes ? null : false })
    return { ids: said(findings), findings, rounds, questions, result }
  }

  it.each([
    ['is sound', { '_dmarc.a.test': `v=DMARC1; p=reject; ${RUA}` }, []],
    ['is not there', {}, ['DMARC_NONE']],
    [
      'is there twice',
      { '_dmarc.a.test': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] },
      ['DMARC_MULTIPLE _dmarc.a.test'],
    ],
    ['has a policy that is none', { '_dmarc.a.test': 'v=DMARC1; p=strict' }, ['DMARC_INVALID_P']],
    ['has a policy that is none, and reports', { '_dmarc.a.test': `v=DMARC1; p=strict; ${RUA}` }, ['DMARC_INVALID_P']],
    ['has no policy, and reports', { '_dmarc.a.test': `v=DMARC1; ${RUA}` }, ['DMARC_P_NONE']],
    ['has a tag twice', { '_dmarc.a.test': `v=DMARC1; p=none; pct=1; pct=2; ${RUA}` }, ['DMARC_INVALID_P']],
    ['has no policy for names below', { '_dmarc.a.test': 'v=DMARC1; p=reject; sp=strict' }, ['DMARC_INVALID_P']],
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

  it.each([
    ['of its own', { '_dmarc.m.a.test': 'timeout', '_dmarc.a.test': `v=DMARC1; p=none; ${RUA}` }, 'unlearned', []],
    ['of its organisation', { '_dmarc.a.test': 'timeout' }, 'unlearned', []],
    [
      'above its organisation',
      { '_dmarc.a.test': `v=DMARC1; p=none; ${RUA}`, '_dmarc.test': 'timeout' },
      'unlearned',
      [],
    ],
    [
      'above its own record',
      { '_dmarc.m.a.test': 'v=DMARC1; p=reject; rua=mailto:x@b.test', '_dmarc.a.test': 'timeout' },
      'found',
      [],
    ],
    [
      'above two records',
      { '_dmarc.m.a.test': ['v=DMARC1; p=none', 'v=DMARC1; p=none'], '_dmarc.a.test': 'timeout' },
      'several',
      ['DMARC_MULTIPLE _dmarc.m.a.test'],
    ],
    [
      'of itself, where names that are not there have their policy',
      { '_dmarc.a.test': `v=DMARC1; p=none; np=reject; ${RUA}`, 'm.a.test': 'timeout' },
      'unlearned',
      [],
    ],
  ] as const)('with a name that was not learned %s is no more than was', (...[, records, status, ids]) => {
    const { result, ids: told, rounds } = found(records, 'm.a.test')
    expect({ status: result.status, told, rounds }).toEqual({ status, told: ids, rounds: 1 })
    if (status === 'unlearned') expect(result).toMatchObject({ effective: null, text: null, foundAt: null })
  })

  it('whose organisation is not known asks nobody whether he takes reports', () => {
    const records = { '_dmarc.m.a.test': 'v=DMARC1; p=reject; rua=mailto:x@b.test', '_dmarc.a.test': 'timeout' }
    const { result, questions } = found(records, 'm.a.test')
    expect(result).toMatchObject({ organisation: null, unauthorised: [], effective: { foundAt: 'm.a.test' } })
    expect(questions.filter(({ name }) => name.includes('_report'))).toEqual([])
  })

  it('does not know of a wildcard that was not learned', () => {
    const { result, ids } = found({
      '_dmarc.a.test': `v=DMARC1; p=reject; ${RUA}`,
      '_dmarc.wildcard-test-7f3a.a.test': 'timeout',
    })
    expect({ wildcard: result.wildcard, ids }).toEqual({ wildcard: null, ids: [] })
  })

  const PARENT = { '_dmarc.a.test': `v=DMARC1; p=reject; ${RUA}` }
  it.each([
    [
      'p=rejct',
      'The record at _dmarc.m.a.test says p=rejct, which is no policy: receivers do as if there were no DMARC',
    ],
    ['sp=reject', 'The record at _dmarc.m.a.test has no p, and no rua that would stand in for it: receivers do as'],
    ['p=reject; sp=quarantin', 'The record at _dmarc.m.a.test says sp=quarantin, which is no policy: receivers do as'],
  ])('with %s is switched off, whatever its organisation says', (tags, explanation) => {
    const text = `v=DMARC1; ${tags}`
    const { result, findings } = found({ ...PARENT, '_dmarc.m.a.test': text }, 'm.a.test')
    expect(result).toMatchObject({ status: 'invalid', text, foundAt: 'm.a.test', effective: null })
    expect(findings).toMatchObject([{ id: 'DMARC_INVALID_P', severity: 'high', subject: null }])
    expect(findings[0]!.explanation).toContain(explanation)
  })

  it.each([
    ['p=rejct', 'says p=rejct, which is no policy: receivers act as if it asked for nothing, since it has a rua.'],
    ['p=reject; sp=quarantin', 'says sp=quarantin, which is no policy: receivers act as if it asked for nothing'],
  ])('with %s and somebody to report to asks for nothing', (tags, explanation) => {
    const { result, findings } = found({ '_dmarc.a.test': `v=DMARC1; ${tags}; ${RUA}` })
    expect(result).toMatchObject({ status: 'found', effective: { policy: 'none', foundAt: 'a.test' } })
    expect(findings).toMatchObject([{ id: 'DMARC_INVALID_P', severity: 'high' }])
    expect(findings[0]!.explanation).toContain(explanation)
  })

  it('that is no list of tags is passed over, and says so', () => {
    const text = `v=DMARC1; p=none; p=reject; ${RUA}`
    const alone = found({ '_dmarc.m.a.test': text }, 'm.a.test')
    expect(alone.result).toMatchObject({ status: 'invalid', text, effective: null, own: null })
    expect(alone.findings).toMatchObject([{ id: 'DMARC_INVALID_P', severity: 'high', subject: null }])
    expect(alone.findings[0]!.explanation).toBe(
      'The record at _dmarc.m.a.test has the tag p twice: receivers take it for none.',
    )
    const { result, ids } = found({ ...PARENT, '_dmarc.m.a.test': text }, 'm.a.test')
    expect(result).toMatchObject({ status: 'invalid', effective: { policy: 'reject', foundAt: 'a.test' } })
    expect(ids).toEqual(['DMARC_INVALID_P'])
  })

  it('of a name below says whose record it is that cannot be meant', () => {
    const { result, ids } = found({ '_dmarc.a.test': 'v=DMARC1; p=rejct' }, 'm.a.test')
    expect(result).toMatchObject({ status: 'invalid', foundAt: 'a.test', effective: null, organisation: 'a.test' })
    expect(ids).toEqual(['DMARC_INVALID_P a.test'])
  })

  it('names what is to be published for reports of a record above', () => {
    const { findings } = found({ '_dmarc.a.test': 'v=DMARC1; p=reject; rua=mailto:x@b.test' }, 'm.a.test')
    expect(findings).toMatchObject([{ id: 'DMARC_EXT_RUA_UNAUTH', subject: 'b.test' }])
    expect(findings[0]!.fix).toBe('Let it publish `a.test._report._dmarc.b.test. TXT "v=DMARC1"`.')
    expect(findings[0]!.explanation).toContain('at a.test._report._dmarc.b.test that')
  })

  it('of a public suffix reports to itself without asking', () => {
    const records = { '_dmarc.bank.test': 'v=DMARC1; p=reject; psd=y; rua=mailto:x@bank.test' }
    const { ids, result } = found(records, 'giant.bank.test')
    expect({ ids, organisation: result.organisation }).toEqual({ ids: [], organisation: 'giant.bank.test' })
  })

  it('asks no name that is none whether it takes reports', () => {
    const { ids, rounds } = found({ '_dmarc.a.test': 'v=DMARC1; p=reject; rua=mailto:x@b..test' })
    expect({ ids, rounds }).toEqual({ ids: [], rounds: 1 })
  })

  it('is shown once, shortened', () => {
    const text = `v=DMARC1; p=none; t=y; ruf=mailto:${'a'.repeat(60_000)}@a.test`
    const { findings } = found({ '_dmarc.a.test': text })
    expect(findings.length).toBeGreaterThan(2)
    expect(JSON.stringify(findings).length).toBeLessThan(10_000)
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
    expect(said(tlsRptFindings('a.test', texts, { isNeeded: false, takes: true }))).toEqual(ids)
  })

  it('is missed more where something is to be reported', () => {
    expect(tlsRptFindings('a.test', [], { isNeeded: true, takes: true })[0]!.severity).toBe('medium')
  })
})
