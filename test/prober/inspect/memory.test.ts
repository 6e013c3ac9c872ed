// What a lane remembers of exchanges, in a real table: looked at once a day, by one job at a time, and never for want of memory not.
import type { InspectPorts } from '@postern/prober/inspect/inspect.ts'
import { createSeenStore } from '@postern/prober/inspect/seen.ts'
import { createVisitPermits } from '@postern/prober/inspect/permit.ts'
import { createPermits } from '@postern/prober/store/permits.ts'
import { type ExchangeInspection, exchangeInspection } from '@postern/shared/contract/inspection.ts'
import { DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'
import { outcome, wanted } from '../facts.ts'
import { answering, type Exchanges, startExchanges } from './exchange.ts'
import { contextOf } from './identities.ts'
import { EXCHANGE, jobOf, portsFor, report, resultsIn, told } from './lane.ts'

const ADDRESS = '127.28.0.40'
const TABLE = 'traffic'
let engine: Engine
let exchanges: Exchanges
let lanes = 0
let aheadMs = 0
let lane: InspectPorts
let laneId = ''
const now = () => Date.now() + aheadMs

beforeAll(async () => {
  ;[engine, exchanges] = await Promise.all([startEngine(), startExchanges([ADDRESS])])
})
afterAll(async () => {
  await Promise.all([engine.stop(), exchanges.close()])
})
beforeEach(() => {
  lanes += 1
  aheadMs = 0
  laneId = `lane-${lanes}`
  lane = laneWith()
  exchanges.behave(answering({ tls: contextOf('valid') }))
})

function storeOf() {
  return createSeenStore({ dynamo: engine.dynamo([], now), table: TABLE, lane: laneId })
}

function laneWith(changes: Partial<InspectPorts> = {}): InspectPorts {
  return portsFor({
    smtpPort: exchanges.port,
    names: { [EXCHANGE]: [ADDRESS] },
    ports: { lane: { id: laneId }, now, seen: storeOf(), ...changes },
  })
}

async function itemOf(): Promise<Record<string, unknown> | undefined> {
  return (await engine.items(TABLE)).find(({ key }) => key === `i:${EXCHANGE}:${laneId}`)
}

describe('an exchange', () => {
  it('is looked at once in 24 hours, whoever asks', async () => {
    const first = await report(lane)
    const second = await report(lane, jobOf({ domain: 'elsewhere.test' }))
    expect(exchanges.called).toHaveLength(1)
    expect(first).toMatchObject({ withoutMemory: false, hosts: [{ kind: 'inspected', fromMemory: false }] })
    expect(second).toMatchObject({ withoutMemory: false, hosts: [{ kind: 'inspected', fromMemory: true }] })
    expect(resultsIn(second)).toEqual(resultsIn(first))
    expect(await itemOf()).toMatchObject({ expiresAt: expect.closeTo((now() + DAY_MS) / 1_000, -1) })

    aheadMs = DAY_MS + 1_000
    expect(await report(lane)).toMatchObject({ hosts: [{ fromMemory: false }] })
    expect(exchanges.called).toHaveLength(2)
  })

  it('is the same in any case of letters, and another lane’s is another', async () => {
    await report(lane)
    const shouted = EXCHANGE.toUpperCase()
    expect(await report(lane, jobOf({ exchanges: [{ exchange: shouted }] }))).toMatchObject({
      hosts: [{ fromMemory: true }],
    })
    laneId += '-other'
    expect(await report(laneWith())).toMatchObject({ hosts: [{ fromMemory: false }] })
  })

  it('of which nothing was learned is not remembered', async () => {
    const hold = { kind: 'hold', hold: 'permit', retryAt: null, observedAt: now(), source: laneId } as const
    const held = laneWith({ permit: () => Promise.resolve(hold) })
    expect(resultsIn(await report(held)).map(told)).toEqual(['permit'])
    expect(resultsIn(await report(lane)).map(told)).toEqual(['220 accepted secured accepted'])
  })

  it('that is being looked at is left to the other job, until its time is up', async () => {
    const until = now() + 60_000
    expect(await storeOf().claim(EXCHANGE, { jobId: 'another-job', now: now(), until })).toEqual({ kind: 'claimed' })
    expect(await report(lane)).toMatchObject({
      hosts: [{ kind: 'unmeasured', why: 'in_progress', retryAt: until }],
      holds: [{ hold: 'in_progress', retryAt: until }],
    })
    expect(exchanges.called).toEqual([])
    aheadMs = 60_001
    expect(await report(lane)).toMatchObject({ hosts: [{ kind: 'inspected' }] })
  })
})

describe('the store', () => {
  const claimOf = (jobId: string) => ({ jobId, now: now(), until: now() + 10_000 })
  const inspection: ExchangeInspection = exchangeInspection.parse({
    kind: 'inspected',
    exchange: EXCHANGE,
    observedAt: 1,
    resolution: null,
    fromMemory: false,
    addresses: [],
    addressesFound: 1,
  })

  it('gives one of many claimers the claim', async () => {
    const claimed = await Promise.all(
      Array.from({ length: 8 }, (_, n) => storeOf().claim(EXCHANGE, claimOf(`claimer-${n}`))),
    )
    expect(claimed.map(({ kind }) => kind).sort()).toEqual([
      'claimed',
      ...Array.from({ length: 7 }, () => 'in_progress'),
    ])
  })

  it('lets a job that came back take over its own claim, and nobody else’s record be overwritten', async () => {
    const store = storeOf()
    await store.claim(EXCHANGE, claimOf('the-first-job'))
    expect(await store.claim(EXCHANGE, claimOf('the-first-job'))).toEqual({ kind: 'claimed' })
    aheadMs = 11_000
    expect(await store.claim(EXCHANGE, claimOf('the-second-job'))).toEqual({ kind: 'claimed' })
    await store.remember(EXCHANGE, { jobId: 'the-first-job', now: now(), inspection })
    expect(await store.claim(EXCHANGE, claimOf('the-third-job'))).toMatchObject({ kind: 'in_progress' })
    await store.release(EXCHANGE, 'the-first-job')
    expect(await store.claim(EXCHANGE, claimOf('the-third-job'))).toMatchObject({ kind: 'in_progress' })
    await store.remember(EXCHANGE, { jobId: 'the-second-job', now: now(), inspection })
    await store.release(EXCHANGE, 'the-second-job')
    expect(await store.claim(EXCHANGE, claimOf('the-second-job'))).toEqual({ kind: 'known', seen: inspection })
  })

  it.each([
    ['that is no JSON', { ':record': '{', ':until': () => now() + 1_000 }],
    ['of another release', { ':record': '{"kind":"seen"}', ':until': () => now() + 1_000 }],
    ['from a clock far ahead', { ':record': JSON.stringify(inspection), ':until': () => now() + 3 * DAY_MS }],
  ])('writes over a record %s', async (_what, values) => {
    await engine.dynamo().client.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: { key: `i:${EXCHANGE}:${laneId}` },
        UpdateExpression: 'SET #record = :record, #until = :until, #owner = :owner',
        ExpressionAttributeNames: { '#record': 'record', '#until': 'until', '#owner': 'owner' },
        ExpressionAttributeValues: { ':record': values[':record'], ':until': values[':until'](), ':owner': 'somebody' },
      }),
    )
    expect(await storeOf().claim(EXCHANGE, claimOf('the-next-job'))).toEqual({ kind: 'claimed' })
  })

  it('keeps no record that the table would refuse', async () => {
    const store = storeOf()
    await store.claim(EXCHANGE, claimOf('the-first-job'))
    const huge = { ...inspection, exchange: 'x'.repeat(300_000) }
    expect(await store.remember(EXCHANGE, { jobId: 'the-first-job', now: now(), inspection: huge })).toBe(false)
  })
})

