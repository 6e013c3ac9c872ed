// Options of a list as its query says them.
import { batchOptions } from '@postern/shared/contract/batch.ts'
import { describe, expect, it } from 'vitest'

describe('a bound on the cost', () => {
  it.each([
    ['0', 0],
    ['12.5', 12.5],
    ['1000000000', 1e9],
  ])('is a number: %s', (text, units) => {
    expect(batchOptions.parse({ max_cost: text })).toEqual({ max_cost: units })
  })

  it.each(['', ' ', 'ten', '-1', 'NaN', 'Infinity', '1e10', '5 units'])('is refused where it is none: %j', (text) => {
    const parsed = batchOptions.safeParse({ max_cost: text })
    expect(parsed.error?.issues.map(({ path }) => path)).toEqual([['max_cost']])
  })

  it('says that a number is missing', () => {
    expect(batchOptions.safeParse({ max_cost: '' }).error?.issues[0]?.message).toMatch(/a number of units/)
  })
})
