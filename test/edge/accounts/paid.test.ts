// Answers that an isolate knows to be paid for: while they live, for their account, the latest of each address.
import { describe, expect, it } from 'vitest'
import { createPaidNearby } from '../../../edge/src/accounts/paid.ts'

const NOW = 1_800_000_000_000

function nearby() {
  const clock = { now: NOW }
  const paid = createPaidNearby(() => clock.now)
  const remember = (account: string, address: string, checkedAt = NOW) =>
    paid.remember({ account, address, id: 'ver_first', checkedAt, validUntil: checkedAt + 1_000 })
  const checkedAt = (account: string, address: string, id = 'ver_second') => paid.checkedAt(account, address, id)
  return { checkedAt, remember, clock }
}

describe('an answer that was paid for', () => {
  it('is known until it dies, and not a millisecond longer', () => {
    const { checkedAt, remember, clock } = nearby()
    remember('acc_a', 'jane')
    clock.now += 999
    expect(checkedAt('acc_a', 'jane')).toBe(NOW)
    clock.now += 1
    expect(checkedAt('acc_a', 'jane')).toBeNull()
  })

  it('is known to its own account and for its own address', () => {
    const { checkedAt, remember } = nearby()
    remember('acc_a', 'jane')
    expect([checkedAt('acc_b', 'jane'), checkedAt('acc_a', 'joe'), checkedAt('acc_a', '')]).toEqual([null, null, null])
  })

  it('does not make itself a repeat: the same answer again has the same price', () => {
    const { checkedAt, remember } = nearby()
    remember('acc_a', 'jane')
    expect(checkedAt('acc_a', 'jane', 'ver_first')).toBeNull()
  })

  it('is the one that was remembered last', () => {
    const { checkedAt, remember, clock } = nearby()
    remember('acc_a', 'jane')
    remember('acc_a', 'jane', NOW + 500)
    clock.now += 1_200
    expect(checkedAt('acc_a', 'jane')).toBe(NOW + 500)
  })

  it('is forgotten after twenty thousand others, the oldest first', () => {
    const { checkedAt, remember } = nearby()
    remember('acc_a', 'jane')
    remember('acc_a', 'joe')
    remember('acc_a', 'jane')
    for (let at = 0; at < 19_999; at += 1) remember('acc_b', String(at))
    expect([checkedAt('acc_a', 'jane'), checkedAt('acc_a', 'joe')]).toEqual([NOW, null])
  })
})
