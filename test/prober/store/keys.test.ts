// The HMAC keys: the same input gives the same key for ever, nothing can be read back, and a wrong ring is refused at the start.
import { createKeys, readKeyText } from '@postern/prober/store/keys.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { keyText, testKeys } from '../facts.ts'

const [keys, again, foreign] = [testKeys(), testKeys(), testKeys('a5')]

describe('keys', () => {
  it('are what they always were', () => {
    // Stored evidence is found by these: a change here loses all of it.
    expect(keys.address('jane@strict.test').current).toBe('a:k1:9BSkzH3e6syhXk2fUzohjTEpBdIOPGWkMAbtA5LJXKs')
    expect(keys.domain('strict.test').current).toBe('d:k1:4DfNqRCyPKKymkbbqKN6kU3UeRTu7kEZR97cEaYRIpk')
    expect(keys.token('strict.test')).toBe('gavizdwmmsfrztr')
  })

  it('are equal for equal input and differ otherwise, by purpose too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(again.address(one).current).toBe(keys.address(one).current)
        expect(keys.address(one).current === keys.address(other).current).toBe(one.isWellFormed() && one === other)
        expect(keys.address(one).current.slice(2)).not.toBe(keys.domain(one).current.slice(2))
        expect(keys.address(one).current).not.toBe(foreign.address(one).current)
      }),
    )
  })

  it('name the key they were made with, so that rotated ones can be told apart', () => {
    const ring = JSON.stringify({ current: 'k2', keys: { k1: '5a'.repeat(32), k2: '5b'.repeat(32) } })
    expect(createKeys(ring).address('jane@strict.test').current).toMatch(/^a:k2:/)
    expect(createKeys(ring).domain('strict.test').current).toMatch(/^d:k2:/)
  })
})

describe('a token', () => {
  it('is one atom of fixed length that starts with a letter, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (input) => {
        expect(keys.token(input)).toMatch(/^[a-z][a-z2-7]{14}$/)
        expect(keys.token(input)).toBe(again.token(input))
      }),
    )
  })

  it('is no other’s: 5,000 domains give 5,000', () => {
    const tokens = Array.from({ length: 5_000 }, (_, n) => keys.token(`d${n}.test`))
    expect(new Set(tokens).size).toBe(5_000)
  })

  it('cannot be foretold without the key', () => {
    expect(keys.token('strict.test')).not.toBe(foreign.token('strict.test'))
  })
})

describe('a ring', () => {
  const good = '5a'.repeat(32)
  it.each([
    ['is no JSON', 'k1:5a5a'],
    ['is no object', '"k1"'],
    ['has no keys', '{"current":"k1"}'],
    ['has an empty set of keys', '{"current":"k1","keys":{}}'],
    ['names a key that is not there', JSON.stringify({ current: 'k2', keys: { k1: good } })],
    ['names what every object has', JSON.stringify({ current: 'constructor', keys: { k1: good } })],
    ['has a key that is too short', JSON.stringify({ current: 'k1', keys: { k1: '5a'.repeat(31) } })],
    ['has a key with half an octet', JSON.stringify({ current: 'k1', keys: { k1: `${good}5` } })],
    ['has a key that is not hexadecimal', JSON.stringify({ current: 'k1', keys: { k1: 'x'.repeat(64) } })],
    ['has a key in capitals', JSON.stringify({ current: 'k1', keys: { k1: 'AB'.repeat(32) } })],
    ['has a wrong key beside the right one', JSON.stringify({ current: 'k1', keys: { k1: good, k2: 'x' } })],
    ['has more than a ring has', JSON.stringify({ current: 'k1', keys: { k1: good }, old: good })],
  ])('that %s is refused', (_what, text) => {
    expect(() => createKeys(text)).toThrow(z.ZodError)
  })

  it('that is refused does not show its keys', () => {
    const secret = 'c0ffee'.repeat(11)
    const texts = [`{"current":"k1","keys":{"k1":"${secret}`, secret, `{"current":"k2","keys":{"k1":"${secret}"}}`]
    for (const text of texts) {
      expect(() => createKeys(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('c0ffee') }),
      )
    }
  })

  it('given as it is needs no secret store', async () => {
    expect(await readKeyText(keyText(), 'eu-central-1')).toBe(keyText())
  })
})
