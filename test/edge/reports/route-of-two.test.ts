// What two resolvers say of a domain's exchanges comes to one route: believed where one finds something, doubted where one finds nothing.
import type { Answer, MxData } from '@postern/shared/dns/answer.ts'
import type { Dnssec } from '@postern/shared/dns/dnssec.ts'
import { describe, expect, it } from 'vitest'
import type { RouteLearned } from '../../../edge/src/reports/learned.ts'
import type { Stated } from '../../../edge/src/reports/look-ups.ts'
import { routeOf, routeOfOne } from '../../../edge/src/reports/route-of-two.ts'

type Said = Answer<MxData>

interface Records {
  readonly of?: readonly string[]
  readonly ttlS?: number
  readonly originalTtlS?: number
  readonly authentic?: boolean
}

/** Exchanges as `10 mx`. */
function mx({ of = ['10 mx.a.test'], ttlS = 300, authentic = false, ...rest }: Records = {}): Said {
  const data = of.map((text) => {
    const [preference, exchange = ''] = text.split(' ')
    return { preference: Number(preference), exchange }
  })
  return { kind: 'records', data, ttlS, authentic, ...rest }
}
const NXDOMAIN: Said = { kind: 'nxdomain', ttlS: 60, authentic: false }
const NODATA: Said = { kind: 'nodata', ttlS: 60, authentic: false }
const SILENT: Said = { kind: 'failure', why: 'timeout' }
const ADDRESS: Answer<string> = { kind: 'records', data: ['8.8.8.8'], ttlS: 300, authentic: false }
const NO_ADDRESSES = { a: NODATA as Answer<string>, aaaa: NODATA as Answer<string> }

function stated(answer: Said, dnssec: Dnssec = 'insecure'): Stated<MxData> {
  return { answer, source: 'one', dnssec, tookMs: 20 }
}

interface Given {
  readonly first: Said
  readonly second: Said
  readonly dnssec?: Dnssec
  readonly own?: Parameters<typeof routeOf>[2]
}

const routeBy = ({ first, second, dnssec, own = NO_ADDRESSES }: Given): RouteLearned =>
  routeOf(stated(first, dnssec), second, own)

describe('an answer', () => {
  it.each<[string, Given, Said['kind']]>([
    ['of records is believed', { first: mx(), second: NXDOMAIN }, 'records'],
    ['of records is believed though nobody else answers', { first: mx(), second: SILENT }, 'records'],
    ['of nothing is none where the other finds records', { first: NXDOMAIN, second: mx() }, 'records'],
    ['of nothing counts where both say the same', { first: NXDOMAIN, second: NXDOMAIN }, 'nxdomain'],
    ['of nothing is unknown where both say another nothing', { first: NXDOMAIN, second: NODATA }, 'failure'],
    ['of nothing is unknown where the other does not answer', { first: NODATA, second: SILENT }, 'failure'],
    ['of records is believed of whoever is asked second', { first: SILENT, second: mx() }, 'records'],
    ['of nothing by whoever is asked second alone is unknown', { first: SILENT, second: NODATA }, 'failure'],
  ])('%s', (_what, given, expected) => {
    expect(routeBy(given).mx.kind).toBe(expected)
  })
})

