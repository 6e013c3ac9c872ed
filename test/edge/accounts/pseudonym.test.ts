// Pseudonyms of addresses: one for each secret in use, the same for every spelling of one mailbox, and nothing to read.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pseudonyms } from '../../../edge/src/accounts/pseudonym.ts'
import { replaced, ring, rotating, strange } from './ring.ts'

describe('the pseudonyms of an address', () => {
  it('are one for each secret in use, the current one first', async () => {
    const [old] = await pseudonyms(ring, 'jane@strict.test')
    const [next] = await pseudonyms(replaced, 'jane@strict.test')
    expect(await pseudonyms(rotating, 'jane@strict.test')).toEqual([next, old])
    expect(await pseudonyms(strange, 'jane@strict.test')).not.toContain(old)
  })

  it.each([
    ['jane@strict.test', 'jane@STRICT.test', true],
    ['jane@strict.test', '"jane"@strict.test', true],
    ['jane@bücher.example', 'jane@xn--bcher-kva.example', true],
    ['jane@strict.test', 'Jane@strict.test', false],
    ['jane@strict.test', 'jane+news@strict.test', false],
    ['jane@strict.test', 'jane@strict.test.', false],
    ['jane@strict.test', 'jane', false],
    ['jane', 'jane', true],
    ['', '', true],
  ])('of %o and of %o are the same: %s', async (one, other, same) => {
    const [first, second] = [await pseudonyms(ring, one), await pseudonyms(ring, other)]
    expect(first[0] === second[0]).toBe(same)
  })

  it('are there for every text, and hold 160 bits and nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()), async (text) => {
        const names = await pseudonyms(rotating, text)
        expect(names).toHaveLength(2)
        for (const name of names) expect(name).toMatch(/^[a-z2-7]{32}$/)
      }),
    )
  })
})
