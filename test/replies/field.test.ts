// What servers in the field say must be understood as they mean it.
import { describe, expect, test } from 'vitest'
import { fieldReplies, neverNo } from './field-replies.ts'
import { understood } from './said.ts'

describe('a reply from the field', () => {
  test.each(fieldReplies)('$reply is $kind', ({ kind, reply }) => {
    expect(understood({ reply })).toMatchObject({ class: kind })
  })

  test.each(neverNo)('%s is no no', (reply) => {
    expect(understood({ reply }).says).not.toBe('no')
  })
})
