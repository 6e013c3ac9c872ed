// Tables that die, hang or come back under a lane: calls give up early and say so, and what was acknowledged is still there.
import { createPermits, type Permits } from '@postern/prober/store/permits.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'
import { outcome, reply, testKeys, wanted } from '../facts.ts'
import { type OneAddress, oneAddress } from './one-address.ts'

const NOW = Date.UTC(2026, 10, 21)
let clock = NOW
const LIMITS = { connections: 1, connectionsPerSecond: 2, recipientsPerMinute: 30, refusedPerHour: 15 }
const subject = { wire: 'jane@strict.test', domain: 'strict.test' }
const learned = {
  ...subject,
  now: NOW,
  mailboxFacts: [reply('mailbox', 250)],
  domainFacts: [reply('stranger', 550, { observedAt: NOW })],
  attempts: [],
}

let engine: Engine
let evidence: OneAddress
let permits: Permits
const faults: string[] = []

beforeAll(async () => {
  engine = await startEngine()
  const dynamo = engine.dynamo(faults, () => clock)
  evidence = oneAddress(dynamo, testKeys())
  permits = createPermits({ dynamo, table: 'traffic', lane: 'eu-central-1-a', now: () => NOW })
})
afterAll(() => engine.stop())

/** Everything a job asks of its tables, one call after the other, and how long each took at most. */
async function aJobsCalls(): Promise<{ said: unknown[]; slowestMs: number }> {
  const calls = [
    () => evidence.recall(subject, NOW),
    () => permits.take('192.0.2.1', wanted('job-one-x', { until: NOW + 1 }), LIMITS),
    () => permits.settle('192.0.2.1', 'job-one-x', { outcome: outcome(true), alone: false }).write(),
    () => evidence.learn(learned),
  ]
  const said: unknown[] = []
  let slowestMs = 0
  for (const call of calls) {
    const startedAt = performance.now()
    said.push(await call())
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
  }
  return { said, slowestMs }
}

const WITHOUT = [
  { available: false, mailbox: [], learnedAt: 0, domain: [], attempts: [] },
  { kind: 'unavailable' },
  undefined,
  false,
]

it('killed in the middle of writing: nothing is thrown, and every acknowledged write is there after the restart', async () => {
  const wires = Array.from({ length: 80 }, (_, n) => `w${n}@strict.test`)
  let acknowledged = 0
  const writing = wires.map(async (wire) => {
    const done = await evidence.learn({ ...learned, wire })
    if (!done) return null
    acknowledged += 1
    // The death comes while most are under way.
    if (acknowledged === 10) await engine.send('SIGKILL')
    return wire
  })
  const written = (await Promise.all(writing)).filter((wire) => wire !== null)
  expect(written.length).toBeGreaterThanOrEqual(10)
  expect(written.length).toBeLessThan(80)

  const { said, slowestMs } = await aJobsCalls()
  expect(said).toEqual(WITHOUT)
  expect(slowestMs).toBeLessThan(1_500)

  await engine.restart()
  // On a busy machine some of the writes may have been waited for in vain.
  clock += 5_000
  for (const wire of written) {
    expect(await evidence.recall({ ...subject, wire }, NOW)).toMatchObject({
      available: true,
      mailbox: learned.mailboxFacts,
      domain: learned.domainFacts,
    })
  }
})

it('deaf but not dead: a job’s first call waits for it, the others do not wait again', async () => {
  await engine.send('SIGSTOP')
  const startedAt = performance.now()
  const { said, slowestMs } = await aJobsCalls()
  expect(said).toEqual(WITHOUT)
  expect(slowestMs).toBeLessThan(1_500)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  await engine.send('SIGCONT')
  expect((await evidence.recall(subject, NOW)).available).toBe(false)
  clock += 5_000
  expect((await evidence.recall(subject, NOW)).available).toBe(true)
})

it('what is told of a fault names the call and the kind of fault, nothing else', () => {
  expect(faults.length).toBeGreaterThan(0)
  for (const fault of faults) expect(fault).toMatch(/^(recall|learn \w+|read permits|write permits): \w+$/)
})
