// Who vouches for what: resolvers that agree or do not, aliases half of which are signed, signatures that do not hold.
import { describe, expect, it } from 'vitest'
import type { DohParts } from '../dns/doh-server.ts'
import { report } from './desk.ts'

const PIN = `TLSA 3 1 1 ${'ab'.repeat(32)}`
const ZONE = ['a MX 10 mx.a.test.', 'mx.a A 8.8.8.8', `_25._tcp.mx.a ${PIN}`]
const signed = (zone: readonly string[], wish: Partial<DohParts> = {}): DohParts => ({ zone, authentic: true, ...wish })

async function daneOf(...resolvers: readonly DohParts[]) {
  const { report: made, ids } = await report('a.test', { resolvers })
  const [host] = made.dane.hosts
  return { active: made.dane.active, status: host?.status, base: host?.base, mx: made.mx.dnssec, ids }
}

describe('DANE', () => {
  it('is active where both resolvers vouch for it', async () => {
    expect(await daneOf(signed(ZONE), signed(ZONE))).toMatchObject({ active: true, status: 'usable', mx: 'secure' })
  })

  it('is active where the only resolver there is vouches for it, twice', async () => {
    expect(await daneOf(signed(ZONE))).toMatchObject({ active: true, status: 'usable' })
  })

  it.each<[string, readonly [DohParts, DohParts]]>([
    ['only the first', [signed(ZONE), { zone: ZONE }]],
    ['nobody', [{ zone: ZONE }, { zone: ZONE }]],
  ])('is not active where %s vouches for it', async (_who, [one, other]) => {
    expect(await daneOf(one, other)).toMatchObject({ active: false, status: 'insecure', mx: 'insecure' })
  })

  it('is unknown where the second resolver cannot tell', async () => {
    const { active, status, ids } = await daneOf(signed(ZONE), signed(ZONE, { manner: 'servfail' }))
    expect([active, status]).toEqual([null, 'unlearned'])
    expect(ids.filter((id) => id.startsWith('DANE_') && !id.startsWith('DANE_SINGLE'))).toEqual([])
  })
})

describe('a record', () => {
  const RECORDS = [
    ...ZONE,
    'a TXT v=spf1 -all',
    '_dmarc.a TXT v=DMARC1; p=reject',
    '_mta-sts.a TXT v=STSv1; id=1',
    '_smtp._tls.a TXT v=TLSRPTv1; rua=mailto:t@a.test',
  ]

  async function statesOf(domain: string, ...resolvers: readonly DohParts[]) {
    const { report: made } = await report(domain, { resolvers })
    const { spf, dmarc, mta_sts: sts, tls_rpt: tlsRpt } = made
    return [spf, dmarc, sts, tlsRpt].map(({ status, dnssec }) => `${status} ${dnssec}`)
  }

  it.each<[string, readonly DohParts[], readonly string[]]>([
    [
      'that is there is vouched for by whoever has told it',
      [signed(RECORDS), { zone: RECORDS }],
      ['one secure', 'found secure', 'published secure', 'published secure'],
    ],
    [
      'of an unsigned zone is insecure',
      [{ zone: RECORDS }, signed(RECORDS)],
      ['one insecure', 'found insecure', 'published insecure', 'published insecure'],
    ],
    [
      'that is not there is so by both',
      [signed(ZONE), signed(ZONE)],
      ['none secure', 'none secure', 'none secure', 'none secure'],
    ],
    [
      'that is not there by one of them only is insecure',
      [signed(ZONE), { zone: ZONE }],
      ['none insecure', 'none insecure', 'none insecure', 'none insecure'],
    ],
    [
      'that nobody could tell is unlearned, whatever the reason',
      [signed(ZONE, { manner: 'bogus' }), signed(ZONE, { manner: 'servfail' })],
      ['unlearned null', 'unlearned null', 'unlearned null', 'unlearned null'],
    ],
  ])('%s', async (_what, resolvers, expected) => {
    expect(await statesOf('a.test', ...resolvers)).toEqual(expected)
  })

  it('of DMARC that a name above has is no better than what is said of the names below it', async () => {
    const zone = ['_dmarc.a TXT v=DMARC1; p=reject', 'b.a MX 10 mx.b.a.test.', 'mx.b.a A 8.8.8.8']
    const [, whole] = await statesOf('b.a.test', signed(zone))
    const [, cut] = await statesOf('b.a.test', signed(zone, { insecure: ['b.a.test'] }))
    expect([whole, cut]).toEqual(['found secure', 'found insecure'])
  })
})

