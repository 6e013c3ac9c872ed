// What an owner is told of DKIM keys: each finding by a domain that has it, by one that has not, and of what was not learned.
import { providers } from '@postern/shared/dns/provider.ts'
import { selectorsOf } from '@postern/shared/report/dkim-selectors.ts'
import table from '@postern/shared/report/dkim-selectors.json' with { type: 'json' }
import { type DkimContext, dkimFindings, isSelector, surveyDkim } from '@postern/shared/report/dkim-survey.ts'
import { describe, expect, it } from 'vitest'
import { evaluated } from './zone.ts'

const pem = (bits: number) => {
  const modulus = Buffer.alloc(bits / 8, 0xa5)
  const integer = (octets: Buffer) => der(0x02, octets[0]! > 0x7f ? Buffer.concat([Buffer.of(0), octets]) : octets)
  return der(0x30, Buffer.concat([integer(modulus), integer(Buffer.of(1, 0, 1))])).toString('base64')
}
function der(tag: number, content: Buffer): Buffer {
  const length =
    content.length < 128 ? Buffer.of(content.length) : Buffer.of(0x82, content.length >> 8, content.length & 255)
  return Buffer.concat([Buffer.of(tag), length, content])
}
const KEY = `p=${pem(2_048)}`
const ED25519 = `v=DKIM1; k=ed25519; p=${Buffer.alloc(32, 7).toString('base64')}`

type Texts = readonly string[] | 'timeout'

/** TXT records by name below `a.test`; a name with no records holds others. */
function survey(records: Readonly<Record<string, Texts>>, selectors: readonly string[] = ['s1']) {
  const zone = new Map(Object.entries(records).map(([name, texts]) => [`${name}.a.test`, new Map([['TXT', texts]])]))
  const asked = evaluated(surveyDkim('a.test', selectors), zone)
  const findings = dkimFindings('a.test', asked.result)
  const told = findings.map(({ id, subject, severity }) => [id, subject, severity].filter(Boolean).join(' '))
  return { ...asked, findings, told, statuses: asked.result.selectors.map(({ status }) => status) }
}
const ONE = 's1._domainkey'

describe('keys', () => {
  it.each([
    ['of 2048 bits', [`v=DKIM1; ${KEY}`], 'found', []],
    ['without a version', [KEY], 'found', []],
    ['of 2047 bits and less', [`p=${pem(2_040)}`], 'found', ['DKIM_KEY_1024 s1 low']],
    ['of 1024 bits', [`p=${pem(1_024)}`], 'found', ['DKIM_KEY_1024 s1 low']],
    ['of less', [`p=${pem(768)}`], 'found', ['DKIM_KEY_WEAK s1 high']],
    ['of Ed25519', [ED25519], 'found', []],
    ['revoked', ['v=DKIM1; p='], 'found', ['DKIM_REVOKED s1 info']],
    ['whose version has white space around it', [`v = DKIM1; ${KEY}`], 'found', []],
    ['revoked while tested', ['v=DKIM1; t=y; p='], 'found', ['DKIM_REVOKED s1 info']],
    ['tested', [`t=y; ${KEY}`], 'found', ['DKIM_TEST_FLAG s1 low']],
    ['for SHA-1 alone', [`h=sha1; ${KEY}`], 'found', ['DKIM_INVALID s1 high']],
    ['for SHA-1 too', [`h=sha1:sha256; ${KEY}`], 'found', []],
    ['that are none', ['v=DKIM1; p=%%'], 'invalid', ['DKIM_INVALID s1 high']],
    ['of another version', [`v=DKIM2; ${KEY}`], 'invalid', ['DKIM_INVALID s1 high']],
    ['without their tags', [pem(2_048)], 'invalid', ['DKIM_INVALID s1 high']],
    ['two of them', [`v=DKIM1; ${KEY}`, ED25519], 'several', ['DKIM_INVALID s1 medium']],
    ['beside what is none', [`v=DKIM1; ${KEY}`, 'hello=1'], 'found', []],
    ['nobody learned', 'timeout', 'unlearned', []],
  ] as const)('%s', (...[, texts, status, expected]) => {
    const { told, statuses } = survey({ _domainkey: [], [ONE]: texts })
    expect({ told, statuses }).toEqual({ told: expected, statuses: [status] })
  })

  it('say what is wrong with them', () => {
    const { findings } = survey({ _domainkey: [], [ONE]: ['v=DKIM1; k=rsa'] })
    expect(findings[0]!.explanation).toMatch(/^The record of s1 has no key:/)
  })

  it('are not what a wildcard answers for other protocols', () => {
    for (const text of ['v=spf1 -all', 'v=DMARC1; p=none', 'google-site-verification=p=1'])
      expect(survey({ _domainkey: [text], [ONE]: [text] })).toMatchObject({
        statuses: ['none'],
        told: ['DKIM_UNKNOWN_SELECTOR info'],
      })
  })
})

it('keys of other services than mail are not there', () => {
  expect(survey({ _domainkey: [], [ONE]: [`s=tlsrpt; ${KEY.replace('v=DKIM1; ', '')}`] })).toMatchObject({
    statuses: ['none'],
    told: ['DKIM_UNKNOWN_SELECTOR info'],
  })
})

