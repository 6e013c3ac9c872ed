// Permits against a real table: limits that hold across processes, slots that come back, a breaker that all lanes of a name share.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Limits } from '@postern/prober/store/grants.ts'
import { createPermits, type Permits } from '@postern/prober/store/permits.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'
import { outcome, wanted as wish } from '../facts.ts'
import type { Errand, Talk } from './permit-client.ts'

const ROOMY: Limits = { connections: 10, connectionsPerSecond: 100, recipientsPerMinute: 1_000, refusedPerHour: 15 }
const LANE = 'eu-central-1-a'
let engine: Engine
let clock = Date.UTC(2026, 10, 21)
let destinations = 0

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

function permitsOf(lane = LANE): Permits {
  return createPermits({ dynamo: engine.dynamo(), table: 'traffic', lane, now: () => clock })
}

function somewhere(): string {
  destinations += 1
  return `192.0.2.${destinations}`
}

const wanted = (owner: string, recipients = 1) => wish(owner, { recipients, until: clock + 4_500 })

describe('eight processes at one destination', () => {
  const crowd: ChildProcess[] = []
  beforeAll(async () => {
    const program = fileURLToPath(new URL('permit-client.ts', import.meta.url))
    for (let n = 0; n < 8; n += 1)
      crowd.push(fork(program, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
    await Promise.all(crowd.map((child) => once(child, 'message')))
  })
  afterAll(() => {
    for (const child of crowd) child.kill('SIGKILL')
  })

  async function sendOut(errandOf: (n: number) => Errand): Promise<Map<string, Talk[]>> {
    const talks = new Map<string, Talk[]>()
    await Promise.all(
      crowd.map(async (child, n) => {
        const errand = errandOf(n)
        const answer = once(child, 'message')
        child.send(errand)
        const [said] = (await answer) as [{ talks?: Talk[]; fault?: string }]
        if (said.talks === undefined) throw new Error(said.fault)
        talks.set(errand.destination, [...(talks.get(errand.destination) ?? []), ...said.talks])
      }),
    )
    return talks
  }

  /** The most of `talks` that belong to any instant at which one of them began. */
  const densest = (talks: readonly Talk[], belongs: (one: Talk, at: number) => boolean) =>
    Math.max(...talks.map(({ from }) => talks.filter((one) => belongs(one, from)).length))

  it('never open more connections, open them faster or name more recipients than one lane may', async () => {
    const limits: Limits = { connections: 3, connectionsPerSecond: 20, recipientsPerMinute: 48, refusedPerHour: 15 }
    const destination = somewhere()
    const errand = { endpoint: engine.endpoint, destination, limits, recipients: 2, forMs: 4_000, talksMs: 20 }
    const talks = (await sendOut(() => errand)).get(destination) ?? []
    expect(densest(talks, ({ from, to }, at) => from <= at && to > at)).toBeLessThanOrEqual(3)
    expect(densest(talks, ({ from }, at) => from >= at && from < at + 1_000)).toBeLessThanOrEqual(20)
    // All that the minute allows was wanted and more, so that this limit was met, and not passed.
    expect(talks.reduce((sum, one) => sum + one.recipients, 0)).toBe(48)
  })
})

describe('a slot', () => {
  const one: Limits = { ...ROOMY, connections: 1 }

  it('is taken by one of 20 at once, and the others hear when to come back', async () => {
    const destination = somewhere()
    const decisions = await Promise.all(
      Array.from({ length: 20 }, (_, n) => permitsOf().take(destination, wanted(`o${n}`), one)),
    )
    expect(decisions.filter(({ kind }) => kind === 'granted')).toHaveLength(1)
    for (const decision of decisions) {
      if (decision.kind !== 'granted') expect(decision).toEqual({ kind: 'permit', retryAt: expect.any(Number) })
      if (decision.kind === 'permit') expect(decision.retryAt).toBeGreaterThan(clock)
    }
  })

  it('is free again once it is given back', async () => {
    const destination = somewhere()
    const permits = permitsOf()
    expect((await permits.take(destination, wanted('a'), one)).kind).toBe('granted')
    expect((await permits.take(destination, wanted('b'), one)).kind).toBe('permit')
    await permits.settle(destination, 'a', { outcome: outcome(true), alone: false }).write()
    expect((await permits.take(destination, wanted('b'), one)).kind).toBe('granted')
  })

  it('of eight that are given back at once, none is lost', async () => {
    const destination = somewhere()
    const owners = Array.from({ length: 8 }, (_, n) => `o${n}`)
    const wide: Limits = { ...ROOMY, connections: 8 }
    for (const owner of owners) await permitsOf().take(destination, wanted(owner), wide)
    expect((await permitsOf().take(destination, wanted('late'), wide)).kind).toBe('permit')
    await Promise.all(
      owners.map((owner) =>
        permitsOf()
          .settle(destination, owner, { outcome: outcome(true), alone: false })
          .write(),
      ),
    )
    expect((await permitsOf().take(destination, wanted('alone'), one)).kind).toBe('granted')
  })

  it('is void once its time is up, though its owner died', async () => {
    const destination = somewhere()
    const permits = permitsOf()
    await permits.take(destination, wanted('dead'), one)
    clock += 4_499
    expect((await permits.take(destination, wanted('b'), one)).kind).toBe('permit')
    clock += 1
    expect((await permits.take(destination, wanted('b'), one)).kind).toBe('granted')
  })

  it('is its owner’s when it comes back', async () => {
    const destination = somewhere()
    const permits = permitsOf()
    await permits.take(destination, wanted('a'), one)
    expect((await permits.take(destination, wanted('a'), one)).kind).toBe('granted')
    expect((await permits.take(destination, wanted('b'), one)).kind).toBe('permit')
  })

  it('counts per destination and per lane', async () => {
    const [here, there] = [somewhere(), somewhere()]
    await permitsOf().take(here, wanted('a'), one)
    expect((await permitsOf().take(there, wanted('b'), one)).kind).toBe('granted')
    expect((await permitsOf('us-east-1-a').take(here, wanted('b'), one)).kind).toBe('granted')
  })
})

describe('the breaker', () => {
  const fail = async (destination: string, times: number) => {
    for (let n = 0; n < times; n += 1) {
      await permitsOf().take(destination, wanted(`f${n}`), ROOMY)
      await permitsOf()
        .settle(destination, `f${n}`, { outcome: outcome(false), alone: false })
        .write()
    }
  }

  it('opens for five minutes after five failures, then lets exactly one of 20 through', async () => {
    const destination = somewhere()
    await fail(destination, 5)
    expect(await permitsOf().take(destination, wanted('x'), ROOMY)).toEqual({
      kind: 'breaker_open',
      retryAt: clock + 300_000,
    })
    clock += 300_000
    const decisions = await Promise.all(
      Array.from({ length: 20 }, (_, n) => permitsOf().take(destination, wanted(`o${n}`), ROOMY)),
    )
    expect(decisions.filter(({ kind }) => kind === 'granted')).toHaveLength(1)
    const through = `o${decisions.findIndex(({ kind }) => kind === 'granted')}`
    await permitsOf()
      .settle(destination, through, { outcome: outcome(true), alone: false })
      .write()
    expect((await permitsOf().take(destination, wanted('next'), ROOMY)).kind).toBe('granted')
  })

  it('forgets failures that are an hour old, whether or not the table has swept', async () => {
    const destination = somewhere()
    await fail(destination, 4)
    clock += 3_601_000
    await fail(destination, 1)
    expect((await permitsOf().take(destination, wanted('x'), ROOMY)).kind).toBe('granted')
  })
})

it('a spoilt item is as good as none, and is written over', async () => {
  const destination = somewhere()
  const { client } = engine.dynamo()
  const Item = { key: `p:${destination}:${LANE}`, version: 7, expiresAt: clock, state: '{"granted":' }
  await client.send(new PutCommand({ TableName: 'traffic', Item }))
  expect((await permitsOf().take(destination, wanted('a'), { ...ROOMY, connections: 1 })).kind).toBe('granted')
  expect((await permitsOf().take(destination, wanted('b'), { ...ROOMY, connections: 1 })).kind).toBe('permit')
})

it('no key in the table says more than who was dialled from where', async () => {
  const stored = (await engine.items('traffic')).map(({ key }) => key)
  for (const key of stored) expect(key).toMatch(/^p:192\.0\.2\.\d+:[a-z0-9-]+$/)
})
