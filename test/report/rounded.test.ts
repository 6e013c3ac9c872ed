// Numbers as they are told.
import { rounded } from '@postern/shared/report/rounded.ts'
import { expect, it } from 'vitest'

it.each([
  [1 / 3, 'share', 0.333333],
  [2 / 3, 'model', 0.666667],
  [0.05 + 0.1, 'evidence', 0.15],
  [1.00005, 'evidence', 1.0001],
  [0.00004, 'compared', 0.00004],
  [0.1 + 0.2, 'compared', 0.3],
  [48.5436893, 'percent', 48.54],
  [62.0049, 'days', 62],
  [-0.5, 'days', -0.5],
] as const)('%d as a number of kind %s is %d', (value, as, told) => {
  expect(rounded(value, as)).toBe(told)
})
