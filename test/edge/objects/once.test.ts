// One idempotency key: who is first does it, who comes meanwhile waits for it, and for a day it is not done again.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Attempt, Turn } from '../../../edge/src/accounts/once.ts'
import { alarmOf, DAY, MINUTE, newId, NOON, pass, ring, standingClock } from './given.ts'

standingClock()

function newOnce() {
  return env.ONCES.getByName(newId())
}

function attempt(seed: string, wish: Partial<Attempt> = {}): Attempt {
  return { body: 'body', seed, leaseMs: MINUTE, ...wish }
}

const AGAIN = { role: 'again', seed: 'one', answer: null }

type Key = ReturnType<typeof newOnce>

async function begin(once: Key, attempt: Attempt): Promise<Turn> {
  return once.begin(attempt)
}

/** Follows a promise without waiting for it. */
function watched<T>(promise: Promise<T>): { promise: Promise<T>; isSettled: () => boolean } {
  let settled = false
  void promise.finally(() => {
    settled = true
  })
  return { promise, isSettled: () => settled }
}

describe('an idempotency key', () => {
  it('is done by whoever comes first, under its own seed', async () => {
    expect(await begin(newOnce(), attempt('one'))).toMatchObject({ role: 'first', seed: 'one' })
  })

  it('that was done is found done by every repeat, under the seed of the first', async () => {
    const once = newOnce()
    await begin(once, attempt('one'))
    await once.end(1, 'done')
    for (const seed of ['two', 'three']) expect(await begin(once, attempt(seed))).toEqual(AGAIN)
  })

  it('tells its repeats the answer of the first, where that was kept', async () => {
    const once = newOnce()
    await begin(once, attempt('one'))
    const waiting = begin(once, attempt('two'))
    await once.end(1, 'done', 'the answer')
    await once.end(1, 'done', 'another')
    expect([await waiting, await begin(once, attempt('three'))]).toEqual([
      { ...AGAIN, answer: 'the answer' },
      { ...AGAIN, answer: 'the answer' },
    ])
  })

  it.each([
    ['while the first is at it', false],
    ['once it is done', true],
  ])('with another body is refused %s, and changes nothing', async (_when, done) => {
    const once = newOnce()
    await begin(once, attempt('one'))
    if (done) await once.end(1, 'done')
    expect(await begin(once, attempt('two', { body: 'another' }))).toEqual({ role: 'mismatch' })
    if (!done) await once.end(1, 'done')
    expect(await begin(once, attempt('three'))).toEqual(AGAIN)
  })

  it('is waited for by those who come meanwhile, who then find it done', async () => {
    const once = newOnce()
    await begin(once, attempt('one'))
    const waiting = ['two', 'three', 'four'].map((seed) => watched(begin(once, attempt(seed))))
    // A round trip that comes after them and is answered at once.
    expect(await begin(once, attempt('five', { body: 'another' }))).toEqual({ role: 'mismatch' })
    expect(waiting.map(({ isSettled }) => isSettled())).toEqual([false, false, false])
    await once.end(1, 'done')
    const turns = await Promise.all(waiting.map(({ promise }) => promise))
    expect(turns).toEqual(Array.from({ length: 3 }, () => AGAIN))
  })

  it('has one first among many that come at once', async () => {
    const once = newOnce()
    const turns = Array.from({ length: 10 }, (_, at) => begin(once, attempt(`seed ${at}`)))
    const first = await Promise.race(turns)
    expect(first.role).toBe('first')
    await once.end(1, 'done')
    const roles = (await Promise.all(turns)).map(({ role }) => role)
    expect(roles.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'again'), 'first'])
  })

  it('whose first died is taken over once its lease is over, not before, and goes on under the same seed', async () => {
    const once = newOnce()
    await begin(once, attempt('one', { leaseMs: 20 }))
    const second = watched(begin(once, attempt('two', { leaseMs: 20 })))
    expect(await begin(once, attempt('three', { body: 'another' }))).toEqual({ role: 'mismatch' })
    expect(second.isSettled()).toBe(false)
    pass(20)
    expect(await second.promise).toMatchObject({ role: 'first', seed: 'one' })
  })

  it('is taken over by one of those who wait, and the others go on waiting for that one', async () => {
    const once = newOnce()
    await begin(once, attempt('one', { leaseMs: 20 }))
    const waiting = ['two', 'three', 'four'].map((seed) => watched(begin(once, attempt(seed, { leaseMs: MINUTE }))))
    pass(20)
    expect(await Promise.race(waiting.map(({ promise }) => promise))).toMatchObject({ role: 'first', seed: 'one' })
    expect(waiting.filter(({ isSettled }) => isSettled())).toHaveLength(1)
    await once.end(2, 'done')
    const roles = (await Promise.all(waiting.map(({ promise }) => promise))).map(({ role }) => role)
    expect(roles.toSorted()).toEqual(['again', 'again', 'first'])
  })

  it('that was refused leaves the way free, for another body too', async () => {
    const once = newOnce()
    await begin(once, attempt('one'))
    await once.end(1, 'refused')
    expect(await begin(once, attempt('two', { body: 'another' }))).toMatchObject({ role: 'first', seed: 'two' })
  })

  it('that was refused lets the one who waited be the first', async () => {
    const once = newOnce()
    await begin(once, attempt('one'))
    const waiting = begin(once, attempt('two'))
    await once.end(1, 'refused')
    expect(await waiting).toMatchObject({ role: 'first' })
  })

  it('that was done stays done whatever is said of it afterwards', async () => {
    const once = newOnce()
    await begin(once, attempt('one'))
    await once.end(1, 'done')
    await once.end(1, 'refused')
    expect(await begin(once, attempt('two'))).toEqual(AGAIN)
  })

  it('that nobody began can be ended without harm', async () => {
    const once = newOnce()
    await once.end(1, 'done')
    expect(await begin(once, attempt('one'))).toMatchObject({ role: 'first', seed: 'one' })
  })

  it('is forgotten 24 hours after it was first used, however often it was used since', async () => {
    const once = newOnce()
    await begin(once, attempt('one'))
    await once.end(1, 'done')
    pass(DAY - 1)
    expect(await begin(once, attempt('two'))).toEqual(AGAIN)
    expect(await alarmOf(once)).toBe(NOON + DAY)
    pass(1)
    expect(await ring(once)).toBe(true)
    expect(await begin(once, attempt('three'))).toMatchObject({ role: 'first', seed: 'three' })
    expect(await alarmOf(once)).toBe(NOON + 2 * DAY)
  })

  it('is forgotten 24 hours after it was first used where it was taken over since, too', async () => {
    const once = newOnce()
    await begin(once, attempt('one'))
    pass(MINUTE)
    expect(await begin(once, attempt('two'))).toMatchObject({ role: 'first', seed: 'one' })
    expect(await alarmOf(once)).toBe(NOON + DAY)
  })
})