describe('an exchange that is an alias', () => {
  const alias = (more: readonly string[]) => [
    'a MX 10 mx.a.test.',
    'mx.a CNAME host.b.test.',
    'host.b A 8.8.8.8',
    ...more,
  ]

  it('has the pins of its target where the whole chain is signed', async () => {
    const zone = alias([`_25._tcp.host.b ${PIN}`, `_25._tcp.mx.a ${PIN}`])
    expect(await daneOf(signed(zone))).toMatchObject({ status: 'usable', base: '_25._tcp.host.b.test' })
  })

  it('has pins of its own where its target has none', async () => {
    expect(await daneOf(signed(alias([`_25._tcp.mx.a ${PIN}`])))).toMatchObject({
      status: 'usable',
      base: '_25._tcp.mx.a.test',
    })
  })

  it('has pins of its own where only the alias is signed', async () => {
    const zone = alias([`_25._tcp.mx.a ${PIN}`, `_25._tcp.host.b ${PIN}`])
    expect(await daneOf(signed(zone, { insecure: ['b.test'] }))).toMatchObject({
      status: 'usable',
      base: '_25._tcp.mx.a.test',
    })
  })

  it('has none where the alias is not signed either', async () => {
    const zone = alias([`_25._tcp.mx.a ${PIN}`])
    expect(await daneOf({ zone, authentic: false })).toMatchObject({ active: false, status: 'insecure' })
  })
})

describe('signatures that do not hold', () => {
  const bogusAt =
    (broken: string) =>
    ({ name }: { readonly name: string }) =>
      name === broken ? 'bogus' : 'honest'

  it('of a domain are told from servers that do not answer', async () => {
    const bogus = await report('a.test', { resolvers: [signed(ZONE, { manner: bogusAt('a.test') })] })
    expect([bogus.report.mx.dnssec, bogus.report.dns.bogus, bogus.ids]).toEqual([
      'bogus',
      ['a.test'],
      expect.arrayContaining(['DNS_BOGUS a.test']),
    ])
    const broken = await report('a.test', { resolvers: [signed(ZONE, { manner: 'servfail' })] })
    expect([broken.report.mx.dnssec, broken.report.dns.bogus]).toEqual(['indeterminate', []])
  })

  it('of a resolver that failed for a moment are none, and its word is one and not two', async () => {
    let failures = 1
    const once = ({ name, type }: { readonly name: string; readonly type: string }) =>
      name === 'a.test' && type === 'MX' && failures-- > 0 ? 'servfail' : 'honest'
    const made = await report('a.test', {
      resolvers: [signed(ZONE, { manner: once }), signed(ZONE, { manner: 'http_500' })],
    })
    expect([made.report.dns.bogus, made.ids.some((id) => id.includes('BOGUS'))]).toEqual([[], false])
    expect([made.report.mx.status, made.report.dane.active]).toEqual(['mx', null])
  })

  it('of pins leave the domain where it is, and its exchange to those who do not check', async () => {
    const { report: made, ids } = await report('a.test', {
      resolvers: [signed(ZONE, { manner: bogusAt('_25._tcp.mx.a.test') })],
    })
    expect(made.dane.hosts[0]?.status).toBe('bogus')
    expect(ids).toContain('DANE_BOGUS mx.a.test')
    expect(ids.some((id) => id.startsWith('DNS_BOGUS'))).toBe(false)
  })
})
