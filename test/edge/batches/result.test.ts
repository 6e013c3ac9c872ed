// A result as it is kept with its batch: nothing is lost on the way there and back.
import { REASON_NAMES, worthOf } from '@postern/shared/verdict/reasons.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pack, type RowResult, unpack } from '../../../edge/src/batches/result.ts'
import { RESULT } from './uploads.ts'

const result: fc.Arbitrary<RowResult> = fc
  .record({
    reason: fc.constantFrom(...REASON_NAMES),
    level: fc.constantFrom('confirmed', 'estimated'),
    score: fc.integer({ min: 0, max: 100 }),
    advice: fc.constantFrom('accept', 'confirm', 'reject'),
    suggestion: fc.option(fc.string()),
    flags: fc.array(fc.constantFrom('role', 'free', 'disposable')),
    checkedAt: fc.option(fc.integer({ min: 0, max: 4e12 })),
    duplicateOf: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
  })
  .map((one) => ({ ...one, status: worthOf(one.reason).status }))

describe('a result', () => {
  it('is unpacked as it was packed', () => {
    fc.assert(
      fc.property(result, (one) => {
        expect(unpack(pack(one))).toEqual(one)
      }),
    )
  })

  it('takes less room than its names would', () => {
    expect(pack(RESULT)).toBe('["mailbox_accepted","confirmed",98,"accept",null,[],1795254244934,null]')
  })
})
