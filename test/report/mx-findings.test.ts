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
const NEAR = host('mx2.a.test', records(['8.8.8.9']), { aaaa: records(['2606:4700::2']) })
const TWO = host('mx2.a.test', records(['9.9.9.9']))

function given(exchanges: readonly SeenExchange[], wish: Partial<MxGiven> = {}): MxGiven {
  const mx = records(exchanges.map(({ host: exchange }, n) => ({ exchange, preference: 10 * (n + 1) })))
  return {
    domain: 'a.test',
    mx,
    ttlS: 3_600,
    disagrees: null,
    a: NODATA,
    aaaa: NODATA,
    exchanges,
    loopback: [],
    ...wish,
  }
}
const mxOf = (data: readonly (readonly [number, string])[], ttlS?: number) =>
  records(
    data.map(([preference, exchange]) => ({ preference, exchange })),
    ttlS,
  )

const DISAGREE = { first: '10 mx1.a.test', second: 'nodata' }

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
    [
      'of a domain whose own address is somebody’s house',
      given([], { mx: NODATA, a: records(['10.0.0.1', '8.8.8.8']) }),
      ['MX_IMPLICIT', 'MX_PRIVATE_ADDRESS a.test (10.0.0.1)'],
    ],
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
    [
      'of which one is gone, as half of the answers say',
      given([ONE, host('mx2.a.test', records(['9.9.9.9']), { aaaa: NXDOMAIN })]),
      [],
    ],
    ['of which one is gone, or has no address', given([ONE, host('mx2.a.test', NXDOMAIN)]), []],
    ['of which one is gone, or was not learned', given([ONE, host('mx2.a.test', NXDOMAIN, { aaaa: FAILURE })]), []],
    [
      'of which one is gone, and the other was not learned',
      given([host('mx1.a.test', FAILURE), host('mx2.a.test', NXDOMAIN, { aaaa: NXDOMAIN })]),
      ['MX_DANGLING_NXDOMAIN mx2.a.test'],
    ],
    [
      'of which one is gone, and the other was not looked up',
      given([host('mx2.a.test', NXDOMAIN, { aaaa: NXDOMAIN })], {
        mx: mxOf([
          [10, 'mx1.a.test'],
          [20, 'mx2.a.test'],
        ]),
      }),
      ['MX_DANGLING_NXDOMAIN mx2.a.test'],
    ],
    [
      'of which one is an alias of what is gone',
      given([ONE, host('mx2.a.test', NXDOMAIN, { aaaa: NXDOMAIN, cname: 'mx.b.test' })]),
      ['MX_CNAME mx2.a.test', 'MX_DANGLING_NXDOMAIN mx.b.test'],
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
    ['at one address', given([ONE, { ...TWO, a: records(['8.8.8.8']) }]), ['MX_DUPLICATE_IP', 'MX_ONE_FAILURE_DOMAIN']],
    ['that are one', given([host('mx1.a.test', NODATA, { aaaa: V6 })]), ['MX_SINGLE_HOST']],
    ['that are one, of both families', given([ONE]), ['MX_SINGLE_HOST']],
    ['that are one, with several machines', given([{ ...ONE, a: records(['8.8.8.8', '8.8.4.4']) }]), []],
    [
      'that are one and its addresses, one of them twice',
      given([{ ...ONE, a: records(['8.8.8.8', '8.8.8.8']) }]),
      ['MX_SINGLE_HOST'],
    ],
    ['that are in one network of each family', given([ONE, NEAR]), ['MX_ONE_FAILURE_DOMAIN']],
    ['that are in one network of one family', given([ONE, { ...NEAR, aaaa: records(['2606:4701::2']) }]), []],
    [
      'that are in one network of one family, one of them in no other',
      given([ONE, { ...NEAR, aaaa: NODATA }]),
      ['MX_ONE_FAILURE_DOMAIN'],
    ],
    ['that have a family each', given([{ ...ONE, aaaa: NODATA }, host('mx2.a.test', NODATA, { aaaa: V6 })]), []],
    ['of which one alone has an address', given([ONE, host('mx2.a.test', NODATA)]), ['MX_NO_ADDRESS mx2.a.test']],
    [
      'of which one was not looked up',
      given([{ ...ONE, aaaa: NODATA }], {
        mx: mxOf([
          [10, 'mx1.a.test'],
          [20, 'mx2.a.test'],
        ]),
      }),
      [],
    ],
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
    ['that resolvers see differently', given([ONE, TWO], { disagrees: DISAGREE }), ['MX_RESOLVER_DISAGREE']],
    ['that are kept for a moment', given([ONE, TWO], { ttlS: 60 }), ['MX_TTL_SHORT']],
    ['that are kept for five minutes', given([ONE, TWO], { ttlS: 300 }), []],
    ['that are kept for a day', given([ONE, TWO], { ttlS: 86_400 }), []],
    ['that are kept for a week', given([ONE, TWO], { ttlS: 604_800 }), ['MX_TTL_LONG']],
    [
      'that are kept for who knows how long, and were for a while',
      given([ONE, TWO], {
        ttlS: null,
        mx: mxOf(
          [
            [10, 'mx1.a.test'],
            [20, 'mx2.a.test'],
          ],
          7,
        ),
      }),
      [],
    ],
    ['of a top-level domain', given([ONE, TWO], { domain: 'test' }), ['MX_TLD']],
  ] as const)('%s', (_what, what, expected) => {
    expect(said(what)).toEqual(expected)
  })
})

