// What becomes of rows at their lanes: asked in turns, each answer taken once, put off by the ladder, and faithful to the lane that has begun.
import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../edge/src/batches/batch.ts'
import { pack } from '../../../edge/src/batches/result.ts'
import type { Given } from '../../../edge/src/batches/turn.ts'
import { RESULT } from '../batches/uploads.ts'
import {
  addresses,
  bodyOf,
  doTurn,
  each,
  exists,
  isHeld,
  type Listed,
  listed,
  newLanes,
  play,
  playWork,
  putsOff,
  reasonsOf,
  type Says,
  standingQueues,
  toTheEnd,
  turns,
} from './batch-given.ts'
import { later, SECOND, watched } from './batch-visits.ts'
import { balanceOf, HOUR, MINUTE, NOON, pass, standingClock } from './given.ts'

standingClock()
standingQueues()

const told = (rows: readonly number[], wish: Partial<typeof RESULT> = {}, price = 1_000): Asked => ({
  judged: rows.map((row) => ({ row, result: pack({ ...RESULT, ...wish }), price })),
  later: new Map(),
  rests: [],
})

describe('a job', () => {
  it('has each place once, and no more than a lane takes', async () => {
    const list = await listed([...addresses(300, 60), ...addresses(100, 1, 'big')])
    const { says, jobs } = watched(each(exists))
    expect(await toTheEnd(list, { lanes: newLanes(2), says })).toMatchObject({ done: 400, status: 'completed' })
    for (const { groups } of jobs) {
      expect(new Set(groups.map(({ domain }) => domain)).size).toBe(groups.length)
      expect(groups.length).toBeLessThanOrEqual(10)
      for (const { recipients } of groups) expect(recipients.length).toBeLessThanOrEqual(30)
    }
    const asked = jobs.flatMap(({ groups }) => groups.flatMap(({ recipients }) => recipients))
    expect(asked).toHaveLength(400)
  })
})

async function taken() {
  const lanes = newLanes()
  const list = await listed(['jane@d.test', 'joe@e.test'])
  await playWork({ lanes })
  const lane = lanes[0]!.id
  const take = async (ticket: string): Promise<Given | null> => {
    const given = await list.stub.take(lane, ticket)
    if (given === 'under_way') throw new Error('the turn is under way')
    return given
  }
  return { list, lane, take }
}

describe('what came of a turn', () => {
  it('counts once, however often it is told', async () => {
    const { list, lane, take } = await taken()
    const { parcels } = (await take('1'))!
    for (const again of [false, false, true]) {
      if (again) await evictDurableObject(list.stub)
      await list.stub.finish({ lane, ticket: '1' }, parcels, told([0]))
      expect(await bodyOf(list)).toMatchObject({ done: 1, cost: { units: 1, charged_rows: 1 } })
    }
    const after = await list.stub.finish({ lane, ticket: '1' }, parcels, told([0, 1], { reason: 'mailbox_full' }))
    expect(after).toEqual({ more: false, untold: [] })
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', done: 2, cost: { units: 2 } })
    expect(await reasonsOf(list)).toEqual(['mailbox_accepted', 'mailbox_full'])
  })

  it('counts as it was told first where a later turn had the same rows', async () => {
    const { list, lane, take } = await taken()
    const first = (await take('1'))!
    expect(await take('2')).toBeNull()
    pass(81 * SECOND)
    const second = (await take('2'))!
    expect(second.groups.map(({ members }) => members.length)).toEqual([1, 1])
    await list.stub.finish({ lane, ticket: '2' }, second.parcels, told([0]))
    await list.stub.finish({ lane, ticket: '1' }, first.parcels, told([0, 1], { reason: 'mailbox_not_found' }))
    expect(await reasonsOf(list)).toEqual(['mailbox_accepted', 'mailbox_not_found'])
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', done: 2, cost: { units: 2 } })
    expect(await list.stub.finish({ lane, ticket: '2' }, second.parcels, told([1]))).toEqual({
      more: false,
      untold: [],
    })
  })

  it.each([
    ['it was cancelled', (list: Listed) => list.stub.cancel(), 'cancelled'],
    ['its time was over', (list: Listed) => (pass(27 * HOUR), list.stub.touch()), 'completed'],
  ])('is neither told nor charged after %s', async (_what, end, status) => {
    const { list, lane, take } = await taken()
    const { parcels } = (await take('1'))!
    await list.stub.finish({ lane, ticket: '1' }, parcels, told([0]))
    await end(list)
    // What was charged before stays paid for.
    expect(await list.stub.finish({ lane, ticket: '1' }, parcels, told([0, 1]))).toEqual({ more: false, untold: [1] })
    expect(await bodyOf(list)).toMatchObject({ status, done: 2, cost: { units: 1 }, by_reason: { not_probed: 1 } })
    expect(await balanceOf(list.given)).toMatchObject({ spent: 1, reserved: 0 })
    expect(await take('2')).toBeNull()
    expect(await balanceOf(list.given)).toMatchObject({ reserved: 0 })
  })

  it('that was lost is asked for again when its time is over, and at once where it was given back', async () => {
    const { list, lane, take } = await taken()
    const first = (await take('1'))!
    expect(await list.stub.take(lane, '1')).toBe('under_way')
    expect(await take('2')).toBeNull()
    await list.stub.leave(lane, '1')
    expect((await take('1'))?.groups).toEqual(first.groups)
    expect(await take('2')).toBeNull()
    pass(80 * SECOND)
    expect((await take('2'))?.groups).toEqual(first.groups)
    expect(await bodyOf(list)).toMatchObject({ done: 0 })
  })

  it('of which the message came twice, side by side, is asked about once and keeps its turn until it is over', async () => {
    const lanes = newLanes()
    const list = await listed(addresses(20, 2))
    await playWork({ lanes })
    const { says, visits } = watched(each(exists))
    const turn = turns.shift()!
    const twice: Says = async (job, lane) => {
      await doTurn(turn, { lanes, says })
      expect(turns).toEqual([])
      return says(job, lane)
    }
    await doTurn(turn, { lanes, says: twice })
    expect(visits).toHaveLength(1)
    expect(await toTheEnd(list, { lanes, says })).toMatchObject({ status: 'completed', done: 20 })
    expect(visits.flatMap(({ emails }) => emails)).toHaveLength(20)
  })

  it('that nobody could be told of is asked for again as soon as its message comes back', async () => {
    const lanes = newLanes()
    const list = await listed(addresses(4))
    await playWork({ lanes })
    const turn = turns.shift()!
    const breaks: Says = () => Promise.reject(new Error('the consumer broke'))
    await expect(doTurn(turn, { lanes, says: breaks })).rejects.toThrow('broke')
    await doTurn(turn, { lanes })
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', done: 4 })
  })

  it('finds its rows in an object that has slept meanwhile', async () => {
    const lanes = newLanes()
    const list = await listed(addresses(60, 12))
    const { says, visits } = watched(each(exists))
    const sleeping: Says = async (job, lane) => {
      await evictDurableObject(list.stub)
      return says(job, lane)
    }
    expect(await toTheEnd(list, { lanes, says: sleeping })).toMatchObject({ status: 'completed', done: 60 })
    expect((await bodyOf(list)).cost).toMatchObject({ units: 60, charged_rows: 60 })
    expect(visits.flatMap(({ emails }) => emails)).toHaveLength(60)
  })
})

