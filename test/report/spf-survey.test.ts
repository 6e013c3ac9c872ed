// What an owner is told of an SPF record: each finding by a record that has it, and by one that has not.
import { spfFindings } from '@postern/shared/report/spf-findings.ts'
import { surveySpf } from '@postern/shared/report/spf-survey.ts'
import { describe, expect, it } from 'vitest'
import { evaluated, type Zone } from './zone.ts'

/** Of each name its texts, an address, or that it is not answered for. */
type Records = Readonly<Record<string, string | readonly string[] | { readonly a: string }>>

function zoneOf(records: Records): Zone {
  return new Map(Object.entries(records).map(([name, given]) => [name, recordsOf(given)]))
}

function recordsOf(given: Records[string]): Map<string, readonly unknown[] | 'timeout'> {
  if (given === 'timeout') return new Map(['TXT', 'A', 'MX'].map((type) => [type, given]))
  return typeof given === 'object' && 'a' in given ? new Map([['A', [given.a]]]) : new Map([['TXT', [given].flat()]])
}

function found(records: Records, sends: false | null = null) {
  const { result, questions } = evaluated(surveySpf('a.test'), zoneOf(records))
  const findings = spfFindings('a.test', result, { sends })
  const ids = findings.map(({ id, subject }) => (subject === null ? id : `${id} ${subject}`))
  return { ids, findings, result, lookups: result.lookups, questions: questions.length }
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
    ['says more behind its end', { 'a.test': 'v=spf1 -all include:gone.test a:x.test ptr redirect=b.test' }, []],
    ['has an error behind its end', { 'a.test': 'v=spf1 -all ip4:x' }, ['SPF_SYNTAX ip4:x']],
    [
      'includes what ends before it goes on',
      { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 -all include:gone.test' },
      [],
    ],
    [
      'ends elsewhere, which has no end',
      { 'a.test': 'v=spf1 redirect=b.test', 'b.test': 'v=spf1 mx:m.test', 'm.test': { a: '192.0.2.1' } },
      ['SPF_NO_ALL b.test'],
    ],
    ['includes what has no end', { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 ip4:192.0.2.1' }, []],
    ['ends where nobody is', { 'a.test': 'v=spf1 redirect=gone.test' }, ['SPF_BROKEN_INCLUDE gone.test']],
    [
      'ends where there is no record',
      { 'a.test': 'v=spf1 redirect=m.test', 'm.test': { a: '192.0.2.1' } },
      ['SPF_BROKEN_INCLUDE m.test'],
    ],
    ['ends where it began', { 'a.test': 'v=spf1 redirect=a.test' }, ['SPF_LOOP a.test']],
    ['ends where nobody answers', { 'a.test': 'v=spf1 redirect=b.test', 'b.test': 'timeout' }, []],
    ['ends where the sender says', { 'a.test': 'v=spf1 redirect=%{d}.b.test' }, []],
    ['includes what nobody answers for', { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'timeout' }, []],
    [
      'includes what can be no name',
      { 'a.test': `v=spf1 include:${'b'.repeat(64)}.test -all` },
      [`SPF_BROKEN_INCLUDE ${'b'.repeat(64)}.test`],
    ],
    [
      'includes one that allows everybody',
      { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 +all' },
      ['SPF_PLUS_ALL b.test: +all'],
    ],
    [
      'ends in one that allows everybody',
      { 'a.test': 'v=spf1 redirect=b.test', 'b.test': 'v=spf1 all' },
      ['SPF_PLUS_ALL b.test: all'],
    ],
    [
      'includes one that ends in one that allows everybody',
      { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 redirect=c.test', 'c.test': 'v=spf1 +all' },
      ['SPF_PLUS_ALL c.test: +all'],
    ],
    ['doubts one that allows everybody', { 'a.test': 'v=spf1 ?include:b.test -all', 'b.test': 'v=spf1 +all' }, []],
    ['refuses one that allows everybody', { 'a.test': 'v=spf1 -include:b.test ~all', 'b.test': 'v=spf1 +all' }, []],
    [
      'includes one that doubts one that allows everybody',
      { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 ~include:c.test -all', 'c.test': 'v=spf1 +all' },
      [],
    ],
    ['allows all of IPv4', { 'a.test': 'v=spf1 ip4:0.0.0.0/0 -all' }, ['SPF_PLUS_ALL ip4:0.0.0.0/0']],
    ['allows all of IPv6', { 'a.test': 'v=spf1 +ip6:::/0 -all' }, ['SPF_PLUS_ALL +ip6:::/0']],
    ['refuses all of IPv4', { 'a.test': 'v=spf1 -ip4:0.0.0.0/0 ~all' }, []],
    [
      'includes one that allows all of IPv4, twice',
      { 'a.test': 'v=spf1 include:b.test include:b.test -all', 'b.test': 'v=spf1 ip4:1.2.3.4/0 ~all' },
      ['SPF_PLUS_ALL b.test: ip4:1.2.3.4/0'],
    ],
    [
      'includes an error before one that allows everybody',
      { 'a.test': 'v=spf1 include:b.test include:c.test -all', 'b.test': 'v=spf1 foo', 'c.test': 'v=spf1 +all' },
      ['SPF_SYNTAX b.test: foo'],
    ],
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

  it.each([
    ['includes itself 1,200 times', { 'a.test': `v=spf1 ${'include:a.test '.repeat(1_200)}` }],
    [
      'includes another one 1,200 times',
      { 'a.test': `v=spf1 ${'include:b.test '.repeat(1_200)}`, 'b.test': 'v=spf1 +all' },
    ],
    ['includes nothing 1,200 times', { 'a.test': `v=spf1 ${many(1_200)}` }],
    [
      'allows everybody 1,200 times',
      { 'a.test': `v=spf1 ${Array.from({ length: 1_200 }, (_, n) => `ip4:1.2.3.${n % 256}/0`).join(' ')}` },
    ],
    ['has an error of 60 KB', { 'a.test': `v=spf1 ${'x'.repeat(60_000)}` }],
    ['includes a name of 60 KB', { 'a.test': `v=spf1 include:${'x'.repeat(60_000)}.test` }],
  ])('that %s is told of in a few words', (_what, records) => {
    const { result, findings, questions } = found(records)
    const { loops, broken, included, open } = result
    for (const { length } of [loops, broken, included, open]) expect(length).toBeLessThanOrEqual(20)
    expect(findings.length).toBeGreaterThan(0)
    expect(JSON.stringify(findings).length).toBeLessThan(25_000)
    expect(questions).toBeLessThan(25)
  })

  it('is shown by the first finding about it, and counted by all', () => {
    const { findings } = found({ 'a.test': 'v=spf1 ptr ?all' })
    expect(findings.map(({ evidence }) => evidence)).toEqual([
      { record: 'v=spf1 ptr ?all', lookups: 1, voids: 0, partial: false },
      { lookups: 1, voids: 0, partial: false },
    ])
  })

  it('that allows everybody is critical, and says by what', () => {
    const [finding] = found({ 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 +all' }).findings
    expect(finding).toMatchObject({ severity: 'critical', subject: 'b.test: +all' })
    expect(finding!.explanation).toBe('`+all` says that anybody may send in the name of the domain.')
  })

  it.each([
    ['whole', { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'v=spf1 -all' }, false],
    ['not there', {}, false],
    ['not answered for', { 'a.test': 'timeout' }, true],
    ['a redirect to what is not answered for', { 'a.test': 'v=spf1 redirect=b.test', 'b.test': 'timeout' }, true],
    ['a redirect that the sender names', { 'a.test': 'v=spf1 redirect=%{d}.b.test' }, true],
    ['an include that is not answered for', { 'a.test': 'v=spf1 include:b.test -all', 'b.test': 'timeout' }, true],
    ['an include that the sender names', { 'a.test': 'v=spf1 include:%{d}.b.test -all' }, true],
    ['asked by the sender’s address', { 'a.test': 'v=spf1 exists:%{i}.b.test -all' }, true],
    [
      'a name with an address that is not answered for',
      { 'a.test': 'v=spf1 a:b.test -all', 'b.test': 'timeout' },
      true,
    ],
    [
      'eleven names with addresses',
      { 'a.test': `v=spf1 ${'a:b.test '.repeat(11)}-all`, 'b.test': { a: '192.0.2.1' } },
      true,
    ],
    ['more than is looked up', { 'a.test': `v=spf1 ${many(30)} -all`, ...included }, true],
    ['all that counts, whatever stands behind its end', { 'a.test': 'v=spf1 -all include:%{d}.b.test' }, false],
  ] as const)('says whether it is known in part: %s', (_what, records, partial) => {
    expect(found(records).result.partial).toBe(partial)
  })

  it('counts a name that is not there once, as receivers do that remember', () => {
    const records = { 'a.test': 'v=spf1 include:gone.test include:gone.test include:gone.test -all' }
    expect(found(records).result).toMatchObject({ lookups: 3, voids: 1, broken: ['gone.test'] })
  })
})

it.each([
  ['ipv4:192.0.2.1', 'is no mechanism'],
  ['all:b.test', 'has something behind "all"'],
  ['include', 'names no domain'],
  ['exists:', 'names no domain'],
  ['ip4:192.0.2.256', 'names no address of its family'],
  ['a/33', 'has no length of a block'],
  ['x-y=%x', 'is no modifier: its value is no macro-string'],
])('an error says what is wrong with its term: %s %s', (term, what) => {
  const [first] = found({ 'a.test': `v=spf1 ${term} -all` }).findings
  expect(first).toMatchObject({ id: 'SPF_SYNTAX', subject: term })
  expect(first?.explanation).toContain(`The term \`${term}\` ${what}. `)
})