describe('two answers', () => {
  it.each<[string, Given, Pick<RouteLearned, 'agree' | 'disagrees'>]>([
    [
      'agree whatever their order',
      { first: mx({ of: ['10 b', '5 a'] }), second: mx({ of: ['5 a', '10 b'] }) },
      { agree: true, disagrees: null },
    ],
    [
      'that differ are shown',
      { first: mx({ of: ['10 b'] }), second: NXDOMAIN },
      { agree: false, disagrees: { first: '10 b', second: 'nxdomain' } },
    ],
    ['of which one is none are not compared', { first: mx(), second: SILENT }, { agree: null, disagrees: null }],
  ])('%s', (_what, given, expected) => {
    expect(routeBy(given)).toMatchObject(expected)
  })

  it.each<[string, Given, Pick<RouteLearned, 'dnssec' | 'differs'>]>([
    [
      'vouch for records together',
      { first: mx({ authentic: true }), dnssec: 'secure', second: mx({ authentic: true }) },
      { dnssec: 'secure', differs: false },
    ],
    [
      'vouch for nothing where one does not',
      { first: mx({ authentic: true }), dnssec: 'secure', second: mx() },
      { dnssec: 'insecure', differs: true },
    ],
    [
      'differ where both vouch for other records',
      { first: mx({ authentic: true }), dnssec: 'secure', second: mx({ of: ['10 b'], authentic: true }) },
      { dnssec: 'secure', differs: true },
    ],
    [
      'leave it open where one is none',
      { first: mx({ authentic: true }), dnssec: 'secure', second: SILENT },
      { dnssec: 'indeterminate', differs: false },
    ],
    [
      'need no second for what nobody vouches for',
      { first: mx(), second: mx() },
      { dnssec: 'insecure', differs: false },
    ],
    [
      'are bogus where the first is',
      { first: SILENT, dnssec: 'bogus', second: SILENT },
      { dnssec: 'bogus', differs: false },
    ],
  ])('%s', (_what, given, expected) => {
    expect(routeBy(given)).toMatchObject(expected)
  })
})

describe('a domain', () => {
  const NXDOMAIN_A = { a: NXDOMAIN as Answer<string>, aaaa: NODATA as Answer<string> }
  it.each<[string, Given, boolean]>([
    ['is unheard of where nobody answers', { first: SILENT, dnssec: 'indeterminate', second: SILENT }, true],
    [
      'is unheard of though its own address is known',
      { first: SILENT, dnssec: 'indeterminate', second: SILENT, own: { a: ADDRESS, aaaa: SILENT } },
      true,
    ],
    ['is heard of where its name is said not to be there', { first: SILENT, second: SILENT, own: NXDOMAIN_A }, false],
    ['is heard of where its signatures do not hold', { first: SILENT, dnssec: 'bogus', second: SILENT }, false],
    ['is heard of where one finds nothing', { first: SILENT, second: NODATA }, false],
    ['is heard of where one finds something', { first: mx(), second: SILENT }, false],
  ])('%s', (_what, given, expected) => {
    expect(routeBy(given).unheard).toBe(expected)
  })
})

describe('the original TTL', () => {
  const DAY_S = 86_400
  it.each<[string, Given, number | null]>([
    ['is the signed one of the first', { first: mx({ originalTtlS: 900 }), second: mx({ originalTtlS: 60 }) }, 900],
    ['is the signed one of the second where only that has one', { first: mx(), second: mx({ originalTtlS: 60 }) }, 60],
    ['is known where both have as long left', { first: mx({ ttlS: 300 }), second: mx({ ttlS: 300 }) }, 300],
    ['allows for a second between the two', { first: mx({ ttlS: 299 }), second: mx({ ttlS: 300 }) }, 300],
    ['is unknown where one has less', { first: mx({ ttlS: 298 }), second: mx({ ttlS: 300 }) }, null],
    ['is unknown by one alone', { first: mx(), second: SILENT }, null],
    [
      'is more than a day where one has more than that left',
      { first: mx({ ttlS: DAY_S + 1 }), second: SILENT },
      DAY_S + 1,
    ],
    ['is not that of records that another tells alone', { first: NODATA, second: mx() }, null],
  ])('%s', (_what, given, expected) => {
    expect(routeBy(given).originalTtlS).toBe(expected)
  })
})

it('before the second is heard the first stands for itself', () => {
  const route = routeOfOne(stated(mx({ authentic: true, originalTtlS: 900 }), 'secure'))
  expect(route).toMatchObject({ dnssec: 'secure', agree: null, differs: false, tookMs: 20, originalTtlS: 900 })
})
