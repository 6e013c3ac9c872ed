// What becomes of rows at their lanes: asked in turns, each answer taken once, put off by the ladder, and faithful to the lane that has begun.
import { evictDurableObject } from 'cloudflare:test'
import type { ListJob } from '@postern/shared/contract/probe.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../edge/src/batches/batch.ts'
import { pack } from '../../../edge/src/batches/result.ts'
import { RESULT } from '../batches/uploads.ts'
import { replyTo } from '../facts.ts'
import {
  addresses,
  bodyOf,
  doTurn,
  each,
  exists,
  isHeld,
  isNobody,
  type Listed,
  listed,
  newLanes,
  next,
  play,
  playWork,
  putsOff,
  reasonsOf,
  type Report,
  type Says,
  standingQueues,
  toTheEnd,
  turns,
} from './batch-given.ts'
import { balanceOf, DAY, HOUR, MINUTE, NOON, pass, standingClock } from './given.ts'

standingClock()
standingQueues()

const SECOND = 1_000

interface Visit {
  readonly lane: string
  /** In milliseconds since noon. */
  readonly at: number
  readonly emails: readonly string[]
}

/** A lane that says what `says` says, and what it was asked. */
function watched(says: Says): { says: Says; visits: Visit[]; jobs: ListJob[] } {
  const [visits, jobs]: [Visit[], ListJob[]] = [[], []]
  const noting: Says = (job, lane) => {
    const emails = job.groups.flatMap(({ domain, recipients }) => recipients.map((one) => `${one.localPart}@${domain}`))
    visits.push({ lane: lane.id, at: Date.now() - NOON, emails })
    jobs.push(job)
    return says(job, lane)
  }
  return { says: noting, visits, jobs }
}

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
  return { list, lane, take: (ticket: string) => list.stub.take(lane, ticket) }
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
    ['its time was over', async (list: Listed) => void (pass(27 * HOUR), await list.stub.touch()), 'completed'],
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

  it('that was lost is asked for again when its time is over, also by the same turn at once', async () => {
    const { list, take } = await taken()
    const first = (await take('1'))!
    expect((await take('1'))?.groups).toEqual(first.groups)
    expect(await take('2')).toBeNull()
    pass(80 * SECOND)
    expect((await take('2'))?.groups).toEqual(first.groups)
    expect(await bodyOf(list)).toMatchObject({ done: 0 })
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

/** Puts off without saying for how long. */
function later(): Report {
  const { reply } = replyTo('mailbox', 'greylisted')
  return {
    state: 'asked',
    facts: [replyTo('mailbox', 'greylisted', { observedAt: Date.now(), reply: { ...reply, lines: ['Greylisted'] } })],
  }
}

const minutes = (...all: readonly number[]): number[] => all.map((one) => Math.round(one * MINUTE))

describe('a row that is put off', () => {
  it.each([
    ['is asked again after 1, 2, 4, 30 min and 2 h', later, 0, minutes(0, 1, 3, 7, 37, 157)],
    ['is asked a little later than that', later, 1, minutes(0, 1.1, 3.3, 7.7, 40.7, 172.7)],
    [
      'is asked again after the delay that the reply names',
      putsOff,
      0,
      [0, 2.5, 5, 7.5, 10, 12.5].map((s) => s * SECOND),
    ],
  ] as const)('%s, always at its lane', async (_what, report, roll, at) => {
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

const REPLIES = { busy: { kind: 'busy' }, uncertain: { kind: 'uncertain' }, gone: { kind: 'not_started' } } as const

describe('a lane that says nothing', () => {
  it.each([
    ['is busy', REPLIES.busy, 1 * SECOND],
    ['is not heard of', REPLIES.uncertain, 10 * SECOND],
    ['is not there', REPLIES.gone, 10 * SECOND],
  ])('because it %s is asked again, and no other one', async (_what, reply, after) => {
    const list = await listed(['jane@d.test', 'joe@e.test'])
    let silent = 2
    const { says, visits } = watched((job, lane) => ((silent -= 1) >= 0 ? reply : each(exists)(job, lane)))
    expect(await toTheEnd(list, { lanes: newLanes(), says })).toMatchObject({ by_reason: { mailbox_accepted: 2 } })
    expect(visits.map(({ at }) => at)).toEqual([0, after, 2 * after])
  })

  it('changes nothing of what was known, and its rows are where they were', async () => {
    const list = await listed(['jane@d.test'])
    const lanes = newLanes(3)
    const { says, visits } = watched((job, lane) =>
      Date.now() < NOON + 30 * MINUTE ? each(later)(job, lane) : REPLIES.gone,
    )
    const stage = { lanes, says }
    await play(stage)
    while (Date.now() < NOON + 60 * MINUTE) await next(list, stage)
    // More than half an hour after the first visit, and less since the lane was lost.
    expect(visits.filter(({ at }) => at > 30 * MINUTE).length).toBeGreaterThan(5)
    expect(new Set(visits.map(({ lane }) => lane)).size).toBe(1)
    await list.stub.cancel()
    expect(await bodyOf(list)).toMatchObject({ status: 'cancelled', by_reason: { greylisted: 1 } })
  })

  it('for half an hour loses its rows to another one, which keeps them', async () => {
    const list = await listed(['jane@d.test'])
    const lanes = newLanes(2)
    let lost = ''
    const { says, visits } = watched((job, lane) => {
      lost ||= lane.id
      return lane.id === lost ? REPLIES.gone : each(later)(job, lane)
    })
    const body = await toTheEnd(list, { lanes, says })
    const moved = visits.findIndex(({ lane }) => lane !== lost)
    expect(visits[moved]!.at).toBeGreaterThan(30 * MINUTE)
    expect(visits[moved]!.at).toBeLessThan(36 * MINUTE)
    expect(visits.slice(moved).every(({ lane }) => lane !== lost)).toBe(true)
    expect(body).toMatchObject({ by_reason: { greylisted: 1 } })
    // It is not asked every ten seconds for as long as that lasts.
    expect(moved).toBeLessThan(60)
  })

  it.each([
    ['no lane', REPLIES.gone],
    ['no word', REPLIES.uncertain],
  ])(
    'for a day leaves its rows with "no_lane": %s',
    async (_what, reply) => {
      const list = await listed(['jane@d.test'])
      const { says, visits } = watched(() => reply)
      const body = await toTheEnd(list, { lanes: newLanes(), says }, 10_000)
      expect(body).toMatchObject({ status: 'completed', stopped: null, by_reason: { no_lane: 1 }, cost: { units: 0 } })
      expect(visits.at(-1)!.at).toBeLessThanOrEqual(DAY + 5 * MINUTE)
    },
    60_000,
  )
})

describe('a lane that is broken', () => {
  const unfit = (): Report => isHeld('lane_unfit', null)

  it('leaves its rows to another one at once', async () => {
    const list = await listed(['jane@d.test', 'joe@d.test'])
    let broken: Lane | null = null
    const { says, visits } = watched((job, lane) => {
      broken ??= lane
      return each(lane === broken ? unfit : exists)(job, lane)
    })
    const body = await toTheEnd(list, { lanes: newLanes(2), says })
    expect(body).toMatchObject({ by_reason: { mailbox_accepted: 2 } })
    expect(visits.map(({ at }) => at)).toEqual([0, 0])
    expect(new Set(visits.map(({ lane }) => lane)).size).toBe(2)
  })

  it('beside another one that is broken keeps them, and they end as "no_lane" after a day', async () => {
    const list = await listed(['jane@d.test'])
    const { says, visits } = watched(each(unfit))
    const body = await toTheEnd(list, { lanes: newLanes(2), says }, 10_000)
    expect(body).toMatchObject({ status: 'completed', by_reason: { no_lane: 1 } })
    expect(visits.filter(({ lane }) => lane === visits[0]!.lane)).toHaveLength(1)
    expect(visits.at(-1)!.at).toBeGreaterThan(23 * HOUR)
  }, 60_000)

  it('and has gone from the map leaves its rows to one that is there', async () => {
    const list = await listed(['jane@d.test'])
    await playWork({ lanes: newLanes() })
    await doTurn(turns.shift()!, { lanes: newLanes(2) })
    const body = await toTheEnd(list, { lanes: newLanes(), says: each(isNobody) })
    expect(body).toMatchObject({ by_reason: { mailbox_not_found: 1 } })
  })
})
