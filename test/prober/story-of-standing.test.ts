// How a lane stands with a destination, told with everything real: who refuses it, slows it down or has had enough is left alone.
import type { World } from '@postern/test/world/world.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { holdOf, reply, told } from './facts.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import { askList, listOf, processOf } from './lists.ts'
import { jobAt, type ScriptedExchange } from './scripted-exchange.ts'
import { laneAt, standingStage, trafficOf } from './stage.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
let world: World
let engine: Engine
let exchange: ScriptedExchange
let lane: LaneUnderTest

standingStage((stage) => {
  ;({ world, engine, exchange } = stage)
})
beforeEach(() => {
  lane = laneAt({ world, engine, exchange })
})

/** The next address of a domain that nobody has asked about. */
let addresses = 0
function ask(domain = 'd1.test') {
  addresses += 1
  lane.advance(1_000)
  return lane.answer(jobAt('mx.host.test', `somebody${addresses}@${domain}`))
}

const standing = async () => (await trafficOf(engine, lane)).standing

describe('a destination that refuses us', () => {
  it.each([
    ['554 5.7.1 Your address is on our block list'],
    ['421 4.7.1 Connection refused: your address has a poor reputation'],
  ])('is left alone for an hour, then for two, and forgiven after two good days (%s)', async (words) => {
    exchange.behave({ greeting: () => words })
    expect(told((await ask()).facts)).toEqual([`greeting:${words.slice(0, 3)}`])
    for (const hours of [1, 2, 4]) {
      const held = await ask('d2.test')
      expect(held.state).toBe('held')
      const { hold, retryAt } = holdOf(held.facts)
      expect(hold).toBe('shunned')
      expect(retryAt! - lane.now()).toBeGreaterThan(hours * HOUR_MS - 10_000)
      expect(retryAt! - lane.now()).toBeLessThanOrEqual(hours * HOUR_MS)
      lane.advance(retryAt! - lane.now())
      expect((await ask()).state).toBe('asked')
    }
    expect(exchange.sessions).toHaveLength(4)
    exchange.behave({})
    lane.advance(DAY_MS)
    await ask()
    expect((await standing()).shuns).toBe(4)
    lane.advance(2 * DAY_MS)
    await ask()
    exchange.behave({ greeting: () => words })
    await ask()
    expect(holdOf((await ask()).facts).retryAt! - lane.now()).toBeLessThanOrEqual(HOUR_MS)
  })

  it('for one domain, or two, is asked on behalf of others; three domains speak for all', async () => {
    exchange.behave({ RCPT: () => '550 5.7.1 Service unavailable; client host [192.0.2.9] blocked using dnsbl.test' })
    for (const domain of ['d1.test', 'd1.test', 'd2.test', 'd2.test', 'd1.test', 'd3.test']) {
      expect(told((await ask(domain)).facts)).toContain('mailbox:550')
    }
    expect(holdOf((await ask('d4.test')).facts).hold).toBe('shunned')
  })

  it('is not the next one: another lane has a standing of its own', async () => {
    exchange.behave({ greeting: () => '554 5.7.1 Your address is on our block list' })
    await ask()
    expect(holdOf((await ask()).facts).hold).toBe('shunned')
    lane = laneAt({ world, engine, exchange })
    expect((await ask()).state).toBe('asked')
  })
})

describe('a destination that asks us to slow down', () => {
  it.each([
    ['421 4.7.0 Too many connections', 2],
    ['450 4.7.1 Rate limit exceeded, slow down', 2],
    ['451 4.7.5 Try again', 2],
    ['450 4.7.1 Greylisted, try again in 60 seconds', 1],
    ['451 4.3.0 Local error', 1],
    ['550 5.1.1 No such user', 1],
  ])('by "%s" has a pace of %i', async (words, pace) => {
    exchange.behave({ RCPT: () => words })
    await ask()
    expect((await standing()).pace).toBe(pace)
  })

  it('is visited half as often with each word, sixteen times less at most, and twice as often after ten quiet minutes', async () => {
    exchange.behave({ RCPT: () => '450 4.7.1 Rate limit exceeded, slow down' })
    const paces: number[] = []
    for (let n = 0; n < 6; n += 1) {
      lane.advance(60_000)
      await ask()
      paces.push((await standing()).pace)
    }
    expect(paces).toEqual([2, 4, 8, 16, 16, 16])
    exchange.behave({})
    // At a sixteenth of two a second the third visit within sixteen seconds is one too many.
    lane.advance(60_000)
    for (const state of ['asked', 'asked', 'held']) expect((await ask()).state).toBe(state)
    lane.advance(40 * 60_000)
    for (const state of ['asked', 'asked', 'asked']) expect((await ask()).state).toBe(state)
  })
})

