// The story of a job, told with everything real: asked once, remembered, and asked again neither too early nor too often.
import { DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import type { World } from '@postern/test/world/world.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { holdOf, reply, told } from './facts.ts'
import { type LaneUnderTest, newLane, SOURCE_ADDRESS } from './lane.ts'
import { namedIn } from './lists.ts'
import { standingStage } from './stage.ts'

let world: World
let engine: Engine
let lane: LaneUnderTest

standingStage((stage) => {
  ;({ world, engine } = stage)
})
beforeEach(() => {
  lane = newLane(world, engine)
})

/** The recipients named in all sessions, in order: `jane.roe`, `postmaster`, and whoever is neither is a stranger. */
const named = (): string[] => namedIn(world)

describe('what was heard', () => {
  it('is asked once and remembered', async () => {
    const first = await lane.ask('jane.roe@strict.test')
    expect(first).toMatchObject({ state: 'asked', lane: lane.ports.lane.id, withoutMemory: false })
    expect(told(first.facts)).toEqual(['mailbox:250', 'stranger:550'])
    expect(first.smtpMs).toBeGreaterThanOrEqual(0)
    expect(world.sessions()).toMatchObject([{ host: 'mx.strict.test', source: SOURCE_ADDRESS, closedBy: 'client' }])

    const second = await lane.ask('jane.roe@strict.test')
    expect(second).toMatchObject({ state: 'known', withoutMemory: false, smtpMs: null })
    expect(told(second.facts).sort()).toEqual(['hold:recently_answered', 'mailbox:250', 'other:250', 'stranger:550'])
    expect(world.sessions()).toHaveLength(1)
  })

  it('is told, and nobody is dialled, where only that is wanted', async () => {
    expect(await lane.ask('jane.roe@strict.test', { dial: false })).toMatchObject({
      state: 'held',
      facts: [{ kind: 'hold', hold: 'breaker_open', retryAt: null }],
      smtpMs: null,
    })
    expect(world.sessions()).toEqual([])
    await lane.ask('jane.roe@strict.test')
    expect(await lane.ask('jane.roe@strict.test', { dial: false })).toMatchObject({ state: 'known' })
    expect(world.sessions()).toHaveLength(1)
  })

  it('of strangers serves the whole domain', async () => {
    await lane.ask('jane.roe@strict.test')
    const neighbour = await lane.ask('nina.falk@strict.test')
    expect(told(neighbour.facts).sort()).toEqual(['mailbox:550', 'other:250', 'stranger:550'])
    // Nor is postmaster asked: somebody is known to be treated differently.
    expect(named()).toEqual(['jane.roe', 'stranger', 'nina.falk'])
  })

  it('of strangers is asked for again after a week', async () => {
    await lane.ask('jane.roe@strict.test')
    lane.advance(7 * DAY_MS)
    await lane.ask('karl.weber@strict.test')
    expect(named()).toEqual(['jane.roe', 'stranger', 'karl.weber', 'stranger'])
  })

  it('names no mailbox, though the server repeats it', async () => {
    const report = await lane.ask('no-such-user@echo.test')
    expect(told(report.facts)).toContain('mailbox:550')
    expect(JSON.stringify(report)).not.toContain('no-such-user')
    expect(JSON.stringify(await engine.items('evidence'))).not.toContain('no-such-user')
  })

  it('of very many exchanges is reported for those that can be met', async () => {
    await lane.ask('jane.roe@strict.test')
    const domainFacts = Array.from({ length: 45 }, (_, n) =>
      reply('stranger', 250, { exchange: `mx${n}.strict.test`, observedAt: lane.now() }),
    )
    for (let n = 0; n < domainFacts.length; n += 5) {
      expect(await lane.learn('somebody@strict.test', { domainFacts: domainFacts.slice(n, n + 5) })).toBe(true)
    }
    expect(told((await lane.ask('nina.falk@strict.test')).facts).sort()).toEqual([
      'mailbox:550',
      'other:250',
      'stranger:550',
    ])
  })
})

describe('a mailbox that answered', () => {
  it.each(['jane.roe', 'nina.falk'])(
    'is left alone for a day, whatever the request says, and it says until when (%s)',
    async (local) => {
      const first = await lane.ask(`${local}@strict.test`)
      const answer = first.facts.find((fact) => fact.kind === 'reply' && fact.to === 'mailbox')
      lane.advance(DAY_MS - 60_000)
      const again = await lane.ask(`${local}@strict.test`, { maxAgeS: 0 })
      expect(again.state).toBe('known')
      expect(holdOf(again.facts)).toMatchObject({ hold: 'recently_answered', retryAt: answer!.observedAt + DAY_MS })
      expect(world.sessions()).toHaveLength(1)

      lane.advance(60_000)
      expect((await lane.ask(`${local}@strict.test`, { maxAgeS: 3_600 })).state).toBe('asked')
      expect(world.sessions()).toHaveLength(2)
    },
  )

  it('is known for a week where the request lets it be', async () => {
    await lane.ask('jane.roe@strict.test')
    lane.advance(7 * DAY_MS - 60_000)
    expect((await lane.ask('jane.roe@strict.test')).state).toBe('known')
    lane.advance(60_000)
    expect((await lane.ask('jane.roe@strict.test')).state).toBe('asked')
  })
})

describe('an answer on record', () => {
  it('is not taken back by silence', async () => {
    let dead = false
    const { dial } = lane.ports
    const moody = newLane(world, engine, {
      dial: (...call) => (dead ? Promise.resolve({ fault: 'connect_timeout' }) : dial(...call)),
    })
    await moody.ask('jane.roe@strict.test')
    moody.advance(DAY_MS)
    dead = true
    expect(told((await moody.ask('jane.roe@strict.test', { maxAgeS: 0 })).facts)).toContain('connect_timeout')
    const after = await moody.ask('jane.roe@strict.test')
    expect(after.state).toBe('known')
    expect(told(after.facts)).toContain('mailbox:250')
  })

  it('that was a yes to everybody is asked for again once strangers are refused (law 5)', async () => {
    const accepted = (to: 'mailbox' | 'stranger') => reply(to, 250, { observedAt: lane.now() })
    await lane.learn('jane.roe@strict.test', { facts: [accepted('mailbox')], domainFacts: [accepted('stranger')] })
    lane.advance(2 * DAY_MS)
    expect((await lane.ask('jane.roe@strict.test')).state).toBe('known')
    const refused = [reply('stranger', 550, { observedAt: lane.now() })]
    await lane.learn('karl.weber@strict.test', { domainFacts: refused })
    expect((await lane.ask('jane.roe@strict.test')).state).toBe('asked')
  })
})

describe('without an answer', () => {
  it('a mailbox is named six times a day, then no more until the first of them is a day old', async () => {
    const first = lane.now()
    for (let n = 0; n < 6; n += 1) {
      expect(told((await lane.ask('jane.roe@temporary.test', { maxAgeS: 0 })).facts)).toContain('mailbox:451')
      lane.advance(600_000)
    }
    const spent = await lane.ask('jane.roe@temporary.test', { maxAgeS: 0 })
    expect(spent.state).toBe('held')
    expect(holdOf(spent.facts).hold).toBe('attempts_spent')
    const retryAt = holdOf(spent.facts).retryAt ?? 0
    expect(retryAt - first - DAY_MS).toBeGreaterThanOrEqual(0)
    expect(retryAt - first - DAY_MS).toBeLessThan(1_000)
    expect(world.sessions()).toHaveLength(6)

    lane.advance(retryAt - lane.now())
    expect((await lane.ask('jane.roe@temporary.test', { maxAgeS: 0 })).state).toBe('asked')
  })

  it('a server that hangs up on the group counts as well', async () => {
    for (let n = 0; n < 6; n += 1) {
      expect(told((await lane.ask('jane.roe@hangs-up.test', { maxAgeS: 0 })).facts)).toEqual(['closed'])
      lane.advance(600_000)
    }
    expect(holdOf((await lane.ask('jane.roe@hangs-up.test', { maxAgeS: 0 })).facts).hold).toBe('attempts_spent')
    expect(named()).toHaveLength(6)
  })

  it('who is put off may come back when the reply says, and the greylist knows the lane', async () => {
    expect(told((await lane.ask('jane.roe@greylist.test')).facts)).toContain('mailbox:451')
    expect((await lane.ask('jane.roe@greylist.test')).state).toBe('known')
    lane.advance(1_600)
    expect(new Set(told((await lane.ask('jane.roe@greylist.test')).facts))).toEqual(
      new Set(['mailbox:250', 'stranger:550']),
    )
  })

  it('one that refuses us at the door was asked, and nobody was named', async () => {
    const report = await lane.ask('jane.roe@blocked-greeting.test')
    expect(report.state).toBe('asked')
    expect(told(report.facts)).toEqual(['greeting:554'])
    expect((await lane.ask('jane.roe@blocked-greeting.test')).state).toBe('known')
    expect(named()).toEqual([])
  })
})

describe('exchanges', () => {
  it('that are not the domain’s are not dialled', async () => {
    for (const exchanges of [
      [{ exchange: 'mx.catchall.test', preference: 10 }],
      [
        { exchange: 'mx.strict.test', preference: 10 },
        { exchange: 'mx.catchall.test', preference: 20 },
      ],
    ]) {
      const report = await lane.ask('jane.roe@strict.test', { exchanges })
      expect(report.state).toBe('held')
      expect(told(report.facts)).toEqual(['hold:route_differs'])
    }
    const implicit = { implicitMx: true, exchanges: [{ exchange: 'strict.test', preference: 0 }] }
    expect(told((await lane.ask('jane.roe@strict.test', implicit)).facts)).toEqual(['hold:route_differs'])
    expect(world.sessions()).toEqual([])
  })

  it('are the domain itself where it has no MX, and only then', async () => {
    expect(told((await lane.ask('jane.roe@implicit.test')).facts)).toEqual(['mailbox:250', 'stranger:550'])
    const explicit = await lane.ask('nina.falk@implicit.test', { implicitMx: false })
    expect(told(explicit.facts)).toEqual(['hold:route_differs'])
  })

  it('are tried in order: a closed one hands over to the one behind it', async () => {
    const report = await lane.ask('nina.falk@backup-strict.test')
    expect(told(report.facts)).toEqual(['connect_refused', 'mailbox:550', 'postmaster:250'])
  })

  it('that stay silent leave half of the time to the one behind them', async () => {
    const startedAt = performance.now()
    const report = await lane.ask('jane.roe@dead-primary.test', { budgetMs: 700 })
    expect(told(report.facts)).toEqual(['greeting_timeout', 'mailbox:250', 'stranger:550'])
    expect(performance.now() - startedAt).toBeLessThan(700)
  })

  it.each([
    ['jane.roe@private.test', 'not_reachable_address'],
    ['jane.roe@loopback.test', 'not_reachable_address'],
    ['jane.roe@dangling.test', 'name_not_resolved'],
    ['jane.roe@ip-exchange.test', 'name_not_resolved'],
  ])('of %s are not dialled: %s', async (address, why) => {
    expect(told((await lane.ask(address)).facts)).toEqual([why])
    expect(world.sessions()).toEqual([])
  })

  it('without SMTPUTF8 cannot be told of an umlaut', async () => {
    expect(told((await lane.ask('jörg@ascii-only.test')).facts)).toEqual(['smtputf8_not_offered'])
    expect(told((await lane.ask('jörg@xn--bcher-kva.test')).facts)).toEqual(['mailbox:250', 'stranger:550'])
  })
})

it('the world has nothing to complain of', () => {
  expect(world.violations()).toEqual([])
})
