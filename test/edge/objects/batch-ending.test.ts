// That a list always ends: when its time is over, when others do not answer, when somebody stops it; and is told of once.
import { createScheduledController, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Batch } from '../../../edge/src/batches/batch.ts'
import worker from '../../../edge/src/worker.ts'
import { replyTo } from '../facts.ts'
import { openName } from '../../../edge/src/batches/state.ts'
import {
  addresses,
  bodyOf,
  doTurn,
  doWork,
  each,
  exists,
  isHeld,
  keepMessages,
  type Listed,
  listed,
  newLanes,
  next,
  play,
  playWork,
  reasonsOf,
  replaceAccounts,
  type Report,
  standingQueues,
  toTheEnd,
  turns,
  work,
} from './batch-given.ts'
import { account, alarmOf, balanceOf, DAY, HOUR, MINUTE, newName, NOON, pass, ring, standingClock } from './given.ts'
import { warned } from './queues-given.ts'
import { all } from './webhooks-given.ts'

standingClock()
standingQueues()

/** Puts off for longer than a list may take. */
function tomorrow(): Report {
  const { reply } = replyTo('mailbox', 'greylisted')
  const lines = ['Greylisted, try again in 86000 seconds']
  return {
    state: 'asked',
    facts: [replyTo('mailbox', 'greylisted', { observedAt: Date.now(), reply: { ...reply, lines } })],
  }
}

/** Every alarm until then rings, half an hour late but in the first hour and the last, and whatever is sent is lost. */
async function ringUntil(list: Listed, until: number): Promise<void> {
  for (let at = await alarmOf(list.stub); at !== null && at <= until; at = await alarmOf(list.stub)) {
    const late = NOON + HOUR < at && at < until - HOUR ? 30 * MINUTE : 0
    vi.setSystemTime(Math.max(at + late, Date.now()))
    await ring(list.stub)
    work.length = 0
    turns.length = 0
  }
}

describe('a list whose time is over', () => {
  it('ends with what was known of its rows, and says that it was stopped', async () => {
    const rows = ['jane@a.test', 'joe@b.test', 'ann@c.test', 'held@d.test', 'jane@a.test']
    const list = await listed(rows)
    const says = each((email) =>
      email.startsWith('jane') ? exists() : email.startsWith('held') ? isHeld('breaker_open', NOON + DAY) : tomorrow(),
    )
    await play({ lanes: newLanes(), says })
    expect(await bodyOf(list)).toMatchObject({ status: 'running', done: 2, finished_by: iso(NOON + 26 * HOUR) })
    await ringUntil(list, NOON + 26 * HOUR - 1)
    expect(await bodyOf(list)).toMatchObject({ status: 'running', done: 2 })
    await ringUntil(list, NOON + 26 * HOUR)
    expect(await bodyOf(list)).toMatchObject({
      status: 'completed',
      stopped: 'overdue',
      done: 5,
      by_reason: { mailbox_accepted: 1, greylisted: 2, breaker_open: 1 },
      finished_at: iso(NOON + 26 * HOUR),
      cost: { units: 1 },
    })
    expect(await reasonsOf(list)).toEqual([
      'mailbox_accepted',
      'greylisted',
      'greylisted',
      'breaker_open',
      'mailbox_accepted',
    ])
    expect(await balanceOf(list.given)).toMatchObject({ spent: 1, reserved: 0 })
  })

  it.each([
    ['never read', 0, { total: null, done: 0 }],
    ['never checked', 1, { total: 1_010, done: 1_010, duplicates: 10, by_reason: { not_probed: 1_000 } }],
    ['checked in part', 2, { total: 1_010, done: 1_010, duplicates: 10, by_reason: { not_probed: 1_000 } }],
  ])('ends though it was %s, and its counts add up', async (_what, messages, ended) => {
    const list = await listed([...addresses(1_000, 5), ...addresses(10, 5)])
    for (let n = 0; n < messages; n += 1) await doWork(work.shift()!, { lanes: newLanes() })
    work.length = 0
    await ringUntil(list, NOON + 26 * HOUR)
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', stopped: 'overdue', ...ended })
  })

  it('ends sooner where nobody is to be asked', async () => {
    const list = await listed(addresses(3), { mode: 'fast' })
    await ringUntil(list, NOON + 6 * HOUR)
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', stopped: 'overdue' })
  })
})

const iso = (at: number): string => new Date(at).toISOString()

const nowhere = { tell: () => Promise.reject(new Error('is not there')) } as never