describe('a minute’s recipients', () => {
  it('are left to those who wait, as to the last fifth', async () => {
    lane = newLane(world, engine)
    await lane.learn('somebody@catchall.test', {
      domainFacts: [reply('stranger', 250, { exchange: 'mx.catchall.test', observedAt: lane.now() })],
    })
    const locals = Array.from({ length: 30 }, (_, n) => `m${n}`)
    const states = new Map<string, number>()
    for (const { state } of (await askList(lane, listOf({ 'catchall.test': locals }))).values()) {
      states.set(state, (states.get(state) ?? 0) + 1)
    }
    expect(states).toEqual(
      new Map([
        ['asked', 24],
        ['held', 6],
      ]),
    )
    lane.advance(2_000)
    const late = await askList(lane, listOf({ 'catchall.test': locals.slice(24) }))
    expect([...late.values()].map(({ state }) => state)).toEqual(Array(6).fill('held'))
    const { retryAt } = holdOf(late.get('m25@catchall.test')!.facts)
    expect((await lane.ask('jane.roe@catchall.test')).state).toBe('asked')
    lane.advance(retryAt! - lane.now())
    const last = await askList(lane, listOf({ 'catchall.test': locals.slice(24) }))
    expect([...last.values()].map(({ state }) => state)).toEqual(Array(6).fill('asked'))
  })
})

describe('fifteen refused recipients an hour', () => {
  it('are a domain’s, over all lanes that ask, and an hour later it goes on', async () => {
    const other = processOf(lane, engine, { lane: { ...lane.ports.lane, id: 'another-lane' } })
    const first = lane.now()
    for (let n = 0; n < 14; n += 1) {
      const who = n % 2 === 0 ? lane : other
      lane.advance(7_000)
      expect((await who.answer(jobAt('mx.host.test', `m${n}@d1.test`))).state, `m${n}`).toBe('asked')
    }
    // The first refused mailbox had postmaster for company, who was accepted.
    lane.advance(7_000)
    expect((await other.answer(jobAt('mx.host.test', 'm14@d1.test'))).state).toBe('asked')
    for (const who of [lane, other]) {
      const held = await who.answer(jobAt('mx.host.test', 'm15@d1.test'))
      expect(told(held.facts)).toEqual(['hold:permit'])
      expect(holdOf(held.facts).retryAt! - first - HOUR_MS).toBeLessThan(20_000)
    }
    expect((await other.answer(jobAt('mx.host.test', 'jane@d2.test'))).state).toBe('asked')
    lane.advance(HOUR_MS)
    expect((await other.answer(jobAt('mx.host.test', 'm15@d1.test'))).state).toBe('asked')
  })

  it('are a destination’s, over all domains behind it', async () => {
    let refused = 0
    const held: number[] = []
    for (let n = 0; n < 20; n += 1) {
      lane.advance(7_000)
      const report = await lane.answer(jobAt('mx.host.test', `m${n}@d${n % 4}.test`))
      refused += told(report.facts).filter((one) => one === 'mailbox:550').length
      if (report.state === 'held') held.push(holdOf(report.facts).retryAt! - lane.now())
    }
    expect(refused).toBeLessThanOrEqual(15)
    expect(refused).toBeGreaterThanOrEqual(14)
    for (const wait of held) expect(wait).toBeGreaterThan(HOUR_MS - 150_000)
  })
})
