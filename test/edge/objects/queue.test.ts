// Usage of the fast path as the queue delivers it to the Worker: counted once, records told, nobody kept waiting.
import { describe, expect, it } from 'vitest'
import type { UsageEvent } from '../../../edge/src/accounts/meter.ts'
import {
  account,
  balanceOf,
  FAST,
  type Given,
  newId,
  nowhere,
  objects,
  recordOf,
  settlement,
  standingClock,
  usageOf,
} from './given.ts'
import { fatesOf, standingWarnings, warned } from './queues-given.ts'

standingClock()
standingWarnings()

/** One fast answer, whose record lies where it belongs before its charge is told. */
async function event({ id: account }: Given, address: readonly string[] = []): Promise<UsageEvent> {
  const id = newId()
  await objects.recordsOf(account, 'live', id).keep([recordOf(id, { record: JSON.stringify({ id, cost: FAST }) })])
  return { account, settlement: settlement({ id, mode: 'fast', price: FAST, address }) }
}

const deliver = (events: readonly UsageEvent[]) => fatesOf('postern-usage', events)

async function costOf({ account, settlement: { id } }: UsageEvent): Promise<unknown> {
  const found = await objects.recordsOf(account, 'live', id).find(id, Date.now())
  return found.kind === 'found' ? (JSON.parse(found.record) as { cost: unknown }).cost : found.kind
}

describe('a batch of usage', () => {
  it('is counted account by account, each event once though it comes twice', async () => {
    const [given, other] = [await account(10), await account(10)]
    const [one, two, three] = [await event(given), await event(other), await event(given)]
    expect(await deliver([one, two, one, three])).toEqual(Array.from({ length: 4 }, () => 'done with'))
    expect(await deliver([three, two])).toEqual(['done with', 'done with'])
    expect([await balanceOf(given), await balanceOf(other)]).toMatchObject([{ spent: 0.2 }, { spent: 0.1 }])
    expect(await usageOf(given)).toMatchObject([{ count: 2, why: 'fast' }])
  })

  it('tells a record what it came to cost where that differs, and leaves the others as they are', async () => {
    const given = await account(10)
    const [first, second, other] = [await event(given, ['jane']), await event(given, ['jane']), await event(given)]
    await deliver([first, second, other])
    expect([await costOf(first), await costOf(second), await costOf(other)]).toEqual([
      FAST,
      { units: 0, charged: false, why: 'repeat' },
      FAST,
    ])
  })

  it('with an account that cannot be reached counts the others, and comes back for that one alone', async () => {
    const given = await account(10)
    const lost = { account: nowhere(), settlement: settlement() }
    const mixed = [lost, await event(given), lost, await event(given)]
    expect(await deliver(mixed)).toEqual(['comes back', 'done with', 'comes back', 'done with'])
    expect(await balanceOf(given)).toMatchObject({ spent: 0.2 })
    expect(warned).toHaveLength(1)
    expect(warned[0]).toContain(lost.account)
  })

  it('of nothing is nothing', async () => {
    expect(await deliver([])).toEqual([])
    expect(warned).toEqual([])
  })
})