const FAULTS: Readonly<Record<string, () => unknown>> = {
  'the account reserves nothing': () =>
    replaceAccounts(() => ({ fund: () => Promise.reject(new Error('is not there')) })),
  'the account takes no total': () =>
    replaceAccounts(() => ({ settleList: () => Promise.reject(new Error('is not there')) })),
  'nobody takes what is to be told': () => vi.spyOn(env.DELIVERIES, 'getByName').mockReturnValue(nowhere),
  'the queue takes nothing': () => vi.spyOn(env.BATCHES, 'send').mockRejectedValue(new Error('is not there')),
  'lanes give no turns': () => vi.spyOn(env.TURNS, 'getByName').mockReturnValue(nowhere),
}

describe('an alarm', () => {
  it.each(Object.keys(FAULTS))('is set again first and fails never, though %s', async (fault) => {
    const list = await listed(addresses(4))
    const stage = { lanes: newLanes(), says: each(exists) }
    // All that can go wrong goes wrong once, whatever the list is at.
    FAULTS[fault]!()
    for (let n = 0; n < 3; n += 1) {
      await ring(list.stub)
      expect(await alarmOf(list.stub)).toBeLessThanOrEqual(Date.now() + MINUTE)
      await play(stage).catch(() => undefined)
      pass(3 * MINUTE)
    }
    expect(await bodyOf(list)).toMatchObject({ finished_at: null })
    expect(warned.join()).toContain('batch object')
    standAgain()
    expect(await toTheEnd(list, stage)).toMatchObject({ status: 'completed', done: 4, cost: { units: 4 } })
    expect(await balanceOf(list.given)).toMatchObject({ spent: 4, reserved: 0 })
  })

  it('that was lost is set by the clock’s look at all open lists, also where one of them does not answer', async () => {
    const list = await listed(addresses(2))
    await play({ lanes: newLanes(), says: each(tomorrow) })
    await runInDurableObject(list.stub, (_, { storage }) => storage.deleteAlarm())
    await env.SNAPSHOTS.put('open/acc_nowhere_aaaaaaaaaaaaaaaaaaaaaaaaaa/bat_0', '')
    pass(27 * HOUR)
    await worker.scheduled(createScheduledController(), env)
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', stopped: 'overdue' })
    expect(await env.SNAPSHOTS.list({ prefix: `open/${list.given.id}/` })).toMatchObject({ keys: [] })
    expect(warned.join()).toContain('did not answer')
  })
})

it('an upload that never became a list is found by the clock, and one that may become one is left alone', async () => {
  const { id } = await account(10)
  const announce = (batch: string) =>
    env.SNAPSHOTS.put(openName({ account: id, id: batch }), '', { metadata: { announcedAt: Date.now() } })
  await env.SPOOL.put(`${id}/bat_lost/upl_1`, 'email\njane@d.test\n')
  await announce('bat_lost')
  pass(59 * MINUTE)
  await env.SPOOL.put(`${id}/bat_coming/upl_2`, 'email\njane@d.test\n')
  await announce('bat_coming')
  const kept = async () => [
    ...(await env.SPOOL.list({ prefix: `${id}/` })).objects.map(({ key }) => key.split('/')[1]),
    ...(await env.SNAPSHOTS.list({ prefix: `open/${id}/` })).keys.map(({ name }) => name.split('/')[2]),
  ]
  await worker.scheduled(createScheduledController(), env)
  expect(await kept()).toEqual(['bat_coming', 'bat_lost', 'bat_coming', 'bat_lost'])
  pass(MINUTE)
  await worker.scheduled(createScheduledController(), env)
  expect(await kept()).toEqual(['bat_coming', 'bat_coming'])
})

it('a list ends by its time though no queue takes anything', async () => {
  const list = await listed(addresses(5))
  vi.spyOn(env.BATCHES, 'send').mockRejectedValue(new Error('is not there'))
  for (let hour = 0; hour < 27; hour += 1) {
    pass(HOUR)
    await ring(list.stub)
  }
  expect(await bodyOf(list)).toMatchObject({ status: 'completed', stopped: 'overdue' })
})

function standAgain(): void {
  vi.restoreAllMocks()
  keepMessages()
}

