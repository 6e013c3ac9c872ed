// What an owner is told of the exchanges: each finding by a domain that has it, and by one that has not.
import type { Answer } from '@postern/shared/dns/answer.ts'
import { type MxGiven, mxFindings, type SeenExchange } from '@postern/shared/report/mx-findings.ts'
import { describe, expect, it } from 'vitest'

const records = <D>(data: readonly D[], ttlS = 3_600): Answer<D> => ({ kind: 'records', data, ttlS, authentic: false })
const NODATA = { kind: 'nodata', ttlS: 60, authentic: false } as const
const NXDOMAIN = { kind: 'nxdomain', ttlS: 60, authentic: false } as const
const FAILURE = { kind: 'failure', why: 'timeout' } as const

const host = (name: string, a: Answer<string>, wish: Partial<SeenExchange> = {}): SeenExchange => ({
  host: name,
  cname: null,
  a,
  aaaa: NODATA,
  ...wish,
})
const V6 = records(['2606:4700::1'])
const ONE = host('mx1.a.test', records(['8.8.8.8']), { aaaa: V6 })
const TWO = host('mx2.a.test', records(['9.9.9.9']))

function given(exchanges: readonly SeenExchange[], wish: Partial<MxGiven> = {}): MxGiven {
  const mx = records(exchanges.map(({ host: exchange }, n) => ({ exchange, preference: 10 * (n + 1) })))
  return { domain: 'a.test', mx, disagrees: false, a: NODATA, aaaa: NODATA, exchanges, loopback: [], ...wish }
}
const mxOf = (data: readonly (readonly [number, string])[], ttlS?: number) =>
  records(
    data.map(([preference, exchange]) => ({ preference, exchange })),
    ttlS,
  )

const said = (what: MxGiven) =>
  mxFindings(what).map(({ id, subject, severity }) =>
    [id, subject, severity === 'critical' ? '!' : null].filter(Boolean).join(' '),
  )

describe('exchanges', () => {
  it.each([
    ['that are sound', given([ONE, TWO]), []],
    ['of a domain that is not there', given([], { mx: NXDOMAIN }), ['MX_NXDOMAIN !']],
    ['that nobody learned', given([], { mx: FAILURE }), ['MX_DNS_ERROR']],
    ['of a domain that has its own address', given([], { mx: NODATA, aaaa: V6 }), ['MX_IMPLICIT']],
    ['of a domain without any', given([], { mx: NODATA }), ['MX_NONE_NO_ADDRESS !']],
    ['of a domain whose address nobody learned', given([], { mx: NODATA, a: FAILURE }), ['MX_DNS_ERROR']],
    ['that are none', given([], { mx: mxOf([[0, '']]) }), ['MX_NULL']],
    ['that are none, at ten', given([], { mx: mxOf([[10, '']]) }), ['MX_NULL', 'MX_NULL_NONZERO_PREF']],
    [
      'that are none and some',
      given([ONE, TWO], {
        mx: mxOf([
          [0, ''],
          [10, 'mx1.a.test'],
          [20, 'mx2.a.test'],
        ]),
      }),
      ['MX_NULL_MIXED'],
    ],
    ['named by an address', given([ONE, host('8.8.4.4', NXDOMAIN, { aaaa: NXDOMAIN })]), ['MX_IS_IP 8.8.4.4']],
    ['named by an alias', given([ONE, { ...TWO, cname: 'x.b.test' }]), ['MX_CNAME mx2.a.test']],
    [
      'of which one is gone',
      given([ONE, host('mx2.a.test', NXDOMAIN, { aaaa: NXDOMAIN })]),
      ['MX_DANGLING_NXDOMAIN mx2.a.test'],
    ],
    [
      'that are all gone',
      given([host('mx1.a.test', NXDOMAIN, { aaaa: NXDOMAIN })]),
      ['MX_DANGLING_NXDOMAIN mx1.a.test !'],
    ],
    ['of which one has no address', given([ONE, host('mx2.a.test', NODATA)]), ['MX_NO_ADDRESS mx2.a.test']],
    [
      'within somebody’s house',
      given([ONE, host('mx2.a.test', records(['10.0.0.1']))]),
      ['MX_PRIVATE_ADDRESS mx2.a.test (10.0.0.1)'],
    ],
    [
      'named twice',
      given([ONE, TWO], {
        mx: mxOf([
          [10, 'mx1.a.test'],
          [20, 'mx1.a.test'],
          [30, 'mx2.a.test'],
        ]),
      }),
      ['MX_DUPLICATE_HOST mx1.a.test'],
    ],
    ['at one address', given([ONE, { ...TWO, a: records(['8.8.8.8']) }]), ['MX_DUPLICATE_IP']],
    ['that are one', given([host('mx1.a.test', NODATA, { aaaa: V6 })]), ['MX_SINGLE_HOST']],
    [
      'in one network',
      given([
        host('mx1.a.test', NODATA, { aaaa: V6 }),
        host('mx2.a.test', NODATA, { aaaa: records(['2606:4700::2']) }),
      ]),
      ['MX_ONE_FAILURE_DOMAIN'],
    ],
    ['without IPv6', given([{ ...ONE, aaaa: NODATA }, TWO]), ['MX_NO_IPV6']],
    [
      'of which one was not learned',
      given([
        { ...ONE, aaaa: NODATA },
        { ...TWO, a: FAILURE },
      ]),
      [],
    ],
    ['that resolvers see differently', given([ONE, TWO], { disagrees: true }), ['MX_RESOLVER_DISAGREE']],
    [
      'that are kept for a moment',
      given([ONE, TWO], {
        mx: mxOf(
          [
            [10, 'mx1.a.test'],
            [20, 'mx2.a.test'],
          ],
          60,
        ),
      }),
      ['MX_TTL_SHORT'],
    ],
    [
      'that are kept for a week',
      given([ONE, TWO], {
        mx: mxOf(
          [
            [10, 'mx1.a.test'],
            [20, 'mx2.a.test'],
          ],
          604_800,
        ),
      }),
      ['MX_TTL_LONG'],
    ],
    ['of a top-level domain', given([ONE, TWO], { domain: 'test' }), ['MX_TLD']],
  ] as const)('%s', (_what, what, expected) => {
    expect(said(what)).toEqual(expected)
  })
})
