// What an owner is told of an SPF record: each finding by a record that has it, and by one that has not.
import { spfFindings } from '@postern/shared/report/spf-findings.ts'
import { surveySpf } from '@postern/shared/report/spf-survey.ts'
import { describe, expect, it } from 'vitest'
import { evaluated, type Zone } from './zone.ts'

type Records = Readonly<Record<string, string | readonly string[] | { readonly a: string }>>

function zoneOf(records: Records): Zone {
  return new Map(
    Object.entries(records).map(([name, given]) => {
      if (typeof given === 'string' || Array.isArray(given)) return [name, new Map([['TXT', [given].flat()]])]
      return [name, new Map([['A', [(given as { a: string }).a]]])]
    }),
  )
}

function found(records: Records): { ids: string[]; lookups: number; questions: number } {
  const { result, questions } = evaluated(surveySpf('a.test'), zoneOf(records))
  const ids = spfFindings('a.test', result).map(({ id, subject }) => (subject === null ? id : `${id} ${subject}`))
  return { ids, lookups: result.lookups, questions: questions.length }
}

const many = (count: number) => Array.from({ length: count }, (_, n) => `include:i${n}.test`).join(' ')
const included = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`i${n}.test`, 'v=spf1 ip4:192.0.2.1 -all']))

describe('an SPF record', () => {
  it.each([
    ['is sound', { 'a.test': 'v=spf1 include:i0.test ip4:192.0.2.0/24 -all', ...included }, []],
    ['is not there', { 'a.test': 'something else' }, ['SPF_NONE']],
    ['is there twice', { 'a.test': ['v=spf1 -all', 'v=spf1 ~all'] }, ['SPF_MULTIPLE']],
    ['has an error', { 'a.test': 'v=spf1 ipv4:192.0.2.1 -all' }, ['SPF_SYNTAX ipv4:192.0.2.1']],
    [
      'includes an error',
      { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 foo' },
      ['SPF_SYNTAX b.test: foo'],
    ],
    ['allows everybody', { 'a.test': 'v=spf1 +all' }, ['SPF_PLUS_ALL']],
    ['allows everybody without a sign', { 'a.test': 'v=spf1 all' }, ['SPF_PLUS_ALL']],
    ['ends in nothing', { 'a.test': 'v=spf1 ip4:192.0.2.1' }, ['SPF_NO_ALL']],
    ['ends in doubt', { 'a.test': 'v=spf1 ?all' }, ['SPF_NEUTRAL_ALL']],
    ['ends elsewhere', { 'a.test': 'v=spf1 redirect=b.test', 'b.test': 'v=spf1 ~all' }, []],
    ['uses ptr', { 'a.test': 'v=spf1 ptr -all' }, ['SPF_PTR']],
    [
      'goes in a circle',
      { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 include:a.test -all' },
      ['SPF_LOOP a.test'],
    ],
    ['includes nothing', { 'a.test': 'v=spf1 include:b.test -all' }, ['SPF_BROKEN_INCLUDE b.test']],
    ['is near its limit', { 'a.test': `v=spf1 ${many(8)} -all`, ...included }, ['SPF_LOOKUPS_8_10']],
    ['is over its limit', { 'a.test': `v=spf1 ${many(11)} -all`, ...included }, ['SPF_LOOKUPS_OVER_10']],
    [
      'is near its limit by names of senders',
      { 'a.test': `v=spf1 ${'exists:%{p}.x.test '.repeat(4)}-all` },
      ['SPF_LOOKUPS_8_10'],
    ],
    ['leads to nothing three times', { 'a.test': 'v=spf1 a:x.test a:y.test mx:z.test -all' }, ['SPF_VOID_OVER_2']],
    [
      'leads to nothing twice',
      { 'a.test': 'v=spf1 a:x.test a:y.test a:m.test -all', 'm.test': { a: '192.0.2.1' } },
      [],
    ],
    ['is long', { 'a.test': `v=spf1 ${'ip4:192.0.2.123 '.repeat(30)}-all` }, ['SPF_LONG']],
    ['asks by sender', { 'a.test': 'v=spf1 exists:%{i}.x.test include:%{d}.y.test -all' }, []],
  ] as const)('that %s', (_what, records, ids) => {
    expect(found(records).ids).toEqual(ids)
  })

  it('that branches without end is told by how much, and costs a few dozen questions', () => {
    const bomb = `v=spf1 ${many(30)} -all`
    const bombs = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`i${n}.test`, bomb]))
    const { ids, questions, lookups } = found({ 'a.test': bomb, ...bombs })
    expect(ids).toContain('SPF_LOOKUPS_OVER_10')
    expect(lookups).toBeGreaterThan(100)
    expect(questions).toBeLessThan(40)
  })
})