describe('a name that is gone', () => {
  const gone = (name: string, cname: string | null = null) =>
    mxFindings(given([ONE, host(name, NXDOMAIN, { aaaa: NXDOMAIN, cname })])).find(
      ({ id }) => id === 'MX_DANGLING_NXDOMAIN',
    )!

  it.each([
    ['of its own', 'mx2.a.test', null, 'mx2.a.test', false],
    ['that is the domain’s', 'a.test', null, 'a.test', false],
    ['of somebody else', 'mx.b.test', null, 'mx.b.test', true],
    ['of somebody else with the same end', 'mx.aa.test', null, 'mx.aa.test', true],
    ['that its alias leads to', 'mx2.a.test', 'mx.b.test', 'mx.b.test', true],
    ['that somebody’s alias leads back to', 'mx.b.test', 'mx2.a.test', 'mx2.a.test', false],
  ] as const)('%s may be taken by others or not', (...[, name, cname, missing, isTakeable]) => {
    const { subject, explanation, evidence, fix } = gone(name, cname)
    expect({ subject, evidence }).toEqual({ subject: missing, evidence: { exchange: name, missing } })
    expect(explanation).toContain(`The name ${missing} is not in the DNS`)
    expect(explanation.includes('if its domain can be registered')).toBe(isTakeable)
    expect(fix).toContain(missing)
  })
})

describe('evidence', () => {
  const evidenceOf = (what: MxGiven, id: string) => mxFindings(what).find((one) => one.id === id)!.evidence

  it.each([
    ['of a TTL', given([ONE, TWO], { ttlS: 60 }), 'MX_TTL_SHORT', { ttlS: 60 }],
    [
      'of an address that is shared',
      given([ONE, { ...TWO, a: records(['8.8.8.8']) }]),
      'MX_DUPLICATE_IP',
      { addresses: ['8.8.8.8'], hosts: ['mx1.a.test', 'mx2.a.test'] },
    ],
    [
      'of an address in somebody’s house',
      given([ONE, host('mx2.a.test', records(['10.0.0.1']))]),
      'MX_PRIVATE_ADDRESS',
      { hosts: ['mx2.a.test'], addresses: ['10.0.0.1'] },
    ],
    ['of two resolvers', given([ONE, TWO], { disagrees: DISAGREE }), 'MX_RESOLVER_DISAGREE', DISAGREE],
    ['of no answer', given([], { mx: FAILURE }), 'MX_DNS_ERROR', { type: 'MX', why: 'timeout' }],
    [
      'of no answer about an address',
      given([], { mx: NODATA, aaaa: FAILURE }),
      'MX_DNS_ERROR',
      { type: 'AAAA', why: 'timeout' },
    ],
  ] as const)('%s', (...[, what, id, expected]) => {
    expect(evidenceOf(what, id)).toEqual(expected)
  })

  it('shows ten at most, and findings of one id are twenty', () => {
    const house = records(Array.from({ length: 30 }, (_, n) => `10.0.0.${n}`))
    const twins = given([host('mx1.a.test', house, { aaaa: V6 }), host('mx2.a.test', house)])
    expect(evidenceOf(twins, 'MX_DUPLICATE_IP')['addresses']).toHaveLength(10)
    expect(said(twins).filter((one) => one.startsWith('MX_PRIVATE_ADDRESS'))).toHaveLength(20)
  })
})
