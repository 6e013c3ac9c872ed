// Lists where something is scarce or breaks: what was heard of each is kept, what was said is counted, and memory costs little.
import type { Dynamo } from '@postern/prober/store/dynamo.ts'
import { createEvidence } from '@postern/prober/store/evidence.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import type { World } from '@postern/test/world/world.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './engine.ts'
import { reply, testKeys, told } from './facts.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import { askList, listOf } from './lists.ts'
import type { ScriptedExchange } from './scripted-exchange.ts'
import { laneAt, standingStage, trafficOf } from './stage.ts'

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

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`)
const mailboxOf = (facts: Parameters<typeof told>[0]) => told(facts).find((one) => one.startsWith('mailbox'))

async function granted(): Promise<number> {
  return (await trafficOf(engine, lane)).granted.reduce((sum, [, count]) => sum + count, 0)
}

describe('a list', () => {
  it('that is put off remembers who was, although the last of them have to wait for a permit', async () => {
    exchange.behave({ RCPT: () => '451 4.7.1 Greylisted, try again in 300 seconds' })
    const job = listOf({ 'd1.test': numbered(30) })
    const first = [...(await askList(lane, job)).values()].map(({ state }) => state)
    expect(first.filter((state) => state === 'asked').length).toBeGreaterThanOrEqual(10)
    expect(first).toContain('held')
    const said = exchange.sessions.flat().filter((line) => line.startsWith('RCPT')).length
    lane.advance(500)
    const again = [...(await askList(lane, { ...job, jobId: 'the-same-again' })).values()].map(({ state }) => state)
    expect(again.map((state, n) => first[n] === 'asked' && state !== 'known')).not.toContain(true)
    expect(await granted()).toBeGreaterThanOrEqual(said)
  })

  it('whose server closes with 421 has that told to each who was named, and to nobody else', async () => {
    await lane.learn('x@d2.test', {
      domainFacts: [
        reply('stranger', 550, { exchange: 'mx.d2.test', observedAt: lane.now() }),
        reply('other', 250, { exchange: 'mx.d2.test', observedAt: lane.now() }),
      ],
    })
    exchange.behave({ RCPT: (line) => (line.includes('jane') ? '250 2.1.5 Ok' : '421 4.3.2 Closing down karl.weber') })
    const reports = await askList(lane, listOf({ 'd2.test': ['jane', 'jane.roe', 'karl.weber', 'nina.falk'] }))
    expect([...reports.values()].map(({ facts }) => mailboxOf(facts))).toEqual([
      'mailbox:250',
      'mailbox:250',
      'mailbox:421',
      'mailbox:421',
    ])
    expect(JSON.stringify([...reports.values()].map(({ facts }) => facts))).not.toMatch(/karl|weber/)
  })

  it('is not told that mailboxes are dead by a host that has begun to refuse everybody', async () => {
    const introduced = [
      reply('stranger', 550, { exchange: 'mx.d9.test', observedAt: lane.now() }),
      reply('other', 250, { exchange: 'mx.d9.test', observedAt: lane.now() }),
    ]
    await lane.learn('x@d9.test', { domainFacts: introduced })
    exchange.behave({ RCPT: () => '550 5.1.1 No such user' })
    lane.advance(5_000)
    const [first] = (await askList(lane, listOf({ 'd9.test': ['jane', 'karl'] }))).values()
    expect(told(first!.facts).filter((one) => one.startsWith('postmaster'))).toEqual(['postmaster:550'])
    const judged = (facts: readonly Fact[]) => decide({ facts, domain: 'd9.test', now: lane.now() })
    expect(judged(first!.facts)).toMatchObject({ level: 'estimated' })
    exchange.behave({})
    lane.advance(3_600_000)
    const [next] = (await askList(lane, listOf({ 'd9.test': ['nina', 'otto'] }))).values()
    expect(judged(next!.facts)).toMatchObject({ level: 'confirmed' })
  })

  it('named again behind TLS is counted again', async () => {
    await lane.learn('x@d3.test', {
      domainFacts: [
        reply('stranger', 550, { exchange: 'mx.needs-tls.test', observedAt: lane.now() }),
        reply('other', 250, { exchange: 'mx.needs-tls.test', observedAt: lane.now() }),
      ],
    })
    lane = newLane(world, engine)
    world.reset()
    const reports = await askList(lane, listOf({ 'needs-tls.test': ['jane.roe', 'nina.falk'] }))
    expect([...reports.values()].map(({ facts }) => mailboxOf(facts))).toEqual(['mailbox:250', 'mailbox:550'])
    const said = world.sessions().flatMap(({ commands }) => commands.filter(({ line }) => line.startsWith('RCPT')))
    expect(said.length).toBeGreaterThan(3)
    expect(await granted()).toBeGreaterThanOrEqual(said.length)
    expect(world.violations()).toEqual([])
  })

  it('loses its memory in the middle and is answered all the same', async () => {
    const mortal = await startEngine()
    const { dial } = exchange.ports(() => lane.now())
    lane = laneAt(
      { world, engine: mortal, exchange },
      {
        dial: async (...call) => {
          await mortal.send('SIGKILL')
          return dial(...call)
        },
      },
    )
    const reports = await askList(lane, listOf({ 'd4.test': ['jane', 'jane2', 'nobody'] }))
    for (const { state, withoutMemory, facts } of reports.values()) {
      expect(['asked', 'held']).toContain(state)
      expect(facts.length).toBeGreaterThan(0)
      if (state === 'asked') expect(withoutMemory).toBe(true)
    }
    expect(mailboxOf(reports.get('jane@d4.test')!.facts)).toBe('mailbox:250')
    await mortal.stop()
  })
})

describe('the table', () => {
  const counting = (said: string[]): Dynamo => {
    const dynamo = engine.dynamo()
    return {
      client: dynamo.client,
      attempt: (what, call) => {
        said.push(what)
        return dynamo.attempt(what, call)
      },
    }
  }

  it('is asked three times for a list of ten: read, addresses together, domain', async () => {
    const requests: string[] = []
    const evidence = createEvidence(counting(requests), testKeys('d7'), 'evidence')
    lane = laneAt({ world, engine, exchange }, { evidence })
    const locals = numbered(10).map((local) => `jane${local}`)
    await askList(lane, listOf({ 'd6.test': locals }))
    expect(requests.toSorted()).toEqual(['learn addresses', 'learn domain', 'recall'])
    requests.length = 0
    await askList(lane, listOf({ 'd6.test': locals }))
    expect(requests).toEqual(['recall'])
  })

  it('is read once for a job of several domains, as far as a request holds them', async () => {
    const requests: string[] = []
    const evidence = createEvidence(counting(requests), testKeys('d7'), 'evidence')
    lane = newLane(world, engine, { ...exchange.ports(() => lane.now()), evidence })
    const locals = numbered(10).map((local) => `jane${local}`)
    const domains = Array.from({ length: 8 }, (_, n) => [`together${n}.test`, locals] as const)
    const first = await askList(lane, listOf(Object.fromEntries(domains)))
    expect(requests.filter((what) => what === 'recall')).toHaveLength(2)
    const again = await askList(lane, listOf(Object.fromEntries(domains)))
    const asked = [...first].filter(([, { state }]) => state === 'asked')
    expect(asked.length).toBeGreaterThanOrEqual(10)
    for (const [address] of asked) expect(again.get(address)!.state).toBe('known')
  })

  it('keeps who was refused, though what was heard of strangers came too late', async () => {
    const { evidence, now } = lane.ports
    const at = { exchange: 'mx.d8.test', observedAt: now() }
    const common = { domain: 'd8.test', since: now(), now: now(), addresses: [], settlements: [] }
    await evidence.learn({ ...common, domainFacts: [reply('stranger', 250, at)], refused: null })
    const late = reply('stranger', 550, { ...at, observedAt: at.observedAt - 5_000 })
    expect(await evidence.learn({ ...common, domainFacts: [late], refused: [now()] })).toBe(true)
    const { domain } = await evidence.recall({ domain: 'd8.test', wires: [], account: null }, now())
    expect(domain.refused).toHaveLength(1)
    expect(told(domain.facts)).toEqual(['stranger:250', 'stranger:250'])
  })
})
