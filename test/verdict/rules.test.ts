// The published tables: every rule that a verdict or its evidence can name is in them.
import { ruleTables, tables } from '@postern/shared/contract/rules.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import { FAULTS, HOLDS } from '@postern/shared/verdict/evidence.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rendered } from '../edge/rendered.ts'
import { ABOUT_US, DOMAIN, evidenceWith, LATER, NO, NOW, YES } from '../laws/evidence.ts'

const published = tables()
const ids = new Set([...published.rules, ...published.replies].map(({ id }) => id))

describe('the published tables', () => {
  it('are as the interface describes them', () => {
    expect(ruleTables.parse(published)).toEqual(published)
    expect(published.lists.find(({ name }) => name === 'mailchecker')).toMatchObject({
      count: expect.any(Number) as number,
      sources: [{ package: 'mailchecker', licence: 'MIT' }],
    })
  })

  it('name each rule once', () => {
    expect(published.rules.length + published.replies.length).toBe(ids.size)
  })

  it('hold every way in which a conversation breaks off or does not begin', () => {
    const named = [...FAULTS.map((fault) => `smtp.${fault}`), ...HOLDS.map((hold) => `hold.${hold}`)]
    expect(named.filter((id) => !ids.has(id))).toEqual([])
  })

  it('hold the rule of every verdict and of every row of its evidence', () => {
    fc.assert(
      fc.property(evidenceWith([...YES, ...NO, ...ABOUT_US, ...LATER]), (facts) => {
        expect([...ids]).toContain(decide({ facts, domain: DOMAIN, now: NOW }).rule)
        const { evidence } = rendered(facts, { evidence: 'full' })
        expect(evidence.map(({ rule }) => rule).filter((rule) => !ids.has(rule))).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })
})
