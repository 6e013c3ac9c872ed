// What grammars that go wrong now and then are made of.
import fc from 'fast-check'

export const from = (...values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values)

/** `weight` times as usual for once odd. */
export const mostly = (usual: fc.Arbitrary<string>, odd: fc.Arbitrary<string>, weight = 8): fc.Arbitrary<string> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd })

export const words = (text: string): readonly string[] => text.trim().split(/\s+/)
