// What becomes of rows whose lane says nothing, or is broken: they are faithful for as long as greylists are, and end in a day.
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { describe, expect, it } from 'vitest'
import {
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
  type Report,
  type Stage,
  standingQueues,
  toTheEnd,
  turns,
} from './batch-given.ts'
import { later, SECOND, watched } from './batch-visits.ts'
import { DAY, HOUR, MINUTE, NOON, pass, standingClock } from './given.ts'

standingClock()
standingQueues()

/** Goes on, alarm by alarm, until the list has ended; between the day's first hour and its last each alarm is half an hour late. */
async function throughTheDay(list: Listed, stage: Stage) {
  await play(stage)
  for (let rung = 0; rung < 1_000; rung += 1) {
    const body = await bodyOf(list)
    if (body.finished_at !== null) return body
    const at = Date.now() - NOON
    if (at > HOUR && at < 23 * HOUR) pass(30 * MINUTE)
    await next(list, stage)
  }
  throw new Error('it never ends')
}

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
      const body = await throughTheDay(list, { lanes: newLanes(), says })
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
    const body = await throughTheDay(list, { lanes: newLanes(2), says })
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
