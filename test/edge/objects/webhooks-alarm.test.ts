// Deliveries and time: when the alarm rings, what it hands to the queue, and what becomes of what was lost on the way.
import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { alarmOf, DAY, HOUR, MINUTE, pass, ring, standingClock } from './given.ts'
import {
  all,
  attempt,
  BROKEN,
  ended,
  endpoint,
  event,
  newAccount,
  OK,
  queueOf,
  SECOND,
  take,
  tell,
  told,
} from './webhooks-given.ts'

standingClock()

describe('the alarm', () => {
  it('rings at once for what was told, hands it to the queue, and looks again for what is not heard of', async () => {
    const { account, id, now } = await told()
    const queue = await queueOf(account)
    expect(await alarmOf(account.stub)).toBe(Date.now())
    await ring(account.stub)
    expect(queue).toEqual([id])
    expect(await alarmOf(account.stub)).toBe(Date.now() + 2 * MINUTE)
    await ring(account.stub)
    expect(queue).toEqual([id])
    // The message is lost: that costs time only.
    pass(2 * MINUTE)
    await ring(account.stub)
    expect(queue).toEqual([id, id])
    expect(await now()).toMatchObject({ state: 'pending', attempts: [] })
  })

  it('rings when the next attempt is due, and leaves alone what is under way', async () => {
    const { account, id, now } = await told()
    const queue = await queueOf(account)
    await take(account, id)
    await ring(account.stub)
    expect(queue).toEqual([])
    await ended(account, id, { n: 1, outcome: BROKEN })
    const { nextAttemptAt } = await now()
    expect(await alarmOf(account.stub)).toBe(nextAttemptAt)
    pass(nextAttemptAt! - Date.now())
    await ring(account.stub)
    expect(queue).toEqual([id])
  })

  it('counts an attempt that nobody told the end of as lost, and tries again as after any other failure', async () => {
    const { account, id, now } = await told()
    const queue = await queueOf(account)
    await take(account, id)
    pass(30 * SECOND)
    await ring(account.stub)
    expect(await now()).toMatchObject({ state: 'pending', attempts: [{ status: null, why: 'lost' }] })
    expect(queue).toEqual([])
    pass(6 * SECOND)
    await ring(account.stub)
    expect(queue).toEqual([id])
    expect(await take(account, id)).toMatchObject({ n: 2 })
  })

  it.each([
    ['that it was taken ends the matter', OK, 'delivered'],
    ['that it was not changes nothing', BROKEN, 'pending'],
  ])('is corrected by who comes late: %s', async (_what, outcome, state) => {
    const { account, id, now } = await told()
    await take(account, id)
    pass(30 * SECOND)
    await ring(account.stub)
    const { nextAttemptAt } = await now()
    await ended(account, id, { n: 1, outcome })
    expect(await now()).toMatchObject({ state, attempts: [{ status: outcome.status, why: outcome.why }] })
    if (state === 'pending') expect((await now()).nextAttemptAt).toBe(nextAttemptAt)
  })

  it('hands over hundreds in turns, each once', async () => {
    const account = newAccount()
    const which = await endpoint(account)
    await tell(account, ...Array.from({ length: 620 }, () => event()))
    const queue = await queueOf(account)
    await ring(account.stub)
    expect(queue).toHaveLength(500)
    expect(await alarmOf(account.stub)).toBe(Date.now())
    await ring(account.stub)
    expect(new Set(queue).size).toBe(620)
    expect((await all(account, which.id)).length).toBe(100)
  })

  it('that finds no queue comes back in ten seconds', async () => {
    const { account, id } = await told()
    await queueOf(account, new TypeError('is not there'))
    await ring(account.stub)
    expect(await alarmOf(account.stub)).toBe(Date.now() + 10 * SECOND)
    const queue = await queueOf(account)
    pass(10 * SECOND)
    await ring(account.stub)
    expect(queue).toEqual([id])
  })

  it('forgets what is over after 30 days, and what is not over never', async () => {
    const { account, id, which } = await told()
    await attempt(account, id, OK)
    await queueOf(account)
    pass(29 * DAY)
    await tell(account, event())
    await ring(account.stub)
    expect(await all(account, which.id)).toHaveLength(2)
    pass(DAY + 1)
    await ring(account.stub)
    expect((await all(account, which.id)).map(({ state }) => state)).toEqual(['pending'])
    const rows = await runInDurableObject(account.stub, (_, { storage }) =>
      storage.sql.exec('SELECT delivery FROM attempts').toArray(),
    )
    expect(rows).toEqual([])
  })

  it('is not set where there is nothing to do, nor to forget', async () => {
    const account = newAccount()
    await tell(account, event())
    await account.stub.erase(['jane'])
    expect(await alarmOf(account.stub)).toBeNull()
    const which = await endpoint(account)
    expect(await alarmOf(account.stub)).toBeNull()
    await account.stub.removeEndpoint(which)
    expect(await alarmOf(account.stub)).toBe(Date.now() + 6 * HOUR)
    pass(26 * HOUR)
    await ring(account.stub)
    expect(await alarmOf(account.stub)).toBeNull()
  })
})

describe('a message that the queue gave up', () => {
  it('is seen among the attempts, and the delivery is as due as it was', async () => {
    const { account, id, now } = await told()
    await account.stub.parked(id)
    expect(await now()).toMatchObject({
      state: 'pending',
      nextAttemptAt: Date.now(),
      attempts: [{ status: null, why: 'queue', ms: 0 }],
    })
    expect(await attempt(account, id, OK)).toBe(2)
    await account.stub.parked(id)
    expect((await now()).attempts).toHaveLength(2)
  })
})
