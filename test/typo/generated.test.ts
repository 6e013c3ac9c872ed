// Slips that nobody wrote down: random keys beside the right ones, and real domains gathered by others.
import all from 'email-providers/all.json' with { type: 'json' }
import { describe, expect, test } from 'vitest'
import { parse } from '@postern/shared/address/parse.ts'
import popularity from '@postern/shared/typo/popularity.json' with { type: 'json' }
import { isReal, providers } from '@postern/shared/typo/real.ts'
import { suggest } from '@postern/shared/typo/suggest.ts'

const suggested = (domain: string) => suggest(`jane@${domain}`, parse(`jane@${domain}`))

/** A linear congruential generator: the same slips in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm']

function beside(key: string, roll: (sides: number) => number): string {
  const y = rows.findIndex((row) => row.includes(key))
  if (y === -1) return key
  const x = rows[y]!.indexOf(key)
  const near = [rows[y]![x - 1], rows[y]![x + 1], rows[y - 1]?.[x], rows[y + 1]?.[x]].filter((one) => one !== undefined)
  return near[roll(near.length)]!
}

function slip(domain: string, roll: (sides: number) => number): string {
  const at = roll(domain.length)
  const [front, key, rest] = [domain.slice(0, at), domain.charAt(at), domain.slice(at + 1)]
  const kinds = [
    front + rest,
    front + key + key + rest,
    front + rest.charAt(0) + key + rest.slice(1),
    front + beside(key, roll) + rest,
    front + key + beside(key, roll) + rest,
  ]
  return kinds[roll(kinds.length)]!
}

const words = new Set(popularity.words)
const ranked = providers.filter(
  ({ label }) => label in popularity.perHundredThousand && label.length > 3 && !words.has(label),
)

function tried(from: readonly string[]): { right: number; wrong: number; total: number } {
  const roll = dice(2026)
  const count = { right: 0, wrong: 0, total: 0 }
  for (let times = 0; times < 5000; times++) {
    const domain = from[roll(from.length)]!
    const typed = slip(domain, roll)
    if (typed === domain || isReal(typed)) continue
    const found = suggested(typed)
    count.total++
    if (found?.domain === domain) count.right++
    else if (found !== null) count.wrong++
  }
  return count
}

describe('one random slip', () => {
  test.each([
    ['at the largest providers', ['gmail.com', 'yahoo.com', 'hotmail.com', 'outlook.com', 'icloud.com'], 0.97],
    [
      'at every ranked provider whose name is no word',
      ranked.map(({ label, endings }) => `${label}.${endings[0]}`),
      0.85,
    ],
    ['in a country', ['yahoo.co.uk', 'hotmail.co.uk', 'hotmail.fr', 'yahoo.com.br', 'yahoo.fr', 'live.co.uk'], 0.8],
  ])('%s is recognised, and hardly ever taken for another', (what, from, floor) => {
    const { right, wrong, total } = tried(from)
    process.stdout.write(`typo: a slip ${what}: ${right} right, ${wrong} wrong of ${total}\n`)
    expect(right / total).toBeGreaterThanOrEqual(floor)
    expect(wrong / total).toBeLessThanOrEqual(0.02)
  })
})

describe('domains gathered by others, typosquats among them', () => {
  test('are left alone but for one in a hundred', () => {
    const touched = all.filter((domain) => (suggested(domain)?.probability ?? 0) > 0)
    process.stdout.write(`typo: ${touched.length} of ${all.length} listed domains touched\n`)
    expect(touched.length / all.length).toBeLessThanOrEqual(0.01)
  })
})
