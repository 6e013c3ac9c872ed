// Pseudonyms of addresses: one for each secret in use, the same for every spelling of one mailbox, and nothing to read.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pseudonyms } from '../../../edge/src/accounts/pseudonym.ts'
import { replaced, ring, rotating, strange } from './ring.ts'

describe('the pseudonyms of an address', () => {
  it('are one for each secret in use, the current one first', async () => {
    for (const form of ['wire', 'mailbox'] as const) {
      const [old] = (await pseudonyms(ring, 'jane@strict.test'))[form]
      const [next] = (await pseudonyms(replaced, 'jane@strict.test'))[form]
      expect((await pseudonyms(rotating, 'jane@strict.test'))[form]).toEqual([next, old])
      expect((await pseudonyms(strange, 'jane@strict.test'))[form]).not.toContain(old)
    }
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
    expect(first.wire[0] === second.wire[0]).toBe(same)
  })

  it.each([
    ['jane.roe@strict.test', 'Jane.Roe@STRICT.test', true],
    ['j.a.n.e+shop@gmail.com', 'jane@googlemail.com', true],
    ['jane.roe@strict.test', 'janeroe@strict.test', false],
    ['JANE', 'jane', true],
  ])('of the mailboxes of %o and of %o are the same: %s', async (one, other, same) => {
    const [first, second] = [await pseudonyms(ring, one), await pseudonyms(ring, other)]
    expect(first.mailbox[0] === second.mailbox[0]).toBe(same)
    expect(first.mailbox[0]).not.toBe(first.wire[0])
  })

  it.each([
    ['jane@strict.test', false, false],
    ['jane+shop@gmail.com', true, false],
    ['j.a.n.e@gmail.com', true, false],
    ['jane@gmail.com', false, false],
    ['jane7@gmail.com', false, true],
    ['jane.7+shop@gmail.com', true, true],
    ['s1234567@gmail.com', false, false],
    ['jane7@university.example', false, false],
    ['1234567@qq.com', false, false],
    ['jane', false, false],
  ])('of %o show an alias: %s, a series: %s', async (email, alias, series) => {
    const { traces } = await pseudonyms(ring, email)
    expect({ alias: traces.alias !== null, series: traces.series !== null }).toEqual({ alias, series })
  })

  it.each([
    ['jane+a@gmail.com', 'j.ane+b@googlemail.com', 'alias', 'another sign of the same'],
    ['jane+a@gmail.com', 'Jane+A@GMail.com', 'alias', 'the same sign'],
    ['jane+a@gmail.com', 'joe+a@gmail.com', 'alias', 'another pattern'],
    ['jane1@gmail.com', 'JANE22@gmail.com', 'series', 'another sign of the same'],
    ['jane1@gmail.com', 'j.ane1+shop@gmail.com', 'series', 'the same sign'],
    ['jane1@gmail.com', 'jane1@yahoo.com', 'series', 'another pattern'],
    ['jane1@gmail.com', 'karl1@gmail.com', 'series', 'another pattern'],
  ] as const)('of %o and of %o show, as %s, %s', async (...[one, other, kind, expected]) => {
    const [first, second] = [(await pseudonyms(ring, one)).traces[kind], (await pseudonyms(ring, other)).traces[kind]]
    const samePattern = first?.pattern === second?.pattern ? 'another sign of the same' : 'another pattern'
    expect(samePattern === 'another pattern' || first?.sign !== second?.sign ? samePattern : 'the same sign').toBe(
      expected,
    )
  })

  it('are there for every text, and hold 160 bits and nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()), async (text) => {
        const { wire, mailbox } = await pseudonyms(rotating, text)
        expect([wire.length, mailbox.length]).toEqual([2, 2])
        for (const name of [...wire, ...mailbox]) expect(name).toMatch(/^[a-z2-7]{32}$/)
      }),
    )
  })
})
