// What a list costs its account: each answer once, never more than was allowed, and nothing for what was not told.
import { describe, expect, it } from 'vitest'
import type { Judged } from '../../../edge/src/batches/work.ts'
import { pack } from '../../../edge/src/batches/result.ts'
import { RESULT } from '../batches/uploads.ts'
import {
  addresses,
  bodyOf,
  doTurn,
  doWork,
  each,
  exists,
  isNobody,
  type Listed,
  listed,
  newLanes,
  playWork,
  putsOff,
  reasonsOf,
  replaceAccounts,
  type Stage,
  standingQueues,
  toTheEnd,
  turns,
  work,
} from './batch-given.ts'
import { account, balanceOf, DAY, type Given, HOUR, pass, standingClock, usageOf } from './given.ts'

standingClock()
standingQueues()

/** All that the ledger has, in thousandths. */
async function ledgerOf(given: Given): Promise<number> {
  return (await usageOf(given)).reduce((sum, { units }) => sum + Math.round(units * 1_000), 0)
}

/** A list that has ended: its counts add up, the ledger says what it says, and nothing is reserved for it. */
async function expectSettled(list: Listed, before = 0): Promise<void> {
  const { cost, by_reason: reasons, done, duplicates, total } = await bodyOf(list)
  const { spent, reserved } = await balanceOf(list.given)
  expect(await ledgerOf(list.given)).toBe(Math.round((before + cost.units) * 1_000))
  expect([spent, reserved]).toEqual([before + cost.units, 0])
  expect(Object.values(reasons).reduce((sum, rows) => sum + rows, duplicates)).toBe(done)
  expect(done).toBe(total)
}

const MIXED = [...addresses(60, 9), 'no address', 'gone@nowhere.test', 'user1@d1.test']
const says = each((email) => (/[05]@/.test(email) ? isNobody() : /[37]@/.test(email) ? putsOff() : exists()))

function mixed(): Stage {
  const now = Date.now()
  const nowhere = { kind: 'route', route: { kind: 'nxdomain' }, confirmed: true, authentic: false } as const
  const routes = { 'nowhere.test': [{ ...nowhere, observedAt: now, source: 'world' }] }
  return { lanes: newLanes(2), says, routes }
}

describe('a list', () => {
  it('comes to the sum of its rows, in one total', async () => {
    const list = await listed(MIXED)
    const body = await toTheEnd(list, mixed())
    const free = body.by_reason['greylisted'] ?? 0
    expect(free).toBeGreaterThan(5)
    expect(body.cost).toEqual({ units: 62 - free, charged_rows: 62 - free, max: null })
    await expectSettled(list)
    expect(await usageOf(list.given)).toMatchObject([{ mode: 'list', why: 'list', count: 62 - free }])
  })

  it('in fast mode costs tenths, which add up', async () => {
    const list = await listed(addresses(7), { mode: 'fast' })
    const body = await toTheEnd(list, {})
    expect(body).toMatchObject({ cost: { units: 0.7, charged_rows: 7 }, by_reason: { not_probed: 7 } })
    await expectSettled(list)
  })

  it('of a test key costs nothing', async () => {
    const list = await listed(['jane@d.test', 'mailbox_not_found@d.test'], { scope: 'test', given: await account(0) })
    const body = await toTheEnd(list, {})
    expect(body).toMatchObject({ status: 'completed', cost: { units: 0 }, by_reason: { mailbox_accepted: 1 } })
    await expectSettled(list)
  })

  it.each([0, 0.5, 1, 7, 22.5, 40, 61.9, 1_000])('with max_cost %d comes to no more, and ends', async (maxCost) => {
    const list = await listed(MIXED, { maxCost })
    const body = await toTheEnd(list, mixed())
    expect(body.cost.units).toBeLessThanOrEqual(maxCost)
    const poor = maxCost < 50
    expect(body).toMatchObject({ status: 'completed', stopped: poor ? 'max_cost' : null })
    if (poor) expect(body.cost.units).toBe(Math.floor(maxCost))
    await expectSettled(list)
  })

  it('with max_cost comes to no more where all its turns are under way at once', async () => {
    const list = await listed(addresses(400, 80), { maxCost: 97 })
    const stage = { lanes: newLanes(5), says: each(exists) }
    await playWork(stage)
    while (turns.length > 0) await Promise.all(turns.splice(0).map((turn) => doTurn(turn, stage)))
    expect(await bodyOf(list)).toMatchObject({ stopped: 'max_cost', cost: { units: 97 }, status: 'completed' })
    await expectSettled(list)
  })

  it.each([
    [0, 0],
    [3, 3],
    [3.5, 3],
    [25, 25],
  ])('of an account with %d units comes to %d', async (units, spent) => {
    const list = await listed(addresses(60, 9), { given: await account(units) })
    const body = await toTheEnd(list, { lanes: newLanes(2), says: each(exists) })
    expect(body).toMatchObject({ status: 'completed', stopped: 'insufficient_credits', cost: { units: spent } })
    expect(body.by_reason).toEqual({ not_probed: 60 - spent, ...(spent > 0 ? { mailbox_accepted: spent } : {}) })
    await expectSettled(list)
    expect(await balanceOf(list.given)).toMatchObject({ available: units - spent })
  })

  it('goes on where its account buys more in time', async () => {
    const given = await account(2)
    const list = await listed(addresses(6, 6), { given })
    const stage = { lanes: newLanes(), says: each(exists) }
    await playWork(stage)
    await given.stub.buy({ reference: 'second', units: 10, note: '', at: Date.now() })
    expect(await toTheEnd(list, stage)).toMatchObject({ stopped: null, cost: { units: 6 } })
  })
})

