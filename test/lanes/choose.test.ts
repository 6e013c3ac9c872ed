// That a key keeps its lane, and that the lanes share the keys.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rank } from '@postern/shared/lanes/choose.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'

const lane = (id: string): Lane => ({
  id,
  region: 'eu',
  url: 'https://lane.test/',
  address: '192.0.2.1',
  listUrl: 'https://list.lane.test/',
  ehlo: `${id}.lane.test`,
  partition: 'default',
})
const lanes = (...ids: string[]) => ids.map(lane)
const ids = (ranked: readonly Lane[]) => ranked.map(({ id }) => id)

const someLanes = fc
  .uniqueArray(fc.stringMatching(/^[a-z]{2}-[0-9]{1,2}$/), { minLength: 1, maxLength: 12 })
  .map((names) => lanes(...names))
const key = fc.oneof(fc.string(), fc.domain(), fc.emailAddress())

describe('ranking lanes for a key', () => {
  test('names every lane once, the same in any order of asking', () => {
    fc.assert(
      fc.property(someLanes, key, (all, one) => {
        expect(ids(rank(all, one)).sort()).toEqual(ids(all).sort())
        expect(rank(all.toReversed(), one)).toEqual(rank(all, one))
      }),
    )
  })

  test('a lane that goes moves only its own keys, and each to its second best', () => {
    fc.assert(
      fc.property(someLanes, key, fc.nat(), (all, one, which) => {
        const gone = all[which % all.length]!
        const left = all.filter((other) => other !== gone)
        expect(rank(left, one)).toEqual(rank(all, one).filter((other) => other !== gone))
      }),
    )
  })

  test('no lanes give none', () => {
    expect(rank([], 'b.example')).toEqual([])
  })

  test('is what it was: keys stay with their lanes from release to release', () => {
    const all = lanes('eu-1', 'eu-2', 'us-1', 'us-2')
    expect(
      ['gmail.com', 'b.example', 'xn--mller-kva.de', 'jane@gmail.com'].map((one) => rank(all, one)[0]?.id),
    ).toEqual(['eu-2', 'eu-2', 'us-2', 'us-1'])
  })

  test.each([2, 4, 7, 16])('%i lanes share ten thousand similar keys evenly, first and second', (count) => {
    const all = lanes(...Array.from({ length: count }, (_, at) => `eu-${at}`))
    for (const place of [0, 1]) {
      const shares = new Map<string, number>()
      for (let at = 0; at < 10_000; at++) {
        const chosen = rank(all, `domain${at}.example`)[place]?.id ?? ''
        shares.set(chosen, (shares.get(chosen) ?? 0) + 1)
      }
      const fair = 10_000 / count
      // Five standard deviations of a fair draw.
      const off = 5 * Math.sqrt(fair)
      expect(shares.size).toBe(count)
      for (const share of shares.values()) expect(Math.abs(share - fair)).toBeLessThan(off)
    }
  })
})
