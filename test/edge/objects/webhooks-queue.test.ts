// The way of an event: from the ledger to the object of deliveries, through the queue to an attempt, and back.
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { account as newLedger, alarmOf, pass, rebind, ring, rows, settlement, standingClock } from './given.ts'
import { deliver, standingWarnings, warned } from './queues-given.ts'
import { all, endpoint, event, only, tell, told } from './webhooks-given.ts'

standingClock()
standingWarnings()

/** An account that falls to its mark with one answer more, and an endpoint that is to be told. */
async function nearlyLow() {
  const ledger = await newLedger(2, { low_credits_at: 1 })
  const account = { id: ledger.id, stub: env.DELIVERIES.getByName(ledger.id) }
  return { ledger, account, which: await endpoint(account) }
}

describe('credits.low', () => {
  it('reaches the endpoint once, within a second or so of the fall', async () => {
    const { ledger, account, which } = await nearlyLow()
    await ring(ledger.stub)
    await ledger.stub.settleMany([settlement()])
    expect(await alarmOf(ledger.stub)).toBe(Date.now() + 1_000)
    await ring(ledger.stub)
    const { type, state, id } = await only(account, which.id)
    expect([type, state]).toEqual(['credits.low', 'pending'])
    expect(await rows(ledger.stub, 'SELECT * FROM events')).toEqual([])
    const payload = (await account.stub.take(id, '1'))!.payload
    const data = { account: ledger.id, available: 1, low_credits_at: 1 }
    expect(JSON.parse(payload)).toEqual({ type: 'credits.low', timestamp: new Date().toISOString(), data })
    await ring(ledger.stub)
    expect(await all(account, which.id)).toHaveLength(1)
  })

  it('is another event at every fall, also after the one before it was told', async () => {
    const { ledger, account, which } = await nearlyLow()
    for (const reference of ['second', 'third']) {
      await ledger.stub.settleMany([settlement()])
      await ring(ledger.stub)
      await ledger.stub.buy({ reference, units: 1, note: '', at: Date.now() })
    }
    await ledger.stub.configure({ low_credits_at: 2 })
    await ring(ledger.stub)
    const events = (await all(account, which.id)).map(({ eventId }) => eventId)
    expect(new Set(events).size).toBe(3)
    const other = await nearlyLow()
    await other.ledger.stub.settleMany([settlement()])
    await ring(other.ledger.stub)
    expect(events).not.toContain((await only(other.account, other.which.id)).eventId)
  })

  it('waits with the ledger where the object of deliveries cannot be reached', async () => {
    const { ledger, account, which } = await nearlyLow()
    await rebind(ledger.stub, () => ({
      DELIVERIES: { getByName: () => ({ tell: () => Promise.reject(new Error('is not there')) }) },
    }))
    await ledger.stub.settleMany([settlement()])
    await ring(ledger.stub)
    expect(await rows(ledger.stub, 'SELECT * FROM events')).toHaveLength(1)
    expect(warned.join()).toContain('events wait')
    await rebind(ledger.stub)
    pass(60_000)
    await ring(ledger.stub)
    expect(await all(account, which.id)).toHaveLength(1)
  })
})

describe('a message of the queue', () => {
  it('is an attempt, whose end the object knows', async () => {
    const { account, which, now } = await told()
    await account.stub.changeEndpoint(which, { url: 'https://127.0.0.1:65535/' })
    const message = { account: account.id, delivery: (await now()).id }
    expect(await deliver('postern-webhooks', [message])).toEqual([true])
    expect(await now()).toMatchObject({ state: 'pending', attempts: [{ status: null, why: 'not_public' }] })
    expect(await deliver('postern-webhooks', [message])).toEqual([true])
    expect((await now()).attempts).toHaveLength(1)
    pass(6_000)
    expect(await deliver('postern-webhooks', [message])).toEqual([true])
    expect((await now()).attempts).toHaveLength(2)
  })

  it('comes back where the partition of its account is not served here', async () => {
    const message = { account: 'acc_nowhere_aaaaaaaaaaaaaaaaaaaaaaaaaa', delivery: 'dlv_1' }
    expect(await deliver('postern-webhooks', [message])).toEqual([false])
    expect(warned.join()).toContain('a delivery waits')
  })

  it('that was parked is seen in the delivery, which stays due', async () => {
    const { account, id, now } = await told()
    expect(await deliver('postern-webhooks-parked', [{ account: account.id, delivery: id }])).toEqual([true])
    expect(await now()).toMatchObject({ state: 'pending', nextAttemptAt: Date.now(), attempts: [{ why: 'queue' }] })
  })

  it('goes from the alarm through the queue itself to an attempt', async () => {
    const { account, which } = await told()
    await account.stub.changeEndpoint(which, { url: 'https://127.0.0.1:65535/' })
    await tell(account, event())
    await ring(account.stub)
    await vi.waitFor(async () => {
      const attempts = (await all(account, which.id)).flatMap((delivery) => delivery.attempts)
      expect(attempts.map(({ why }) => why)).toEqual(['not_public', 'not_public'])
    }, 5_000)
  })
})
