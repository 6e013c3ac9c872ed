// How suggestions agree with slips and real domains gathered from other people's test suites.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from '@postern/shared/address/parse.ts'
import { suggest } from '@postern/shared/typo/suggest.ts'

const corpora = process.env['POSTERN_CORPORA'] ?? new URL('../../../shared/data/', import.meta.url).pathname

const RIGHT_FLOOR = 0.93

function rows(name: string): string[][] {
  const file = `${corpora}/typos/${name}`
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
}

const suggested = (domain: string) => suggest(`jane@${domain}`, parse(`jane@${domain}`))?.domain ?? null
const slips = rows('typos.csv').map(([typed = '', meant = '', kind = '']) => ({
  typed,
  meant,
  kind,
  found: suggested(typed),
}))
const real = rows('real_domains_no_suggestion.csv').map(([domain = '']) => domain)

describe.skipIf(slips.length === 0)('the corpus of slips (skipped where it is not at hand)', () => {
  const right = slips.filter(({ meant, found }) => found === meant)
  const told = slips
    .filter(({ meant, found }) => found !== meant)
    .map(({ typed, meant, found }) => `${typed}: ${meant} was meant, ${found} suggested`)

  test(`${right.length} of ${slips.length} are right`, () => {
    expect(slips.length).toBeGreaterThan(150)
    expect(right.length / slips.length, told.join('\n')).toBeGreaterThanOrEqual(RIGHT_FLOOR)
  })

  test('no real domain is touched', () => {
    expect(real.length).toBeGreaterThan(100)
    expect(real.filter((domain) => suggested(domain) !== null)).toEqual([])
  })
})
