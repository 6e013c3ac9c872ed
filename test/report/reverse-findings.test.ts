// What an owner is told of reverse names of exchanges, and where such a name is looked up.
import { type ReverseRow, reverseFindings, reverseNameOf } from '@postern/shared/report/reverse-findings.ts'
import { describe, expect, it } from 'vitest'

const FOUR = '192.0.2.10'
const NAMED = { host: 'mx1.a.test', address: FOUR, names: ['mx1.a.test'], confirmed: true } as const
const said = (rows: readonly ReverseRow[]) =>
  reverseFindings('a.test', rows).map(({ id, subject }) => `${id} ${subject}`)

describe('an address', () => {
  it.each([
    ['with a name that leads back', {}, []],
    ['without a name', { names: [], confirmed: null }, [`PTR_MISSING ${FOUR}`]],
    ['without a name, which leads nowhere', { names: [], confirmed: false }, [`PTR_MISSING ${FOUR}`]],
    ['with a name that leads elsewhere', { confirmed: false }, [`FCRDNS_FAIL ${FOUR}`]],
    ['with a name that leads who knows where', { confirmed: null }, []],
    ['with names that nobody learned', { names: null, confirmed: null }, []],
    ['with names that nobody learned nor confirmed', { names: null, confirmed: false }, []],
  ] as const)('%s', (_what, wish, expected) => {
    expect(said([{ ...NAMED, ...wish }])).toEqual(expected)
  })

  it('of two hosts is spoken of once, and of two addresses each', () => {
    const missing = { ...NAMED, names: [], confirmed: null }
    const rows = [missing, { ...missing, host: 'mx2.a.test' }, { ...missing, address: '2001:db8::1' }]
    expect(said(rows)).toEqual([`PTR_MISSING ${FOUR}`, 'PTR_MISSING 2001:db8::1'])
    expect(reverseFindings('a.test', rows)[0]).toMatchObject({
      evidence: { hosts: ['mx1.a.test', 'mx2.a.test'] },
      fix: 'Publish a PTR record at 10.2.0.192.in-addr.arpa.',
    })
  })
})

it.each([
  ['192.0.2.10', '10.2.0.192.in-addr.arpa'],
  ['0.0.0.255', '255.0.0.0.in-addr.arpa'],
  ['2001:DB8::567:89ab', 'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ['mx1.a.test', null],
])('the reverse name of %s is %s', (text, name) => {
  expect(reverseNameOf(text)).toBe(name)
})