describe('permits', () => {
  const permitsOf = () => createPermits({ dynamo: engine.dynamo([], now), table: TABLE, lane: laneId, now })
  const limits = { connections: 1, connectionsPerSecond: 5, recipientsPerMinute: 5, refusedPerHour: 15 }

  it('are the lane’s own: whoever is spoken to elsewhere is waited for, while there is time', async () => {
    const permits = permitsOf()
    const busy = wanted('a-mailbox', { until: now() + 5_000 })
    expect(await permits.take(ADDRESS, busy, limits)).toMatchObject({ kind: 'granted' })
    const visiting = laneWith(createVisitPermits({ permits, lane: laneId, now }))
    expect(resultsIn(await report(visiting, jobOf({ budgetMs: 1_200 }))).map(told)).toEqual(['permit'])
    expect(exchanges.called).toEqual([])
    const waiting = report(visiting)
    await permits.settle(ADDRESS, 'a-mailbox', { outcome: outcome(true), alone: false }).write()
    expect(resultsIn(await waiting).map(told)).toEqual(['220 accepted secured accepted'])
    expect(await permits.take(ADDRESS, busy, { ...limits, connectionsPerSecond: 50 })).toMatchObject({
      kind: 'granted',
    })
  })
})

it('a table that does not answer stops nobody, and the report says so', async () => {
  const faults: string[] = []
  const dynamo = engine.dynamo(faults, now)
  const seen = createSeenStore({ dynamo, table: 'no-such-table', lane: laneId })
  expect(await report(laneWith({ seen }))).toMatchObject({ withoutMemory: true, hosts: [{ kind: 'inspected' }] })
  expect(faults.length).toBeGreaterThan(0)
})
