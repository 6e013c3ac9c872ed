// How an address likes to be spoken to, told with everything real: learned on one visit, heeded on the next, by every process.
import type { Plan } from '@postern/prober/smtp/plan.ts'
import type { World } from '@postern/test/world/world.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { told } from './facts.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import { askList, listOf, processOf } from './lists.ts'
import { EHLO, EHLO_EARLY, jobAt, type ScriptedExchange } from './scripted-exchange.ts'
import { laneAt, standingStage, trafficOf } from './stage.ts'

const DAY_MS = 86_400_000
let world: World
let engine: Engine
let exchange: ScriptedExchange
let lane: LaneUnderTest

standingStage((stage) => {
  ;({ world, engine, exchange } = stage)
})
beforeEach(() => {
  lane = newLane(world, engine)
})

const traffic = () => trafficOf(engine, lane)
const manners = async () => (await traffic()).manners

describe('an offer of PIPE_CONNECT', () => {
  it('is taken on the second visit, by another process as well, and the answers are the same', async () => {
    expect(told((await lane.ask('jane.roe@pipe-connect.test')).facts)).toEqual(['mailbox:250', 'stranger:550'])
    expect(await manners()).toMatchObject([{ early: ['PIPELINING', 'PIPE_CONNECT'], stalls: false }])
    lane.advance(1_000)
    const plans: Plan[] = []
    const { dial } = lane.ports
    const other = processOf(lane, engine, {
      dial: (address, plan, limits) => {
        plans.push(plan)
        return dial(address, plan, limits)
      },
    })
    const report = await other.answer(await lane.jobFor('nina.falk@pipe-connect.test'))
    expect(told(report.facts)).toContain('mailbox:550')
    expect(plans.map(({ early }) => early)).toEqual([['PIPELINING', 'PIPE_CONNECT']])
    expect(world.sessions()).toHaveLength(2)
  })

  it('that is not meant costs one visit a second connection, and is not taken again', async () => {
    await lane.ask('jane.roe@pipe-connect-liar.test')
    lane.advance(1_000)
    const report = await lane.ask('karl.weber@pipe-connect-liar.test')
    expect(told(report.facts)).toContain('mailbox:250')
    expect(world.sessions()).toHaveLength(3)
    expect(await manners()).toEqual([])
    lane.advance(1_000)
    expect(told((await lane.ask('nina.falk@pipe-connect-liar.test')).facts)).toContain('mailbox:550')
    expect(world.sessions()).toHaveLength(4)
  })
})

describe('early words', () => {
  const ask = (address: string) => {
    lane.advance(2_000)
    return lane.answer(jobAt('mx.host.test', `${address}@d1.test`))
  }
  /** How many lines came before the greeting, which waits for as many or a moment. */
  const greetsLate = () => {
    const before: number[] = []
    return { before, note: () => before.push(exchange.sessions.at(-1)!.length) }
  }

  beforeEach(() => {
    lane = laneAt({ world, engine, exchange })
    exchange.behave({ EHLO: () => EHLO_EARLY })
  })

  it('are forgotten a day after the offer', async () => {
    await ask('m1')
    expect(await manners()).toHaveLength(1)
    lane.advance(DAY_MS)
    const { before, note } = greetsLate()
    exchange.behave({ EHLO: () => (note(), EHLO) })
    await ask('m2')
    // EHLO alone is there when EHLO is answered.
    expect(before).toEqual([1])
    expect(await manners()).toEqual([])
  })

  it.each([
    ['an offer that is withdrawn', { EHLO: () => EHLO }],
    ['an EHLO out of order', { EHLO: (line: string) => (line === '' ? '' : '503 5.5.1 Bad sequence') }],
    ['a hang-up', { EHLO: () => null }],
  ])('that meet %s are said again after the greeting, once, and not on the next visit', async (_what, script) => {
    await ask('m1')
    let visits = 0
    exchange.behave({
      EHLO: (line) => {
        visits += 1
        return visits === 1 ? (script.EHLO as (line: string) => string | null)(line) : EHLO
      },
    })
    expect(told((await ask('m2')).facts)).toContain('mailbox:550')
    expect(exchange.sessions).toHaveLength(2)
    expect(exchange.sessions[0]!.length).toBeGreaterThanOrEqual(1)
    expect(await manners()).toEqual([])
  })

  it('count among the recipients of the minute, though nobody answered them', async () => {
    await ask('m1')
    exchange.behave({ greeting: () => null })
    await ask('m2')
    exchange.behave({})
    const { granted } = await traffic()
    const named = 2
    expect(granted.slice(1).reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(named)
  })
})

describe('PIPELINING that stalls', () => {
  it('is remembered by every process for a day, and then has another chance', async () => {
    await lane.ask('jane.roe@stalling-pipeline.test')
    expect(world.sessions()).toHaveLength(2)
    for (const hours of [11, 22]) {
      lane.advance(11 * 3_600_000)
      await processOf(lane, engine).answer(await lane.jobFor(`m${hours}@stalling-pipeline.test`))
    }
    expect(world.sessions()).toHaveLength(4)
    lane.advance(2 * 3_600_000)
    await lane.ask('m99@stalling-pipeline.test')
    expect(world.sessions()).toHaveLength(6)
  })

  it('in the middle of a list loses no answer, and every name that was said is counted', async () => {
    lane = laneAt({ world, engine, exchange })
    let rcpts = 0
    exchange.behave({
      RCPT: (line) => (++rcpts === 4 ? '' : /<jane/.test(line) ? '250 2.1.5 Ok' : '550 5.1.1 No such user'),
    })
    const reports = await askList(lane, listOf({ 'd1.test': ['jane1', 'jane2', 'jane3', 'jane4', 'nobody'] }))
    expect([...reports.values()].map(({ facts }) => told(facts).find((one) => one.startsWith('mailbox')))).toEqual([
      'mailbox:250',
      'mailbox:250',
      'mailbox:250',
      'mailbox:250',
      'mailbox:550',
    ])
    const said = exchange.sessions.flat().filter((line) => line.startsWith('RCPT')).length
    const { granted } = await traffic()
    expect(granted.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(said)
    expect(told(reports.get('jane4@d1.test')!.facts)).not.toContain('reply_timeout')
  })

  it('and a host that is gone on the second try leave what was answered, and the refusals count', async () => {
    const { dial } = exchange.ports(() => lane.now())
    let dials = 0
    lane = laneAt(
      { world, engine, exchange },
      {
        dial: (...call) => (++dials === 2 ? Promise.resolve({ fault: 'connect_refused' }) : dial(...call)),
      },
    )
    let rcpts = 0
    exchange.behave({ RCPT: () => (++rcpts === 2 ? '' : '550 5.1.1 No such user') })
    const reports = await askList(lane, listOf({ 'd1.test': ['m1', 'm2'] }))
    expect(told(reports.get('m1@d1.test')!.facts)).toEqual(['mailbox:550'])
    expect(told(reports.get('m2@d1.test')!.facts)).toEqual(['reply_timeout'])
    expect((await traffic()).refused).toHaveLength(1)
    expect(await manners()).toMatchObject([{ stalls: true }])
  })
})
