// How fast a list goes: by when its rows were counted, not by when somebody asks.
import { expect, it, vi } from 'vitest'
import { Rate } from '../../../edge/src/batches/pace.ts'
import { begun, bodyOf, type State, type Wanted } from '../../../edge/src/batches/state.ts'
import {
  addresses,
  bodyOf as described,
  doTurn,
  each,
  exists,
  listed,
  newLanes,
  playWork,
  standingQueues,
  turns,
} from './batch-given.ts'
import { NOON, pass, standingClock } from './given.ts'

const S = 1_000

standingClock()
standingQueues()

const layout = { start: 0, columns: [] }
const wanted = { createdAt: NOON, start: true, mode: 'full', retentionDays: 30, layout } as unknown as Wanted
const going: State = { ...begun(wanted), status: 'running', startedAt: NOON, rows: 1_000, isRead: true }

/** Counts rows at these seconds from noon on. */
function counted(rate: Rate, rows: readonly (readonly [s: number, done: number])[], before = going): State {
  return rows.reduce((state, [s, done]) => {
    vi.setSystemTime(NOON + s * S)
    const after = { ...state, done }
    rate.note(state, after)
    return after
  }, before)
}

const at = (rate: Rate, s: number): number | null => {
  vi.setSystemTime(NOON + s * S)
  return rate.now().rate
}

it('is known to whoever asks for the first time', () => {
  const rate = new Rate()
  const state = counted(rate, [
    [2, 20],
    [9, 90],
  ])
  expect(at(rate, 10)).toBe(9)
  expect(bodyOf(state, rate.now())).toMatchObject({
    rate: 9,
    eta: new Date(NOON + 10 * S + (910 / 9) * S).toISOString(),
  })
})

it('is not known before anything was counted, nor within half a second', () => {
  const rate = new Rate()
  expect(at(rate, 30)).toBeNull()
  const late = new Rate()
  counted(late, [[30.2, 5]], { ...going, startedAt: NOON + 30 * S })
  expect(at(late, 30.4)).toBeNull()
})

it('is that of the last minute, however often rows are counted in it', () => {
  const rate = new Rate()
  /** Each tenth of a second, for a hundred of them. */
  const steps = (from: number, perS: number, done: number) =>
    Array.from({ length: 1_000 }, (_, n) => [from + n / 10, done + ((n + 1) * perS) / 10] as const)
  counted(rate, [...steps(0, 100, 0), ...steps(100, 10, 10_000)])
  expect(at(rate, 200)).toBeCloseTo(10, 0)
  expect(at(rate, 230)).toBeCloseTo(5, 0)
  expect(at(rate, 300)).toBe(0)
})

it('begins when the list was started, and when its object woke up', () => {
  const early = new Rate()
  counted(early, [[602, 20]], { ...going, startedAt: NOON + 600 * S })
  expect(at(early, 602)).toBe(10)
  vi.setSystemTime(NOON + 3_600 * S)
  const woken = new Rate()
  counted(woken, [[3_610, 600]], { ...going, done: 500 })
  expect(at(woken, 3_610)).toBe(10)
})

it('is null after the end, and rows that were closed unasked are in none', () => {
  const rate = new Rate()
  const state = counted(rate, [[10, 100]])
  const closed = { ...state, stopped: 'cancelled', done: 1_000 } as const
  rate.note(state, closed)
  expect(at(rate, 10)).toBe(10)
  const ended = { ...closed, status: 'cancelled', finishedAt: NOON + 10 * S } as const
  for (const one of [closed, ended, { ...state, status: 'completed' } as const])
    expect(bodyOf(one, rate.now())).toMatchObject({ rate: null, eta: null })
})

it('of a list is told at the first look, and no more when it is cancelled', async () => {
  const list = await listed(addresses(40, 20))
  const stage = { lanes: newLanes(), says: each(exists) }
  pass(10 * S)
  await playWork(stage)
  await doTurn(turns.shift()!, stage)
  const { rate, eta, done } = await described(list)
  expect(done).toBeGreaterThan(0)
  expect(rate).toBeCloseTo(done / 10, 1)
  expect(eta).not.toBeNull()
  expect(await list.stub.cancel()).toMatchObject({ status: 'cancelled', done: 40, rate: null, eta: null })
  expect(await described(list)).toMatchObject({ rate: null, eta: null })
})
