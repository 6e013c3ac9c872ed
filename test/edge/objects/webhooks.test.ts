// The object of an account's webhooks: what is told is kept once, taken once, tried again, parked, replayed and erased.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { type Delivery, type Page, START } from '../../../edge/src/webhooks/listing.ts'
import { alarmOf, DAY, HOUR, MINUTE, pass, standingClock } from './given.ts'
import {
  all,
  attempt,
  BROKEN,
  ended,
  endpoint,
  event,
  newAccount,
  OK,
  only,
  SECOND,
  take,
  tell,
  told,
} from './webhooks-given.ts'

standingClock()

describe('an event', () => {
  it('is for the endpoints of its scope that want its type, and for the URL of its request', async () => {
    const account = newAccount()
    const wants = await endpoint(account, { events: ['batch.failed', 'credits.low'] })
    const others = [
      await endpoint(account, { events: ['batch.failed'] }),
      await endpoint(account, { scope: 'test' }),
      await endpoint(account, { enabled: false }),
    ]
    const one = event({ url: 'https://request.example/' })
    await tell(account, one)
    const state = { eventId: one.id, type: 'credits.low', state: 'pending', attempts: [] }
    expect(await only(account, wants.id)).toMatchObject({ ...state, url: 'https://shop.example/' })
    expect(await only(account, null)).toMatchObject({ ...state, url: 'https://request.example/' })
    for (const { id, scope } of others) expect(await all(account, id, scope)).toEqual([])
    expect(await all(account, null, 'test')).toEqual([])
  })

  it('told again is the same delivery, whatever became of it and however often the object was away', async () => {
    const { account, event: one, id, now } = await told()
    await Promise.all([tell(account, one, one), tell(account, one)])
    await evictDurableObject(account.stub)
    await attempt(account, id, OK)
    await tell(account, one)
    expect(await now()).toMatchObject({ id, state: 'delivered', attempts: [{ status: 200 }] })
  })

  it('is sent as type, instant and data, under its own id, to every target', async () => {
    const account = newAccount()
    const which = await endpoint(account)
    const one = event({ data: { units: 1 }, url: 'https://request.example/' })
    await tell(account, one)
    const ids = [(await only(account, which.id)).id, (await only(account, null)).id]
    expect(ids[0]).not.toBe(ids[1])
    const both = [await take(account, ids[0]!), await take(account, ids[1]!)]
    const payload = JSON.stringify({ type: one.type, timestamp: '2099-05-01T12:00:00.000Z', data: { units: 1 } })
    const of = (endpoint: string) => [{ endpoint, generation: 'first', ring: '1' }]
    expect(both).toMatchObject([
      { n: 1, eventId: one.id, payload, secrets: of(which.id) },
      { n: 1, eventId: one.id, payload, secrets: of('default live') },
    ])
  })

  it('over 64 KB is parked with that reason, and never sent', async () => {
    const edge =
      65_536 - JSON.stringify({ type: 'credits.low', timestamp: '2099-05-01T12:00:00.000Z', data: { x: '' } }).length
    const fits = await told({ data: { x: 'x'.repeat(edge) } })
    expect(await fits.now()).toMatchObject({ state: 'pending' })
    const { account, id, now } = await told({ data: { x: 'x'.repeat(edge + 1) } })
    expect(await now()).toMatchObject({
      state: 'parked',
      nextAttemptAt: null,
      attempts: [{ status: null, why: 'too_large' }],
    })
    expect(await take(account, id)).toBeNull()
    expect(await account.stub.replay(id, 'live')).toEqual({ kind: 'too_large' })
  })
})

