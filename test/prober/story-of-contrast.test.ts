// Lists at a host that has begun to refuse everybody: nobody is condemned by an acceptance from before, and no permit is passed.
import { decide } from '@postern/shared/verdict/decide.ts'
import type { World } from '@postern/test/world/world.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { reply, told } from './facts.ts'
import type { LaneUnderTest } from './lane.ts'
import { askList, listOf } from './lists.ts'
import type { Script, ScriptedExchange } from './scripted-exchange.ts'
import { laneAt, standingStage, trafficOf } from './stage.ts'

const DAY = 86_400_000
const NO = '550 5.1.1 No such user'

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

/** Strangers were refused there, and somebody was accepted. */
async function introduce(domain: string): Promise<void> {
  const at = { exchange: `mx.${domain}`, observedAt: lane.now() }
  await lane.learn(`x@${domain}`, { domainFacts: [reply('stranger', 550, at), reply('other', 250, at)] })
}

async function verdictOn(domain: string, locals: readonly string[], answer: Script['RCPT']) {
  exchange.behave({ RCPT: answer! })
  const reports = await askList(lane, listOf({ [domain]: locals }))
  const { facts } = reports.get(`${locals.at(-1)}@${domain}`)!
  return { told: told(facts), verdict: decide({ facts, domain, now: lane.now() }) }
}

describe('the last of a list whose host refuses everybody now', () => {
  it.each([
    ['and postmaster is in the list', ['postmaster', 'jane'], () => NO],
    [
      'after a refusal that is about us',
      ['karl', 'jane'],
      (line: string) =>
        line.includes('karl') ? '550 5.7.1 Service unavailable; client host blocked using a list' : NO,
    ],
    ['and hangs up on postmaster', ['karl', 'jane'], (line: string) => (line.includes('postmaster') ? null : NO)],
    [
      'and says good-bye to postmaster',
      ['karl', 'jane'],
      (line: string) => (line.includes('postmaster') ? '421 4.7.0 Too many errors' : NO),
    ],
  ])('is not condemned %s', async (what, locals, answer) => {
    const domain = `c${what.length}.test`
    await introduce(domain)
    lane.advance(5 * DAY)
    const { verdict } = await verdictOn(domain, locals, answer)
    expect(verdict.level).toBe('estimated')
  })

  it('is not condemned where another one is put off, and strangers are not known', async () => {
    const at = { exchange: 'mx.known.test', observedAt: lane.now() }
    await lane.learn('x@known.test', { domainFacts: [reply('other', 250, at)] })
    lane.advance(5 * DAY)
    const answer = (line: string) => (line.includes('anna') ? '451 4.7.1 Greylisted' : NO)
    const { verdict, told: words } = await verdictOn('known.test', ['anna', 'bob', 'carl'], answer)
    expect(words).toContain('postmaster:550')
    expect(verdict.level).toBe('estimated')
  })

  it('is condemned where postmaster is taken, or only put off', async () => {
    await introduce('sound.test')
    lane.advance(5 * DAY)
    const { verdict } = await verdictOn('sound.test', ['karl', 'jane'], (line) =>
      line.includes('postmaster') ? '250 Ok' : NO,
    )
    expect(verdict).toMatchObject({ reason: 'mailbox_not_found', level: 'confirmed' })
    await introduce('later.test')
    lane.advance(5 * DAY)
    const later = await verdictOn('later.test', ['karl', 'jane'], (line) =>
      line.includes('postmaster') ? '451 4.7.1 Later' : NO,
    )
    expect(later.verdict.level).toBe('confirmed')
  })
})

it('a host refuses us fifteen times an hour at most, postmaster included', async () => {
  for (let n = 0; n < 10; n += 1) {
    const domain = `r${n}.test`
    await introduce(domain)
    const locals = n === 8 ? ['ok', 'cc'] : ['aa', 'bb']
    await verdictOn(domain, locals, (line) => (line.includes('<ok') ? '250 2.1.5 Ok' : NO))
    lane.advance(70_000)
  }
  const { refused } = await trafficOf(engine, lane)
  expect(refused.length).toBeGreaterThan(10)
  expect(refused.length).toBeLessThanOrEqual(15)
})
