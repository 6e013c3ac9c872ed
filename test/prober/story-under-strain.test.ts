// The story of a job where something is wrong or scarce: many at once, slow hosts, little time.
import type { World } from '@postern/test/world/world.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { holdOf, told } from './facts.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import { standingStage, timed, trafficOf } from './stage.ts'

let world: World
let engine: Engine
let lane: LaneUnderTest

standingStage((stage) => {
  ;({ world, engine } = stage)
})
beforeEach(() => {
  lane = newLane(world, engine)
})

describe('many at once', () => {
  it('jobs for one address cause one session, and the others hear when to come back', async () => {
    const reports = await Promise.all(Array.from({ length: 8 }, () => lane.ask('jane.roe@slow-greeting.test')))
    expect(reports.map(({ state }) => state).sort()).toEqual(['asked', ...Array(7).fill('held')])
    for (const { facts } of reports.filter(({ state }) => state === 'held')) {
      expect(holdOf(facts).hold).toBe('in_progress')
      expect(holdOf(facts).retryAt).toBeLessThanOrEqual(lane.now() + 150)
    }
    expect(world.sessions()).toHaveLength(1)
    expect((await lane.ask('jane.roe@slow-greeting.test')).state).toBe('known')
  })

  it('jobs for mailboxes at one host come one after the other', async () => {
    const addresses = ['jane.roe@slow-greeting.test', 'nina.falk@slow-greeting.test']
    const reports = await Promise.all(addresses.map((address) => lane.ask(address)))
    expect(reports.map(({ state }) => state).sort()).toEqual(['asked', 'held'])
    const late = reports.findIndex(({ state }) => state === 'held')
    const { hold, retryAt } = holdOf(reports[late]!.facts)
    expect(hold).toBe('permit')
    expect(retryAt).toBeGreaterThan(lane.now() - 1_000)
    // Held is not asked: the claim was let go, and nobody has to wait for it.
    lane.advance(1_000)
    expect((await lane.ask(addresses[late]!)).state).toBe('asked')
    expect(world.sessions()).toHaveLength(2)
  })

  it('a permit is for as many recipients as the conversation may come to name', async () => {
    for (const address of ['jane.roe@strangers-later.test', 'nina.falk@strict.test', 'jane.roe@catchall.test']) {
      lane = newLane(world, engine)
      world.reset()
      await lane.ask(address)
      const named = world.sessions().flatMap(({ commands }) => commands.filter(({ line }) => line.startsWith('RCPT ')))
      const { granted } = await trafficOf(engine, lane)
      expect(named.length).toBeGreaterThan(1)
      expect(granted.reduce((sum, [, recipients]) => sum + recipients, 0)).toBeGreaterThanOrEqual(named.length)
    }
  })

  it('five hosts that refuse open the breaker of that host, and one try after five minutes closes it again', async () => {
    const ask = (n: number) => lane.ask(`m${n}@closed-port.test`)
    for (let n = 0; n < 5; n += 1) {
      expect(told((await ask(n)).facts)).toEqual(['connect_refused'])
      lane.advance(1_000)
    }
    const open = await ask(5)
    expect(open.state).toBe('held')
    expect(holdOf(open.facts).hold).toBe('breaker_open')
    lane.advance(holdOf(open.facts).retryAt! - lane.now())
    expect(told((await ask(6)).facts)).toEqual(['connect_refused'])
    expect(told((await ask(7)).facts)).toEqual(['hold:breaker_open'])
  })
})

describe('time', () => {
  it.each([
    ['jane.roe@tarpit.test', 'greeting_timeout', 600],
    ['jane.roe@dead.test', 'greeting_timeout', 300],
    ['jane.roe@sluggish.test', 'reply_timeout', 250],
    ['jane.roe@strict.test', 'name_timeout', 1],
  ])('%s ends within its budget, as %s', async (address, why, budgetMs) => {
    const job = await lane.jobFor(address, { budgetMs })
    const { done, tookMs } = await timed(lane.answer(job))
    expect(told(done.facts)).toEqual([why])
    expect(tookMs).toBeLessThan(budgetMs + 200)
  })

  it('that was spent before a host was dialled is not held against it', async () => {
    let late = true
    const { resolveAddresses } = lane.ports
    const slow = newLane(world, engine, {
      resolveAddresses: async (exchange, deadlineAt) => {
        const found = await resolveAddresses(exchange, deadlineAt)
        if (late) slow.advance(60_000)
        return found
      },
    })
    for (let n = 0; n < 6; n += 1) {
      expect(told((await slow.ask(`m${n}@strict.test`)).facts)).toEqual(['greeting_timeout'])
    }
    late = false
    expect(told((await slow.ask('jane.roe@strict.test')).facts)).toContain('mailbox:250')
  })
})

describe('pipelining that stalls', () => {
  it('is answered on a second connection, and the exchange is spoken to plainly from then on', async () => {
    expect(told((await lane.ask('jane.roe@stalling-pipeline.test')).facts)).toEqual(['mailbox:250', 'stranger:550'])
    expect(world.sessions()).toHaveLength(2)
    lane.advance(1_000)
    expect(told((await lane.ask('m1@stalling-pipeline.test')).facts)).toContain('mailbox:550')
    expect(world.sessions()).toHaveLength(3)
  })

  it('has its second connection although its share of the time for greeting is over', async () => {
    const patient = newLane(world, engine, {
      routeOf: async () => ({ agrees: true, optedOut: false }),
    })
    const exchanges = [
      { exchange: 'mx.stalling-pipeline.test', preference: 10 },
      { exchange: 'mx.catchall.test', preference: 20 },
    ]
    const report = await patient.ask('jane.roe@stalling-pipeline.test', { exchanges, budgetMs: 2_300 })
    expect(told(report.facts)).toEqual(['mailbox:250', 'stranger:550'])
    expect(world.sessions().map(({ host }) => host)).toEqual(Array(2).fill('mx.stalling-pipeline.test'))
  })
})

it('every mailbox of the world is answered for within the budget, and nobody is treated badly', async () => {
  const addresses = world.truth
    .map(({ address }) => address)
    .filter((address) => !/@(dns-|opted-out|.*ü)/.test(address))
  const jobs = await Promise.all(addresses.map((address) => lane.jobFor(address, { budgetMs: 900 })))
  const asked = jobs.filter(({ exchanges }) => exchanges.length > 0)
  expect(asked.length).toBeGreaterThan(60)
  // More at once than a lane's process ever has: it is given one event at a time.
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const { done, tookMs } = await timed(Promise.all(asked.slice(at, at + AT_ONCE).map((job) => lane.answer(job))))
    expect(done.filter(({ facts }) => facts.length === 0)).toEqual([])
    expect(tookMs).toBeLessThan(1_900)
  }
}, 20_000)

const AT_ONCE = 16