/** Has accounts reserve only when told to. */
function slowFunding(): () => void {
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  replaceAccounts((stub) => ({ fund: async (total, upTo) => (await gate, stub.fund(total, upTo)) }))
  return open
}

describe('a reservation', () => {
  it('covers what the list may come to, and is gone with its end', async () => {
    const list = await listed(addresses(60, 9), { given: await account(100) })
    const stage = { lanes: newLanes(), says: each(exists) }
    await playWork(stage)
    await list.stub.take(turns[0]!.lane, turns[0]!.ticket)
    expect(await balanceOf(list.given)).toMatchObject({ reserved: 100, available: 0 })
    pass(2 * 60_000)
    await toTheEnd(list, stage)
    expect(await balanceOf(list.given)).toMatchObject({ reserved: 0, available: 40 })
  })

  it('is as large as what was allowed, though a smaller wish comes on the heels of a larger one', async () => {
    const list = await listed(
      addresses(1_000).map((email) => email.replace('@', ' @')),
      { given: await account(5_000) },
    )
    await doWork(work.shift()!)
    const { chunk } = (await list.stub.takeCheck(0))!
    const judged = Array.from({ length: chunk.rows }, (_, row): Judged => ({ row, result: pack(RESULT), price: 1_000 }))
    await Promise.all([
      list.stub.commitCheck(0, { judged, stashes: new Map() }),
      list.stub.take('eu-none', '1'),
      list.stub.take('eu-none', '2'),
    ])
    const { allowed, units } = (await list.stub.plan())!
    const { reserved, spent } = await balanceOf(list.given)
    expect(units).toBe(500_000)
    expect((spent + reserved) * 1_000).toBeGreaterThanOrEqual(allowed)
  })

  it.each(['cancelled', 'erased'])('that arrives when the list was %s meanwhile is let go', async (what) => {
    const list = await listed(addresses(6))
    const stage = { lanes: newLanes() }
    await playWork(stage)
    const { lane, ticket } = turns[0]!
    await list.stub.take(lane, ticket)
    const open = slowFunding()
    // Rows are under way: for another turn there has to be more.
    const taken = list.stub.take(lane, `${ticket}0`)
    await (what === 'erased' ? list.stub.erase() : list.stub.cancel())
    open()
    expect(await taken).toBeNull()
    expect(await balanceOf(list.given)).toMatchObject({ reserved: 0, spent: 0 })
  })

  it('is not made for turns that come after the end', async () => {
    const list = await listed(addresses(6))
    const stage = { lanes: newLanes() }
    await toTheEnd(list, stage)
    await list.stub.take(stage.lanes[0]!.id, '99')
    expect(await balanceOf(list.given)).toMatchObject({ reserved: 0, spent: 6 })
  })
})