describe('a list that is cancelled', () => {
  it('keeps what it has, and asks about nobody else', async () => {
    const list = await listed(addresses(40, 20))
    const stage = { lanes: newLanes(), says: each(exists) }
    await playWork(stage)
    await doTurn(turns.shift()!, stage)
    const done = (await bodyOf(list)).done
    expect(await list.stub.cancel()).toMatchObject({ status: 'cancelled', stopped: 'cancelled', done: 40 })
    expect(await bodyOf(list)).toMatchObject({ by_reason: { mailbox_accepted: done, not_probed: 40 - done } })
    await toTheEnd(list, { ...stage, says: () => Promise.reject(new Error('nobody is asked')) })
    expect(await list.stub.cancel()).toMatchObject({ status: 'cancelled', cost: { units: done } })
    expect(await balanceOf(list.given)).toMatchObject({ spent: done, reserved: 0 })
  })

  it.each([false, true])('ends before it was read (started: %s)', async (start) => {
    const list = await listed(addresses(4), { start })
    expect(await list.stub.cancel()).toMatchObject({ status: 'cancelled', done: 0 })
    expect(await list.stub.start()).toBe('over')
    await play({ lanes: newLanes() })
    expect(await bodyOf(list)).toMatchObject({ status: 'cancelled', done: 0, read: 0 })
  })

  it('or has ended otherwise is not started again; one that goes on is', async () => {
    const list = await listed(addresses(2), { start: false })
    expect(await list.stub.start()).toMatchObject({ status: 'queued' })
    expect(await list.stub.start()).toMatchObject({ status: 'queued' })
    await toTheEnd(list, { lanes: newLanes() })
    expect(await list.stub.start()).toBe('over')
  })

  it('after it has ended stays as it ended', async () => {
    const list = await listed(addresses(2))
    await toTheEnd(list, { lanes: newLanes() })
    expect(await list.stub.cancel()).toMatchObject({ status: 'completed', stopped: null, done: 2 })
  })

  it('ends in the end though its last word was lost', async () => {
    const list = await listed(addresses(4), { start: false })
    await next(list, {})
    pass(4 * DAY)
    FAULTS['the account takes no total']!()
    const cancelling = runInDurableObject(list.stub, (batch: Batch) => batch.cancel())
    await expect(cancelling).rejects.toThrow('is not there')
    standAgain()
    await next(list, {})
    expect(Date.now()).toBeLessThan(NOON + 4 * DAY + HOUR)
    expect(await bodyOf(list)).toMatchObject({ status: 'cancelled' })
  })
})

describe('an account', () => {
  const url = 'https://shop.example/hook'
  const told = async ({ given }: Listed) => {
    const deliveries = await all({ id: given.id, stub: env.DELIVERIES.getByName(given.id) }, null)
    return deliveries
      .map(({ eventId, type }) => [eventId.replace(/bat_[0-9A-Z]+/, ''), type])
      .toSorted(([one = ''], [other = '']) => one.localeCompare(other))
  }

  it('is told of each quarter and of the end, each once', async () => {
    const list = await listed(addresses(40, 40), { webhookUrl: url })
    await toTheEnd(list, { lanes: newLanes() })
    await list.stub.touch()
    await next(list, {})
    expect(await told(list)).toEqual([
      ['evt__end', 'batch.completed'],
      ['evt__progress_1', 'batch.progress'],
      ['evt__progress_2', 'batch.progress'],
      ['evt__progress_3', 'batch.progress'],
    ])
  })

  it('is told of the end once though that was lost on its way', async () => {
    const list = await listed(['jane@d.test'], { webhookUrl: url })
    const tell = vi.spyOn(env.DELIVERIES, 'getByName')
    tell.mockImplementationOnce(
      (name) =>
        ({
          tell: async (...args: Parameters<ReturnType<typeof env.DELIVERIES.getByName>['tell']>) => {
            await env.DELIVERIES.getByName(name).tell(...args)
            throw new Error('the answer was lost')
          },
        }) as never,
    )
    await play({ lanes: newLanes() }).catch(() => undefined)
    expect(await bodyOf(list)).toMatchObject({ status: 'running' })
    expect(await toTheEnd(list, { lanes: newLanes() })).toMatchObject({ status: 'completed' })
    expect(await told(list)).toEqual([['evt__end', 'batch.completed']])
  })

  it('is told that a list could not be read', async () => {
    const { layout } = (await listed(['jane@d.test'])).wanted
    const list = await listed(`email\njane@d.test\n"${'x'.repeat(70_000)}`, { webhookUrl: url, layout })
    await toTheEnd(list, {})
    expect(await told(list)).toEqual([['evt__end', 'batch.failed']])
  })

  it('that is not made yet lets a list end with nothing', async () => {
    const list = await listed(['jane@d.test'], { given: { ...(await account()), id: newName() } })
    expect(await toTheEnd(list, { lanes: newLanes() })).toMatchObject({ stopped: 'insufficient_credits' })
  })
})
