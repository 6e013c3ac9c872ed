// Tokens of our own pages: ours for ten minutes, and nobody else's ever.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPageToken, makePageToken, readPageToken } from '../../../edge/src/http/page-token.ts'
import { replaced, ring, rotating, strange } from './ring.ts'

const NOW = 1_800_000_000_000
const MINUTE = 60_000

describe('a page token', () => {
  it.each<[string, number, boolean]>([
    ['at once', 0, true],
    ['until ten minutes are over', 10 * MINUTE - 1, true],
    ['no longer after ten minutes', 10 * MINUTE, false],
    ['no longer after a day', 24 * 60 * MINUTE, false],
    ['where it is from a clock a minute ahead', -MINUTE, true],
    ['no longer where it is from a clock further ahead', -MINUTE - 1, false],
  ])('is good %s', async (_when, age, expected) => {
    expect(await readPageToken(ring, await makePageToken(ring, NOW), NOW + age)).toBe(expected)
  })

  it('is good while the secret is replaced, and for no ring without its secret', async () => {
    const [old, next] = [await makePageToken(ring, NOW), await makePageToken(rotating, NOW)]
    const good = (token: string) =>
      Promise.all([ring, rotating, replaced, strange].map((secrets) => readPageToken(secrets, token, NOW)))
    expect(await good(old)).toEqual([true, true, false, false])
    expect(await good(next)).toEqual([false, true, true, false])
  })

  it('is refused for every one of its characters that was changed', async () => {
    const token = await makePageToken(ring, NOW)
    const taken: string[] = []
    for (let at = 0; at < token.length; at += 1)
      for (const other of ['a', 'b', 'z', '2', '3', '4', '5', '6', '7', '0', '1', '8', '9', '_', 'A']) {
        const changed = `${token.slice(0, at)}${other}${token.slice(at + 1)}`
        if (changed !== token && (await readPageToken(rotating, changed, NOW))) taken.push(changed)
      }
    expect(taken).toEqual([])
  })

  it('does not live longer for another time in it', async () => {
    const token = await makePageToken(ring, NOW)
    const later = token.replace(String(NOW), String(NOW + 5 * MINUTE))
    expect(later).not.toBe(token)
    expect(await readPageToken(ring, later, NOW)).toBe(false)
  })

  it.each<[string, (token: string) => string]>([
    ['cut', (token) => token.slice(0, -1)],
    ['longer', (token) => `${token}a`],
    ['in capitals', (token) => token.toUpperCase()],
    ['with a zero before the id of its secret', (token) => token.replace('pt_1_', 'pt_01_')],
    ['without the id of its secret', (token) => token.replace('pt_1_', 'pt__')],
    ['with a line feed behind it', (token) => `${token}\n`],
  ])('is refused %s', async (_what, change) => {
    expect(await readPageToken(ring, change(await makePageToken(ring, NOW)), NOW)).toBe(false)
  })

  it('is known by its beginning, which no key has', async () => {
    expect(isPageToken(await makePageToken(ring, NOW))).toBe(true)
    expect(['pk_live_abc', 'sk_live_abc', 'apt_1', ''].map(isPageToken)).toEqual([false, false, false, false])
  })

  it('is refused without a fault, whatever it is', async () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.nat(999), fc.stringMatching(/^\d{13}$/), fc.stringMatching(/^[a-z2-7]{26}$/))
        .map((parts) => `pt_${parts.join('_')}`),
    )
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await readPageToken(rotating, text, NOW)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })
})
