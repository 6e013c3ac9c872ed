// How long the exchanges are kept when they are fresh: what a zone has signed tells it, whatever a cache has counted down to.
import { describe, expect, it } from 'vitest'
import type { DohParts } from '../dns/doh-server.ts'
import { routeBy, serversWith } from '../dns/resolvers-under-test.ts'
import { report } from './desk.ts'

const zoneOf = (ttlS: number) => [`a ${ttlS} MX 10 mx.a.test.`, 'mx.a A 8.8.8.8', '_dmarc.a TXT v=DMARC1; p=none']
const signed = (zone: readonly string[], ttlS: number): DohParts => ({ zone, ttlS, authentic: true })

async function ttlOf(...resolvers: readonly DohParts[]) {
  const { report: made, ids, asked } = await report('a.test', { resolvers })
  return { ttlS: made.mx.ttl_s, originalTtlS: made.mx.original_ttl_s, ids, asked }
}

describe('the original TTL', () => {
  it.each<[string, readonly DohParts[], number | null]>([
    ['is known of a signed zone from any cache', [signed(zoneOf(3_600), 120), signed(zoneOf(3_600), 40)], 3_600],
    ['is known where only one resolver is there', [signed(zoneOf(3_600), 120)], 3_600],
    [
      'is known where only the second passes signatures on',
      [{ zone: zoneOf(3_600), ttlS: 120 }, signed(zoneOf(3_600), 40)],
      3_600,
    ],
    [
      'is not known of an unsigned zone from caches',
      [
        { zone: zoneOf(3_600), ttlS: 120 },
        { zone: zoneOf(3_600), ttlS: 40 },
      ],
      null,
    ],
    ['is known of an unsigned zone where both have as long left', [{ zone: zoneOf(900) }, { zone: zoneOf(900) }], 900],
  ])('%s', async (_what, resolvers, expected) => {
    expect(await ttlOf(...resolvers)).toMatchObject({ originalTtlS: expected })
  })

  it.each<[string, readonly DohParts[], readonly string[]]>([
    ['a short one', [signed(zoneOf(60), 7), signed(zoneOf(60), 55)], ['MX_TTL_SHORT']],
    ['a long one', [signed(zoneOf(172_800), 7), signed(zoneOf(172_800), 55)], ['MX_TTL_LONG']],
    ['one in order, of which little is left', [signed(zoneOf(3_600), 7), signed(zoneOf(3_600), 7)], []],
  ])('is what findings rest on: %s', async (_what, resolvers, expected) => {
    const { ids } = await ttlOf(...resolvers)
    expect(ids.filter((id) => id.startsWith('MX_TTL'))).toEqual(expected)
  })

  it('costs no question: exchanges are asked for once of each resolver, with their signatures, whoever asks', async () => {
    const { asked } = await ttlOf(signed(zoneOf(3_600), 120), signed(zoneOf(3_600), 40))
    const isMx = ({ type }: { readonly type: string }): boolean => type === 'MX'
    expect(asked.filter(isMx).map(({ name, dnssecOk }) => [name, dnssecOk])).toEqual([
      ['a.test', true],
      ['a.test', true],
    ])
    expect(asked.filter((one) => !isMx(one) && one.dnssecOk === true)).toEqual([])
  })
})

it('a verification asks for no signatures', async () => {
  const servers = await serversWith(signed(['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1'], 300))
  const { verdict } = await routeBy(servers)
  expect([verdict.reason, servers[0]!.asked.some(({ dnssecOk }) => dnssecOk === true)]).toEqual(['not_probed', false])
})