const minutes = (...all: readonly number[]): number[] => all.map((one) => Math.round(one * MINUTE))

describe('a row that is put off', () => {
  it.each([
    ['is asked again after 1, 2, 4, 30 min and 2 h', [later, 0], minutes(0, 1, 3, 7, 37, 157)],
    ['is asked a little later than that', [later, 1], minutes(0, 1.1, 3.3, 7.7, 40.7, 172.7)],
    [
      'is asked again after the delay that the reply names',
      [putsOff, 0],
      [0, 2.5, 5, 7.5, 10, 12.5].map((s) => s * SECOND),
    ],
  ] as const)('%s, always at its lane', async (_what, [report, roll], at) => {
    const list = await listed(['jane@d.test'])
    const { says, visits } = watched(each(report))
    const body = await toTheEnd(list, { lanes: newLanes(4), says, roll })
    expect(visits.map((visit) => visit.at)).toEqual(at)
    expect(new Set(visits.map(({ lane }) => lane)).size).toBe(1)
    expect(body).toMatchObject({ status: 'completed', by_reason: { greylisted: 1 }, cost: { units: 0 } })
  })

  it('keeps nobody else waiting, and comes to its answer in the end', async () => {
    const list = await listed(['jane@d.test', 'joe@d.test', 'ann@e.test'])
    const { says, visits } = watched(
      each((email) => (email === 'joe@d.test' && Date.now() < NOON + MINUTE ? later() : exists())),
    )
    await play({ lanes: newLanes(), says })
    expect(await bodyOf(list)).toMatchObject({ done: 2, status: 'running' })
    expect(await reasonsOf(list)).toEqual(['mailbox_accepted', null, 'mailbox_accepted'])
    const lanes = newLanes()
    expect(await toTheEnd(list, { lanes: [...lanes, { ...lanes[0]!, id: visits[0]!.lane }], says })).toMatchObject({
      done: 3,
    })
    expect(visits.slice(1)).toEqual([{ lane: visits[0]!.lane, at: MINUTE, emails: ['joe@d.test'] }])
  })

  it.each(['permit', 'breaker_open', 'shunned'] as const)(
    'by "%s" waits with all of its place for as long as it says',
    async (hold) => {
      const list = await listed([...addresses(50), 'jane@e.test'])
      const { says, visits } = watched(
        each((email) =>
          email.endsWith('@d0.test') && Date.now() < NOON + 5 * MINUTE ? isHeld(hold, NOON + 5 * MINUTE) : exists(),
        ),
      )
      const lanes = newLanes()
      const body = await toTheEnd(list, { lanes, says })
      expect(body).toMatchObject({ done: 51, by_reason: { mailbox_accepted: 51 } })
      // Of the groups of one domain, one was told so, and the others did not ask.
      expect(visits.filter(({ at }) => at < 5 * MINUTE).flatMap(({ emails }) => emails)).toHaveLength(25)
      expect(
        visits.filter(({ at }) => at >= 5 * MINUTE && at < 6 * MINUTE).flatMap(({ emails }) => emails),
      ).toHaveLength(50)
    },
  )
})

describe('a row without an answer', () => {
  it('is asked about anew: what its lane remembers of the last visit is known already', async () => {
    const list = await listed(['jane@d.test'])
    let visits = 0
    const { says, jobs } = watched(each(() => ((visits += 1) < 2 ? putsOff() : exists())))
    expect(await toTheEnd(list, { lanes: newLanes(), says })).toMatchObject({ by_reason: { mailbox_accepted: 1 } })
    expect(jobs.map(({ maxAgeS }) => maxAgeS)).toEqual([31_536_000, 0])
  })
})