describe('a delivery', () => {
  it('is one attempt at a time, and none before it is due', async () => {
    const { account, id, now } = await told()
    const both = await Promise.all([take(account, id), take(account, id)])
    expect(both.filter((taken) => taken !== null)).toMatchObject([{ n: 1 }])
    await ended(account, id, { n: 1, outcome: BROKEN })
    expect(await take(account, id)).toBeNull()
    const { nextAttemptAt, state } = await now()
    expect(state).toBe('pending')
    expect(nextAttemptAt! - Date.now()).toBeGreaterThanOrEqual(4 * SECOND)
    expect(nextAttemptAt! - Date.now()).toBeLessThanOrEqual(6 * SECOND)
    pass(6 * SECOND)
    expect(await attempt(account, id, OK)).toBe(2)
    expect(await now()).toMatchObject({
      state: 'delivered',
      nextAttemptAt: null,
      attempts: [
        { status: 500, why: 'status', ms: 12 },
        { status: 200, why: null },
      ],
    })
  })

  it('counts an attempt once, however often it is told', async () => {
    const { account, id, now } = await told()
    await attempt(account, id, BROKEN)
    const before = await now()
    await ended(account, id, { n: 1, outcome: OK })
    await ended(account, id, { n: 1, outcome: BROKEN })
    expect(await now()).toEqual(before)
  })

  it('is parked when nobody has taken it for a day, and seen with all its attempts', async () => {
    const { account, id, now } = await told()
    const startedAt = Date.now()
    for (let { nextAttemptAt: at } = await now(); at !== null; at = (await now()).nextAttemptAt) {
      pass(at - Date.now())
      await attempt(account, id, BROKEN)
    }
    const { state, attempts } = await now()
    expect(state).toBe('parked')
    expect(attempts.length).toBeGreaterThanOrEqual(10)
    expect(attempts.at(-1)!.at - startedAt).toBeLessThanOrEqual(DAY)
    expect(attempts.at(-1)!.at - startedAt).toBeGreaterThan(18 * HOUR)
  })

  it('that was answered 410 disables its endpoint, and parks what else was on its way there', async () => {
    const { account, id, which } = await told()
    await tell(account, event())
    await attempt(account, id, { status: 410, why: 'status', restMs: null })
    expect((await account.stub.endpoint(which))!.enabled).toBe(false)
    const deliveries = await all(account, which.id)
    expect(deliveries.map(({ state }) => state)).toEqual(['parked', 'parked'])
    expect(deliveries.map(({ attempts }) => attempts.map(({ why }) => why))).toContainEqual(['disabled'])
    await tell(account, event())
    expect(await all(account, which.id)).toHaveLength(2)
    expect(await account.stub.replay(id, 'live')).toEqual({ kind: 'disabled' })
  })

  it('to the URL of a request that was answered 410 is parked alone', async () => {
    const account = newAccount()
    await tell(account, event({ url: 'https://gone.example/' }))
    const { id } = await only(account, null)
    await attempt(account, id, { status: 410, why: 'status', restMs: null })
    expect((await only(account, null)).state).toBe('parked')
    await tell(account, event({ url: 'https://there.example/' }))
    expect((await all(account, null)).map(({ state }) => state).toSorted()).toEqual(['parked', 'pending'])
  })

  it('goes to where its endpoint is by then', async () => {
    const { account, id, which } = await told()
    await account.stub.changeEndpoint(which, { url: 'https://moved.example/' })
    expect(await take(account, id)).toMatchObject({ url: 'https://moved.example/' })
  })

  it('is parked with its endpoint, and gone with it', async () => {
    const { account, id, which, now } = await told()
    await account.stub.changeEndpoint(which, { enabled: false })
    expect(await now()).toMatchObject({ state: 'parked', attempts: [{ why: 'disabled' }] })
    await account.stub.removeEndpoint(which)
    expect(await account.stub.deliveriesOf(which, { before: START, limit: 1 })).toBeNull()
    expect(await account.stub.replay(id, 'live')).toEqual({ kind: 'absent' })
  })
})

