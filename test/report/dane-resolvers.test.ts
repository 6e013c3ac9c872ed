// What an owner is told of DANE by what resolvers say: where they do not agree, cannot tell, or find signatures that do not hold.
import { describe, expect, it } from 'vitest'
import { found, host } from './dane-hosts.ts'
import { digest } from './inspections.ts'

describe('resolvers that do not agree', () => {
  const DIFFER = 'DANE_RESOLVERS_DIFFER'

  it.each([
    ['on the TLSA records', { differs: true }, 'secure', [`${DIFFER} mx1.a.test info`]],
    [
      'on the addresses, of which one vouches for none',
      { differs: true, addresses: 'insecure' },
      'secure',
      [`${DIFFER} mx1.a.test info`],
    ],
    [
      'on the TLSA records, of which one vouches for none',
      { differs: true, tlsa: 'insecure' },
      'secure',
      [`${DIFFER} mx1.a.test info`],
    ],
    [
      'on the TLSA records, behind MX records that are not signed',
      { differs: true },
      'insecure',
      [`${DIFFER} mx1.a.test info`, 'DANE_TLSA_INSECURE mx1.a.test low'],
    ],
  ] as const)('%s make them insecure, and nobody’s fault', (...[, wish, mx, expected]) => {
    expect(found([host(wish)], mx)).toMatchObject({ told: expected, statuses: ['insecure'], active: false })
  })

  it('on the MX records make all hosts insecure, and are told of once', () => {
    const hosts = [host(), host({ host: 'mx2.a.test' })]
    for (const mx of ['secure', 'insecure'] as const)
      expect(found(hosts, mx, true)).toMatchObject({
        told: [`${DIFFER} info`],
        statuses: ['insecure', 'insecure'],
        active: false,
      })
    const [finding] = found(hosts, 'secure', true).findings
    expect(finding!.explanation).toContain('the MX records of a.test')
  })

  it('on the MX records hide nothing that is the host’s own', () => {
    expect(found([host({ addresses: 'insecure' })], 'insecure', true).told).toEqual([
      `${DIFFER} info`,
      'DANE_TLSA_INSECURE mx1.a.test high',
    ])
  })

  it('matter to nobody without TLSA records', () => {
    const none = host({ records: [], differs: true })
    expect(found([none], 'secure', true)).toMatchObject({ told: ['DANE_NONE info'], statuses: ['none'], active: false })
  })
})

describe('whether DANE is active', () => {
  const unlearned = { records: null, tlsa: 'indeterminate' } as const
  const mx2 = (wish: Parameters<typeof host>[0]) => host({ host: 'mx2.a.test', seen: null, ...wish })

  it.each([
    ['is known where one host has it, whatever else was not learned', [host(), mx2(unlearned)], 'secure', true],
    ['is not known where a host could have it', [host({ records: [] }), mx2(unlearned)], 'secure', null],
    ['is not known where the MX records may be signed', [host()], 'indeterminate', null],
    ['is not known where no host is', [], 'indeterminate', null],
    ['is known where there is no host', [], 'secure', false],
    [
      'is known where what was not learned is behind MX records that are not signed',
      [host(unlearned)],
      'insecure',
      false,
    ],
    [
      'is known where what was not learned is behind addresses that are not',
      [host({ ...unlearned, addresses: 'insecure' })],
      'secure',
      false,
    ],
    [
      'is known where what may be signed cannot be used',
      [host({ records: [`1 1 1 ${digest('d1')}`], tlsa: 'indeterminate' })],
      'secure',
      false,
    ],
  ] as const)('%s', (...[, hosts, mx, active]) => {
    expect(found(hosts, mx).active).toBe(active)
  })

  it('is known where resolvers do not agree: it is not', () => {
    expect(found([host(unlearned)], 'secure', true).active).toBe(false)
    expect(found([host({ ...unlearned, differs: true })]).active).toBe(false)
  })
})

it('signatures that do not hold are to be looked at where the records lie', () => {
  const { findings } = found([host({ tlsa: 'bogus', base: 'host.b.test' })])
  expect(findings[0]!.fix).toContain('`delv TLSA _25._tcp.host.b.test`')
})