describe('below _domainkey', () => {
  it.each([
    ['there is nothing', {}, 'absent', ['DKIM_NO_ZONE medium']],
    ['there is something, which nobody can list', { _domainkey: [] }, 'exists', ['DKIM_UNKNOWN_SELECTOR info']],
    ['there is something below, and the server denies it', { [ONE]: [] }, 'exists', ['DKIM_UNKNOWN_SELECTOR info']],
    ['there is a key', { _domainkey: [], [ONE]: [KEY] }, 'exists', []],
    ['there is a key, and the server denies it', { [ONE]: [KEY] }, 'exists', []],
    ['there is a broken key', { _domainkey: [], [ONE]: ['p=%'] }, 'exists', ['DKIM_INVALID s1 high']],
    ['nobody knows', { _domainkey: 'timeout' }, 'unknown', []],
    ['nobody knows, but of a key', { _domainkey: 'timeout', [ONE]: [KEY] }, 'exists', []],
    ['there is nothing, and a key was not learned', { [ONE]: 'timeout' }, 'absent', []],
    ['there is something, and a key was not learned', { _domainkey: [], [ONE]: 'timeout' }, 'exists', []],
  ] as const)('%s', (...[, records, zone, expected]) => {
    const { result, told, rounds } = survey(records)
    expect({ zone: result.zone, told, rounds }).toEqual({ zone, told: expected, rounds: 1 })
  })

  it('one selector of two is enough', () => {
    const { told, statuses } = survey({ _domainkey: [], 's2._domainkey': [KEY] }, ['s1', 's2'])
    expect({ told, statuses }).toEqual({ told: [], statuses: ['none', 'found'] })
  })

  it('what follows from a name that is not there is a conclusion', () => {
    expect(survey({}, []).findings).toMatchObject([{ id: 'DKIM_NO_ZONE', confidence: 'inferred' }])
  })
})

describe('a domain without any', () => {
  const told = (domain: string, context?: DkimContext) => {
    const survey = evaluated(surveyDkim(domain, []), new Map()).result
    return dkimFindings(domain, survey, context).map(({ id, severity, explanation }) => ({ id, severity, explanation }))
  }
  const known = { nullMx: false, spfRejectsAll: false, organisation: 'a.test' }
  const MISSED = 'mail of this domain carries no signature of its own.'

  it.each([
    ['of which nothing else is known', 'a.test', undefined, 'medium', MISSED],
    ['that stands for itself', 'a.test', known, 'medium', MISSED],
    ['whose organisation nobody knows', 'm.a.test', { ...known, organisation: null }, 'medium', MISSED],
    ['below its organisation', 'm.a.test', known, 'info', 'of its own, and keys of a.test may sign for it.'],
    [
      'that takes and sends no mail',
      'a.test',
      { ...known, nullMx: true, spfRejectsAll: true },
      'info',
      'of its own, and it says that it neither takes nor sends any.',
    ],
    ['that takes no mail', 'a.test', { ...known, nullMx: true }, 'medium', MISSED],
    ['that sends no mail', 'a.test', { ...known, spfRejectsAll: true }, 'medium', MISSED],
  ] as const)('%s', (...[, domain, context, severity, end]) => {
    const [finding, ...others] = told(domain, context)
    expect(others).toEqual([])
    expect(finding).toMatchObject({ id: 'DKIM_NO_ZONE', severity })
    expect(finding!.explanation.endsWith(end)).toBe(true)
  })
})

it.each([
  ['s1', true],
  ['S1', true],
  ['2024.s-1_x', true],
  ['_a', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['', false],
  ['a..b', false],
  ['.a', false],
  ['a.', false],
  ['-a', false],
  ['a-.b', false],
  ['a b', false],
  ['a/b', false],
  ['ä', false],
  ['a\n', false],
  [Array(60).fill('abcd').join('.'), false],
])('%j may be a selector: %s', (text, expected) => {
  expect(isSelector(text)).toBe(expected)
})

it('a key with thousands of words makes no long finding', () => {
  const { findings } = survey({ _domainkey: [], [ONE]: [`h=${'a:'.repeat(20_000)}; t=y; ${KEY}`] })
  expect(findings.length).toBeGreaterThan(1)
  expect(JSON.stringify(findings).length).toBeLessThan(5_000)
})

describe('selectors', () => {
  const namesOf = (selectors: readonly string[]) => survey({}, selectors).questions.map(({ name }) => name)

  it('are asked side by side, ten at most, each once', () => {
    const many = Array.from({ length: 12 }, (_, n) => `s${n}`)
    const { questions, rounds } = survey({}, ['S0', ...many])
    expect(rounds).toBe(1)
    expect(questions.map(({ name }) => name)).toEqual([
      '_domainkey.a.test',
      ...many.slice(0, 10).map((one) => `${one}._domainkey.a.test`),
    ])
    expect(questions.every(({ type }) => type === 'TXT')).toBe(true)
  })

  it.each(['', 'a b', 'a..b', '.a', 'a.', '-a', 'a/b', '*', 'ä', 'a'.repeat(64), Array(60).fill('abcd').join('.')])(
    'that can be no names are not asked: %s',
    (selector) => {
      expect(namesOf([selector, '2024.S-1_x'])).toEqual(['_domainkey.a.test', '2024.s-1_x._domainkey.a.test'])
    },
  )

  it('of a domain too long to have any are not asked', () => {
    const domain = Array(4).fill('a'.repeat(60)).join('.')
    expect(evaluated(surveyDkim(domain, ['s1']), new Map())).toMatchObject({
      questions: [],
      result: { zone: 'unknown' },
    })
  })

  it('of operators are known by their rows, three at most', () => {
    const ids = providers.rows.map(({ id }) => id)
    for (const [id, selectors] of Object.entries(table)) {
      expect(ids).toContain(id)
      expect(selectorsOf(id)).toEqual(selectors)
      expect(selectors.length).toBeLessThanOrEqual(3)
      expect(namesOf(selectors)).toHaveLength(selectors.length + 1)
    }
    expect(selectorsOf('google-workspace')).toEqual(['google'])
    expect(['default', 'toString', ''].map(selectorsOf)).toEqual([[], [], []])
  })
})
