// How the sign-up policy agrees with addresses gathered from other people's test suites.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, ruleSets } from '@postern/shared/address/parse.ts'

const corpora = process.env['POSTERN_CORPORA'] ?? new URL('../../../shared/data/', import.meta.url).pathname

const AGREEMENT_FLOOR = 0.998

interface Labelled {
  readonly address: string
  readonly expect: { readonly signup: boolean | null; readonly rfc5321: boolean; readonly rfc6531: boolean }
  readonly signup_reason: string
}

interface HeaderForm {
  readonly input: string
}

function lines<T>(name: string): T[] {
  const file = `${corpora}/syntax/${name}`
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

const addresses = lines<Labelled>('syntax_unique.jsonl')
const headers = lines<HeaderForm>('header_form_cases.jsonl')

describe.skipIf(addresses.length === 0)('the corpus of addresses (skipped where it is not at hand)', () => {
  const judged = addresses.filter((row) => row.expect.signup !== null)
  const wrong = judged.filter((row) => parse(row.address).ok !== row.expect.signup)
  const told = (rows: readonly Labelled[]) =>
    rows.map((row) => `${JSON.stringify(row.address)} ${row.signup_reason}`).join('\n')

  test(`agrees to ${AGREEMENT_FLOOR * 100} per cent: ${wrong.length} of ${judged.length} disagree`, () => {
    expect(judged.length).toBeGreaterThan(500)
    expect(1 - wrong.length / judged.length, told(wrong)).toBeGreaterThanOrEqual(AGREEMENT_FLOOR)
  })

  test('refuses no valid address', () => {
    expect(told(wrong.filter((row) => row.expect.signup === true))).toBe('')
  })

  test('knows the grammar of RFC 5321 apart from the policy, but for what no A-label can be', () => {
    const other = addresses.filter((row) => ruleSets(row.address).rfc5321 !== row.expect.rfc5321)
    expect(other.length, told(other)).toBeLessThanOrEqual(2)
  })

  test('takes nothing that RFC 6531 does not, whatever is allowed', () => {
    const allow = { quoted: true, ipLiteral: true, dotless: true }
    const taken = judged.filter((row) => !row.expect.rfc6531 && parse(row.address, allow).ok)
    expect(told(taken)).toBe('')
  })
})

describe.skipIf(headers.length === 0)('the corpus of header forms (skipped where it is not at hand)', () => {
  test('refuses names, groups, comments and paths; plain addresses among them are plain addresses', () => {
    const taken = headers.filter(({ input }) => parse(input).ok)
    expect(taken.filter(({ input }) => /[\s<>()":;,]/.test(input))).toEqual([])
    expect(headers.length - taken.length).toBeGreaterThanOrEqual(78)
  })
})
