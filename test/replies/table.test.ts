// Every row of the table earns its place: its fixture is decided by it and by no other, its counter-example is not.
import { describe, expect, test } from 'vitest'
import { ruleRow, ruleSchema, rules } from '@postern/shared/smtp/meaning.ts'
import { z } from 'zod'
import { understood } from './said.ts'

describe('the table of meanings', () => {
  test.each(rules.map((rule) => [rule.id, rule] as const))(
    '%s decides its fixture and spares its counter-example',
    (id, rule) => {
      expect(understood(rule.fixture)).toMatchObject({ rule: id, class: rule.class, about: rule.about })
      expect(understood(rule.counterExample).rule).not.toBe(id)
    },
  )

  test('is as its schema says', () => {
    expect(z.array(ruleSchema).min(1).parse(rules)).toEqual(rules)
  })

  test('has one row per id, and finds it by that id', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    for (const rule of rules) expect(ruleRow(rule.id)).toBe(rule)
    expect(ruleRow('smtp.no_such_row')).toBeUndefined()
  })

  test('ends with a row for everything', () => {
    expect(rules.at(-1)?.when).toEqual({})
  })

  test('calls strong only what says no about a mailbox in words', () => {
    for (const rule of rules.filter(({ strong }) => strong)) {
      expect(rule).toMatchObject({ says: 'no', about: 'mailbox', when: { words: ['nobody'] } })
    }
  })
})