describe('what was paid for', () => {
  const stage = (): Stage => ({ lanes: newLanes(), says: each(exists) })

  it('is free in the next list of the account, as long as the answer holds, and in no other account’s', async () => {
    const first = await listed(['jane@d.test', 'no address'])
    expect(await toTheEnd(first, stage())).toMatchObject({ cost: { units: 2 } })
    pass(HOUR)
    const second = await listed(['JOE@d.test', 'jane@d.test', 'no address'], { given: first.given })
    expect(await toTheEnd(second, stage())).toMatchObject({ cost: { units: 1, charged_rows: 1 }, done: 3 })
    await expectSettled(second, 2)
    expect(await toTheEnd(await listed(['jane@d.test']), stage())).toMatchObject({ cost: { units: 1 } })
    pass(8 * DAY)
    const late = await listed(['jane@d.test'], { given: first.given })
    expect(await toTheEnd(late, stage())).toMatchObject({ cost: { units: 1 } })
  })

  it('is paid for once where a list has it twice and wants both', async () => {
    const list = await listed(['jane@d.test', 'jane@d.test', 'no address', 'no address'], { dedupe: 'off' })
    expect(await toTheEnd(list, stage())).toMatchObject({ duplicates: 0, done: 4, cost: { units: 2, charged_rows: 2 } })
  })

  it.each(['fast', 'full'] as const)('is nothing of what a bound kept from being told: %s', async (mode) => {
    const rows = Array.from({ length: 20 }, (_, n) => (mode === 'fast' ? `user${n}@d.test` : `user ${n}@d.test`))
    const poor = await listed(rows, { mode, maxCost: 0 })
    expect(await toTheEnd(poor, {})).toMatchObject({
      stopped: 'max_cost',
      by_reason: { not_probed: 20 },
      cost: { units: 0 },
    })
    const list = await listed(rows, { mode, given: poor.given })
    expect(await toTheEnd(list, stage())).toMatchObject({ cost: { charged_rows: 20 } })
    await expectSettled(list)
  })

  it.each(['cancelled', 'erased'])('is nothing of what was found when the list was %s', async (what) => {
    const list = await listed(['jane@d.test'])
    const { lanes = [], says: answers } = stage()
    await playWork({ lanes })
    await doTurn(turns.shift()!, {
      lanes,
      says: async (job, lane) => {
        await (what === 'erased' ? list.stub.erase() : list.stub.cancel())
        return answers!(job, lane)
      },
    })
    expect(await balanceOf(list.given)).toMatchObject({ spent: 0, reserved: 0 })
    const next = await listed(['jane@d.test'], { given: list.given })
    expect(await toTheEnd(next, stage())).toMatchObject({ cost: { units: 1 } })
  })

  it('is counted once though every message comes twice, side by side', async () => {
    const list = await listed([...addresses(30, 4), 'no address'])
    const { lanes = [], says: answers } = stage()
    const both = { lanes, says: answers! }
    while (work.length + turns.length > 0) {
      const [message, turn] = [work.shift(), turns.shift()]
      if (message !== undefined) await Promise.all([doWork(message, both), doWork(message, both)])
      if (turn !== undefined) await Promise.all([doTurn(turn, both), doTurn(turn, both)])
    }
    expect(await toTheEnd(list, both)).toMatchObject({ done: 31, cost: { units: 31, charged_rows: 31 } })
    expect(await reasonsOf(list)).toEqual([...Array<string>(30).fill('mailbox_accepted'), 'syntax_invalid'])
    await expectSettled(list)
  })
})
