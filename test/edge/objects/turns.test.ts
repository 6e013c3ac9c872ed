// Who may use a lane's hands next: account by account, list by list, and what becomes of turns that are lost.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Turn, Turns, Waiter } from '../../../edge/src/probe/turns.ts'
import {
  addresses,
  bodyOf,
  doTurn,
  each,
  exists,
  listed,
  newLanes,
  playWork,
  standingQueues,
  turns,
} from './batch-given.ts'
import { alarmOf, pass, ring, standingClock } from './given.ts'

standingClock()
standingQueues()

const SECOND = 1_000
let lanes = 0

interface Lane {
  readonly name: string
  readonly stub: DurableObjectStub<Turns>
}

function newLane(): Lane {
  const name = `lane-${(lanes += 1)}`
  return { name, stub: env.TURNS.getByName(name) }
}

/** A list, written as account and list: `A1`. */
const waiter = (name: string): Waiter => ({ account: name[0]!, batch: name })
const want = ({ name, stub }: Lane, who: string, count: number) => stub.want(name, waiter(who), count)
const done = ({ name, stub }: Lane, { ticket }: Pick<Turn, 'ticket'>, more: boolean) => stub.done(name, ticket, more)

/** Lists in the order in which turns were given since this was looked at last. */
function given(): string {
  return turns
    .splice(0)
    .map(({ batch }) => batch)
    .join(' ')
}

/** Ends the turns in the order in which they were given, each with more to do, until so many more were given. */
async function goRound(lane: Lane, held: Turn[], count: number): Promise<string> {
  const seen: string[] = []
  while (seen.length < count) {
    await done(lane, held.shift()!, true)
    held.push(...turns.splice(0).map((turn) => (seen.push(turn.batch), turn)))
  }
  return seen.join(' ')
}

describe('a lane', () => {
  it('gives no more turns at a time than it has hands', async () => {
    const lane = newLane()
    await want(lane, 'A1', 100)
    expect(given()).toBe('A1 A1 A1 A1')
    await want(lane, 'B1', 100)
    expect(given()).toBe('')
  })

  it('gives the same wish no second turn', async () => {
    const lane = newLane()
    await want(lane, 'A1', 1)
    await want(lane, 'A1', 1)
    await want(lane, 'B1', 2)
    await Promise.all([want(lane, 'B1', 2), want(lane, 'B1', 1)])
    expect(given()).toBe('A1 B1 B1')
    await want(lane, 'A1', 2)
    expect(given()).toBe('A1')
  })

  it('goes round by account, whoever has more and larger lists', async () => {
    const lane = newLane()
    await want(lane, 'A1', 4)
    await want(lane, 'A2', 4)
    await want(lane, 'A3', 4)
    const held = turns.splice(0)
    await want(lane, 'B1', 4)
    await want(lane, 'C1', 4)
    const round = await goRound(lane, held, 12)
    expect(round.split(' ').slice(0, 2)).toEqual(['B1', 'C1'])
    const counts = ['A', 'B', 'C'].map((account) => round.split(' ').filter((list) => list.startsWith(account)).length)
    expect(counts).toEqual([4, 4, 4])
  })

  it('goes round by list within an account', async () => {
    const lane = newLane()
    await want(lane, 'A1', 4)
    const held = turns.splice(0)
    await want(lane, 'A2', 1)
    const round = await goRound(lane, held, 10)
    expect(round.split(' ').filter((list) => list === 'A2').length).toBeGreaterThanOrEqual(2)
    expect(round.split(' ').indexOf('A2')).toBeLessThanOrEqual(1)
  })

  it('lets a small list pass by a large one of somebody else', async () => {
    const stage = { lanes: newLanes(), says: each(exists) }
    const large = await listed(addresses(2_000, 100))
    await playWork(stage)
    await doTurn(turns.shift()!, stage)
    const small = await listed(addresses(10, 2, 'small'))
    await playWork(stage)
    let after = 0
    for (; (await bodyOf(small)).finished_at === null; after += 1) {
      await doTurn(turns.shift()!, stage)
      await playWork(stage)
    }
    expect(after).toBeLessThanOrEqual(5)
    expect(await bodyOf(large)).toMatchObject({ status: 'running' })
  })

  it('remembers who waits and who was served while its object sleeps', async () => {
    const lane = newLane()
    await want(lane, 'A1', 4)
    const [first] = turns.splice(0)
    await want(lane, 'A2', 4)
    await want(lane, 'B1', 1)
    await evictDurableObject(lane.stub)
    await done(lane, first!, false)
    expect(given()).toBe('B1')
  })

  it('takes back a turn once, and gives it to whoever waits', async () => {
    const lane = newLane()
    await want(lane, 'A1', 4)
    const held = turns.splice(0)
    await want(lane, 'B1', 3)
    await done(lane, held[0]!, false)
    await done(lane, held[0]!, true)
    await done(lane, { ticket: '99' }, true)
    expect(given()).toBe('B1')
  })
})

describe('a turn of which nothing is heard', () => {
  it('comes back when its time is over, to whoever has waited longest', async () => {
    const lane = newLane()
    await want(lane, 'A1', 4)
    const [first] = turns.splice(0)
    await want(lane, 'B1', 1)
    pass(90 * SECOND - 1)
    await want(lane, 'B1', 1)
    expect(given()).toBe('')
    pass(1)
    await ring(lane.stub)
    expect(given()).toBe('B1 A1 A1 A1')
    // Whoever had it comes too late to give it back.
    await done(lane, first!, true)
    expect(given()).toBe('')
  })

  it('is not waited for longer because others were given since', async () => {
    const lane = newLane()
    await want(lane, 'A1', 1)
    const issued = Date.now()
    turns.length = 0
    pass(60 * SECOND)
    await want(lane, 'B1', 3)
    await want(lane, 'C1', 1)
    expect(given()).toBe('B1 B1 B1')
    expect(await alarmOf(lane.stub)).toBe(issued + 90 * SECOND)
    pass(30 * SECOND)
    await ring(lane.stub)
    expect(given()).toBe('C1')
    expect(await alarmOf(lane.stub)).toBe(issued + 150 * SECOND)
  })

  it('comes back where the queue had not even taken it', async () => {
    const lane = newLane()
    vi.spyOn(env.ASKS, 'sendBatch').mockRejectedValueOnce(new Error('is not there'))
    const wanting = runInDurableObject(lane.stub, (instance: Turns) => instance.want(lane.name, waiter('A1'), 2))
    await expect(wanting).rejects.toThrow('is not there')
    expect(given()).toBe('')
    pass(90 * SECOND)
    await ring(lane.stub)
    expect(given()).toBe('A1 A1')
  })

  it('keeps no alarm alive once nobody has one', async () => {
    const lane = newLane()
    await want(lane, 'A1', 1)
    await done(lane, turns.shift()!, false)
    pass(90 * SECOND)
    await ring(lane.stub)
    expect([given(), await alarmOf(lane.stub)]).toEqual(['', null])
  })
})
