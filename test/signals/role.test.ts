// Which local parts name a duty, and which are people who only look like one.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from '@postern/shared/address/parse.ts'
import { role } from '@postern/shared/signals/role.ts'
import table from '@postern/shared/signals/role.json' with { type: 'json' }

function roleOf(localPart: string) {
  const parsed = parse(`${localPart}@company.example`, { quoted: true })
  if (!parsed.ok) throw new Error(`${localPart}: ${parsed.refusal.rule}`)
  return role(parsed.address)
}

describe('a local part', () => {
  test.each([
    ['postmaster', 'names a duty (RFC 5321 §4.5.1)'],
    ['PostMaster', 'is taken without regard to case (RFC 2142 §2)'],
    ['abuse+report-7', 'names the same duty with a tag'],
    ['"sales"', 'names the same duty in quotation marks'],
    ['no-reply', 'names nobody'],
    ['noreply', 'is written without hyphen'],
    ['no_reply', 'is written with an underscore'],
    ['customer.service', 'is written with a dot'],
    ['büro', 'names a duty in other languages'],
    ['vim-users-request', 'reaches whoever runs a list (RFC 2142 §6)'],
  ])('%s %s', (localPart) => {
    expect(roleOf(localPart)).toMatchObject({ signal: 'role', value: true })
  })

  test.each([
    ['jane.roe', 'is a person'],
    ['s.ales', 'is a person called Ales'],
    ['j.obs', 'is a person called Obs'],
    ['infoline', 'only begins like a duty'],
    ['jane.info', 'only ends like a duty'],
    ['+sales', 'is no tag of nobody'],
    ['-request', 'is a request for no list'],
    ['"info desk"', 'is no name of a list'],
    ['constructor', 'is nothing that the language brought along'],
  ])('%s %s', (localPart) => {
    expect(roleOf(localPart)).toMatchObject({ signal: 'role', value: false })
  })

  test('shows the core of RFC 2142 apart from what is common besides', () => {
    expect(roleOf('abuse').source).toBe(`roles-rfc2142 ${table.date}`)
    expect(roleOf('billing').source).toBe(`roles ${table.date}`)
  })
})

describe('every listed role', () => {
  const listed = [...table.core, ...table.common]

  test('is written once, in lower case, with hyphens only, and is a local part', () => {
    expect(new Set(listed).size).toBe(listed.length)
    for (const name of listed) {
      expect(name).toMatch(/^[\p{Ll}]+(?:-[\p{Ll}]+)*$/u)
      expect(roleOf(name)).toMatchObject({ value: true })
    }
  })

  test('is found in any case and with any tag', () => {
    const anyCase = fc
      .constantFrom(...listed)
      .chain((name) =>
        fc
          .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
          .map((upper) => Array.from(name, (letter, at) => (upper[at] ? letter.toUpperCase() : letter)).join('')),
      )
    fc.assert(
      fc.property(anyCase, fc.stringMatching(/^[a-z0-9]{0,20}$/), (name, tag) => {
        expect(roleOf(`${name}+${tag}`).value).toBe(true)
      }),
    )
  })
})