describe('a replay', () => {
  it.each([
    ['delivered', OK],
    ['parked', { status: 410, why: 'status', restMs: null }],
  ] as const)('makes what was %s due now, with its ladder before it', async (state, outcome) => {
    const { account, id, which, now } = await told()
    await attempt(account, id, outcome)
    expect((await now()).state).toBe(state)
    pass(3 * DAY)
    await account.stub.changeEndpoint(which, { enabled: true })
    const replayed = await account.stub.replay(id, 'live')
    expect(replayed).toMatchObject({ kind: 'due', delivery: { id, state: 'pending', nextAttemptAt: Date.now() } })
    expect(await alarmOf(account.stub)).toBe(Date.now())
    expect(await attempt(account, id, BROKEN)).toBe(2)
    expect((await now()).nextAttemptAt! - Date.now()).toBeLessThanOrEqual(6 * SECOND)
    pass(6 * SECOND)
    await attempt(account, id, OK)
    expect(await now()).toMatchObject({ state: 'delivered', attempts: [{}, { status: 500 }, { status: 200 }] })
  })

  it('is for keys of its own scope', async () => {
    const { account, id } = await told()
    expect(await account.stub.replay(id, 'test')).toEqual({ kind: 'absent' })
    expect(await account.stub.replay('dlv_nothing', 'live')).toEqual({ kind: 'absent' })
    await tell(account, event({ scope: 'test', url: 'https://request.example/' }))
    const practice = await only(account, null, 'test')
    expect(await account.stub.replay(practice.id, 'live')).toEqual({ kind: 'absent' })
    expect(await account.stub.replay(practice.id, 'test')).toMatchObject({ kind: 'due' })
  })

  it('keeps the latest fifty attempts', async () => {
    const { account, id, now } = await told()
    for (let times = 0; times < 52; times += 1) {
      await attempt(account, id, OK)
      await account.stub.replay(id, 'live')
      pass(SECOND)
    }
    const { attempts } = await now()
    expect(attempts).toHaveLength(50)
    expect(attempts.at(-1)!.at).toBe(Date.now() - SECOND)
  })
})

describe('an erasure', () => {
  it('takes the content of what is about a mailbox, and stops it', async () => {
    const { account, id, which, now } = await told({ subject: 'jane', url: 'https://request.example/?email=jane' })
    await tell(account, event({ subject: 'john' }), event())
    await take(account, id)
    expect(await account.stub.erase(['', 'jane', 'nobody'])).toBe(2)
    const mine = (await all(account, which.id)).map(({ state }) => state)
    expect(mine.toSorted()).toEqual(['erased', 'pending', 'pending'])
    expect(await only(account, null)).toMatchObject({ state: 'erased', url: '' })
    await ended(account, id, { n: 1, outcome: OK })
    expect(await account.stub.replay(id, 'live')).toEqual({ kind: 'erased' })
    expect(await take(account, id)).toBeNull()
    await expect(now()).rejects.toThrow()
    const kept = await runInDurableObject(account.stub, (_, { storage }) =>
      storage.sql.exec('SELECT payload, subject FROM deliveries WHERE state = ?', 'erased').toArray(),
    )
    expect(kept).toEqual([1, 2].map(() => ({ payload: null, subject: '' })))
  })
})

describe('a list of deliveries', () => {
  it('goes on where it ended, newest first, also where many came at the same time', async () => {
    const account = newAccount()
    const { id, scope } = await endpoint(account)
    for (let day = 0; day < 3; day += 1) {
      await tell(account, ...Array.from({ length: 4 }, () => event()))
      pass(MINUTE)
    }
    const seen: Delivery[] = []
    for (let before: typeof START | null = START; before !== null; ) {
      const page: Page = (await account.stub.deliveriesOf({ id, scope }, { before, limit: 5 }))!
      seen.push(...page.deliveries)
      before = page.next
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(12)
    const instants = seen.map(({ createdAt }) => createdAt)
    expect(instants).toEqual(instants.toSorted((one, other) => other - one))
  })
})
