// What servers in the field say must be understood as they mean it.
import { describe, expect, test } from 'vitest'
import { atRcpt } from './field-replies.ts'
import { understood } from './said.ts'

describe('a reply from the field', () => {
  test.each(atRcpt.map(([kind, reply]) => [reply.replaceAll('\n', ' / '), kind, reply] as const))(
    '%s is %s',
    (_, kind, reply) => {
      expect(understood({ reply })).toMatchObject({ class: kind })
    },
  )
})
