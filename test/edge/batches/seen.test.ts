// Which addresses a list has had already: as a map would say it, however many there are.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duplicatesIn, KEY_OCTETS, Seen } from '../../../edge/src/batches/seen.ts'

type Key = readonly [high: number, low: number]

function octetsOf(keys: readonly Key[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(keys.length * KEY_OCTETS))
  for (const [at, [high, low]] of keys.entries()) {
    view.setUint32(at * KEY_OCTETS, high)
    view.setUint32(at * KEY_OCTETS + 4, low)
  }
  return new Uint8Array(view.buffer)
}

/** The same by a map of texts; nothing is a duplicate of no address. */
function expected(keys: readonly Key[]): [number, number][] {
  const first = new Map<string, number>()
  return keys.flatMap(([high, low], row): [number, number][] => {
    const name = `${high} ${low}`
    const before = first.get(name)
    if (before === undefined && name !== '0 0') first.set(name, row)
    return before === undefined ? [] : [[row, before]]
  })
}

const MOST = 0xff_ff_ff_ff
/** Few numbers, so that keys come again, and such as share a place in the table. */
const part = fc.oneof(fc.constantFrom(0, 1, 128, 2 ** 31, MOST), fc.integer({ min: 0, max: 40 }), fc.nat(MOST))
const keys = fc.array(fc.tuple(part, part), { maxLength: 400 })

describe('rows that were seen', () => {
  it('are found again, each with the first of its key', () => {
    fc.assert(
      fc.property(keys, (all) => {
        expect(duplicatesIn(new Seen(1), octetsOf(all), 0)).toEqual(expected(all))
      }),
    )
  })

  it('are the same in whatever pieces they come, and however large the table was', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 90 }), fc.nat(2_000), (all, size, capacity) => {
        const seen = new Seen(capacity)
        const found: [number, number][] = []
        for (let at = 0; at < all.length; at += size) {
          found.push(...duplicatesIn(seen, octetsOf(all.slice(at, at + size)), at))
        }
        expect(found).toEqual(expected(all))
      }),
    )
  })

  it('told once more, as to an object that has woken, are no duplicates of themselves', () => {
    fc.assert(
      fc.property(keys, (all) => {
        const seen = new Seen()
        duplicatesIn(seen, octetsOf(all), 0)
        expect(duplicatesIn(seen, octetsOf(all), 0)).toEqual(expected(all))
      }),
    )
  })

  it('are looked for within a part of a larger buffer', () => {
    const whole = octetsOf([
      [9, 9],
      [1, 2],
      [9, 9],
      [1, 2],
    ])
    expect(duplicatesIn(new Seen(), whole.subarray(KEY_OCTETS), 100)).toEqual([[102, 100]])
  })

  it('may be a million, none of which is taken for another', () => {
    const seen = new Seen()
    let value = 1
    const next = (): number => {
      value ^= value << 13
      value ^= value >>> 17
      value ^= value << 5
      return value >>> 0
    }
    const rows = Array.from({ length: 1_000_000 }, (): Key => [next(), next()])
    const taken = rows.filter(([high, low], row) => seen.firstOf(high, low, row) !== null)
    expect(taken).toEqual([])
    for (const row of [0, 1, 499_999, 999_999]) expect(seen.firstOf(...rows[row]!, 7)).toBe(row)
  })
})
