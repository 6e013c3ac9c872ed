// A list from its upload to its end: taken once, read in order, checked, asked about, counted and told.
import { describe, expect, it } from 'vitest'
import { each, exists, isNobody, listed, newLanes, reasonsOf, standingQueues, toTheEnd } from './batch-given.ts'
import { balanceOf, standingClock } from './given.ts'

standingClock()
standingQueues()

describe('a list', () => {
  it('comes to its results in the order of its rows', async () => {
    const list = await listed(['jane@d.test', 'nobody@d.test', 'no address', 'joe@e.test'])
    const says = each((email) => (email.startsWith('nobody') ? isNobody() : exists()))
    const body = await toTheEnd(list, { lanes: newLanes(2), says })
    expect(body).toMatchObject({ status: 'completed', total: 4, done: 4 })
    expect(await reasonsOf(list)).toEqual([
      'mailbox_accepted',
      'mailbox_not_found',
      'syntax_invalid',
      'mailbox_accepted',
    ])
    expect(await balanceOf(list.given)).toMatchObject({ spent: 4, reserved: 0 })
  })
})
