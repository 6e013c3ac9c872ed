// Our readers of DMARC, MTA-STS, SPF and DKIM beside mailauth's strict ones, which others wrote from the same standards.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compared, type Subject } from './compared.ts'
import { DKIM, dkimByHand, dkimCases } from './differential-dkim.ts'
import { DMARC, dmarcByHand, dmarcCases } from './differential-dmarc.ts'
import { SPF } from './differential-spf.ts'
import { spfByHand, spfCases } from './differential-spf-cases.ts'
import {
  STS_MATCH,
  STS_POLICY,
  STS_RECORD,
  stsMatches,
  stsPolicies,
  stsPoliciesByHand,
  stsRecords,
  stsRecordsByHand,
} from './differential-sts.ts'

interface Cases<Given> {
  readonly byHand: readonly Given[]
  readonly drawn: fc.Arbitrary<Given>
  readonly count: number
  /** Parts of what mailauth says to some of them: cases of which it says one thing only would show nothing. */
  readonly says: readonly string[]
}

function agree<Given>(what: string, subject: Subject<Given>, { byHand, drawn, count, says }: Cases<Given>): void {
  it(what, async () => {
    const cases = [...byHand, ...fc.sample(drawn, count)]
    const { equal, argued, unargued, said } = await compared(subject, cases)
    expect(unargued.slice(0, 3)).toEqual([])
    expect(Object.keys(argued).toSorted()).toEqual(subject.argued.map(({ kind }) => kind).toSorted())
    expect(equal).toBeGreaterThan(0.9 * cases.length)
    expect(says.filter((one) => !said.some((text) => text.includes(one)))).toEqual([])
  })
}

describe('we and mailauth say the same, but for differences that are argued, of', () => {
  agree('whose DMARC record counts, what it asks for, and who is aligned', DMARC, {
    byHand: dmarcByHand,
    drawn: dmarcCases,
    count: 1_500,
    says: [
      '"none"',
      '"quarantine"',
      '"reject"',
      '"unlearned"',
      '"policy":null',
      '"spf":true,"dkim":false',
      '"dkim":true',
    ],
  })
  agree('records of MTA-STS', STS_RECORD, {
    byHand: stsRecordsByHand,
    drawn: stsRecords,
    count: 1_000,
    says: ['id A1', 'invalid', 'several', 'none'],
  })
  agree('policies of MTA-STS', STS_POLICY, {
    byHand: stsPoliciesByHand,
    drawn: stsPolicies,
    count: 1_500,
    says: ['null', '"enforce"', '"testing"', '"none"', '"mx":[]', '*.example.test'],
  })
  agree('exchanges that a policy names', STS_MATCH, {
    byHand: [],
    drawn: stsMatches,
    count: 1_500,
    says: ['true', 'false'],
  })
  agree('senders and explanations by SPF', SPF, {
    byHand: spfByHand,
    drawn: spfCases,
    count: 2_000,
    says: ['"none"', '"neutral"', '"pass"', '"fail"', '"softfail"', '"temperror"', '"permerror"', 'are not a.test'],
  })
  agree('keys of DKIM', DKIM, {
    byHand: dkimByHand,
    drawn: dkimCases,
    count: 1_000,
    says: ['null', '"bits":512', '"bits":1024', '"bits":2048', '"ed25519"', '"testing":true'],
  })
})

describe('a comparison', () => {
  const even: Subject<number> = {
    ours: (number) => number % 2 === 0,
    theirs: async (number) => number % 2 === 0 || number > 6 || number < 0,
    argued: [
      { kind: 'great', because: 'great numbers are even to others', without: (number) => Math.min(6, number) },
      { kind: 'small', because: 'so are those below zero', without: (number) => Math.max(0, number) },
    ],
  }

  it('counts what is argued by its kind, and shows what is not', async () => {
    const { equal, argued, unargued, said } = await compared(even, [1, 2, 7, 9, -1])
    expect({ equal, argued, said }).toEqual({ equal: 2, argued: { great: 2, small: 1 }, said: ['false', 'true'] })
    expect(unargued).toEqual([])
    const bare = await compared({ ...even, argued: [] }, [1, 7])
    expect(bare.unargued).toEqual([{ given: 7, ours: false, theirs: true }])
  })

  it('finds a difference that two kinds make together', async () => {
    const both: Subject<string> = {
      ours: (text) => text,
      theirs: (text) => text.replaceAll(/[ab]/g, ''),
      argued: ['a', 'b'].map((kind) => ({ kind, because: kind, without: (text) => text.replaceAll(kind, '') })),
    }
    expect((await compared(both, ['xab', 'xa'])).argued).toEqual({ a: 2, b: 1 })
  })
})
