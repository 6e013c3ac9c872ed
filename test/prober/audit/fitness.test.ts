// What is remembered of a lane's audits, against a real table: whoever writes last, whatever the clock, table or no table.
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Audited } from '@postern/prober/store/fit.ts'
import { createFitness, type FitnessStore } from '@postern/prober/store/fitness.ts'
import { trafficTable } from '@postern/prober/store/schema.ts'
import type { CheckResult } from '@postern/shared/contract/audit.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'

const NOW = Date.UTC(2026, 10, 21)
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const NOTHING = { lane: 'unmeasured', kind: null, why: 'nothing was measured', unfitOperators: [], canaries: {} }

let engine: Engine
let lanes = 0

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

/** One process of a lane, with a clock of its own. */
class Process {
  at = NOW
  readonly faults: string[] = []
  readonly store: FitnessStore
  readonly lane: string

  constructor(lane: string, on: Engine = engine) {
    this.lane = lane
    const now = () => this.at
    this.store = createFitness({ dynamo: on.dynamo(this.faults, now), table: trafficTable.name, lane, now })
  }

  /** What an audit of this instant found. */
  writes(...checks: readonly Partial<CheckResult>[]) {
    return this.store.write(found(this.at, ...checks))
  }
}

function newLane(): string {
  lanes += 1
  return `lane-${lanes}`
}

function result(at: number, changes: Partial<CheckResult> = {}): CheckResult {
  return { check: 'fcrdns', operator: null, state: 'ok', detail: 'as it should be', at, ...changes }
}

function found(at: number, ...checks: readonly Partial<CheckResult>[]): Audited {
  return { checks: checks.map((check) => result(at, check)), canaries: {} }
}

const unfit = { state: 'unfit', detail: 'no PTR' } as const
const unmeasured = { state: 'unmeasured', detail: 'no answer' } as const

describe('a lane', () => {
  it('that was never audited is unmeasured', async () => {
    expect(await new Process(newLane()).store.current()).toEqual(NOTHING)
  })

  it('is what its audit said, for every process of it and for no other lane', async () => {
    const lane = newLane()
    const said = await new Process(lane).writes(unfit, { check: 'callout' })
    expect(said).toMatchObject({ lane: 'unfit', kind: 'technical', why: 'fcrdns: no PTR' })
    expect(await new Process(lane).store.current()).toEqual(said)
    expect(await new Process(`${lane}-x`).store.current()).toEqual(NOTHING)
  })

  it('stays unfit while newer audits cannot measure, until one does', async () => {
    const process = new Process(newLane())
    await process.writes({ check: 'dnsbl', state: 'unfit', detail: 'listed' }, {})
    process.at += HOUR_MS
    expect(await process.writes({ check: 'dnsbl', ...unmeasured }, {})).toMatchObject({
      lane: 'unfit',
      kind: 'reputation',
    })
    process.at += HOUR_MS
    expect(await process.writes({ check: 'dnsbl' }, {})).toMatchObject({ lane: 'fit', kind: null, why: '' })
  })

  it('is unmeasured 26 hours after what was measured last, not before', async () => {
    const lane = newLane()
    await new Process(lane).writes(unfit)
    const later = new Process(lane)
    later.at = NOW + 26 * HOUR_MS - 1
    expect((await later.store.current()).lane).toBe('unfit')
    later.at += 1
    expect(await later.store.current()).toEqual(NOTHING)
    // The hours count from the measurement, however often it could not be repeated.
    later.at -= 1
    await later.writes(unmeasured)
    later.at += 1
    expect(await later.store.current()).toMatchObject({ lane: 'unmeasured' })
  })

  it('keeps the operators apart, and their canaries for a day', async () => {
    const process = new Process(newLane())
    const canaries = { alpha: { refused: true, at: NOW }, beta: { refused: false, at: NOW } }
    const checks = [
      result(NOW),
      result(NOW, { check: 'canaries', operator: 'alpha' }),
      result(NOW, { check: 'canaries', operator: 'beta', ...unfit }),
    ]
    await process.store.write({ checks, canaries })
    expect(await process.store.current()).toMatchObject({
      lane: 'fit',
      unfitOperators: ['beta'],
      canaries: { alpha: NOW },
    })
    process.at += 24 * HOUR_MS
    expect(await process.store.current()).toMatchObject({ unfitOperators: ['beta'], canaries: {} })
  })

  it('has one item, with an end in seconds for the sweeper', async () => {
    const process = new Process(newLane())
    await process.writes({})
    await process.writes(unfit)
    const items = await engine.items(trafficTable.name)
    const ours = items.filter(({ key }) => key === `u:${process.lane}`)
    expect(ours).toMatchObject([{ version: 2, expiresAt: (NOW + 26 * HOUR_MS) / 1_000 }])
  })
})

describe('writers at the same time', () => {
  it('all count, in whatever order they come: the newest measurement of each check', async () => {
    const lane = newLane()
    const audits = Array.from({ length: 6 }, (_, n) => {
      const process = new Process(lane)
      process.at = NOW + ((n * 5) % 6) * 1_000
      const isLast = process.at === NOW + 5_000
      return process.writes(
        { detail: `at ${process.at}`, ...(isLast ? unfit : {}) },
        { check: n % 2 ? 'dnsbl' : 'callout' },
      )
    })
    await Promise.all(audits)
    const reader = new Process(lane)
    reader.at = NOW + 6_000
    expect(await reader.store.current()).toMatchObject({ lane: 'unfit', why: 'fcrdns: no PTR' })
  })

  it('a late one takes nothing back', async () => {
    const lane = newLane()
    const [early, late] = [new Process(lane), new Process(lane)]
    late.at = NOW + MINUTE_MS
    await late.writes(unfit)
    expect(await early.writes({})).toMatchObject({ lane: 'unfit' })
    expect((await new Process(lane).store.current()).lane).toBe('unfit')
  })
})

describe('a clock', () => {
  it('that ran ahead is not believed, and does not bar who comes after', async () => {
    const lane = newLane()
    const ahead = new Process(lane)
    ahead.at = NOW + 7 * 24 * HOUR_MS
    await ahead.writes(unfit)
    const [reader, writer] = [new Process(lane), new Process(lane)]
    expect(await reader.store.current()).toEqual(NOTHING)
    expect(await writer.writes({})).toMatchObject({ lane: 'fit' })
    expect((await new Process(lane).store.current()).lane).toBe('fit')
  })

  it('that is less than a minute ahead is one of many', async () => {
    const lane = newLane()
    const ahead = new Process(lane)
    ahead.at = NOW + MINUTE_MS
    await ahead.writes(unfit)
    expect((await new Process(lane).store.current()).lane).toBe('unfit')
  })

  it('that is set back reads again instead of trusting what it read in the future', async () => {
    const lane = newLane()
    const process = new Process(lane)
    expect((await process.store.current()).lane).toBe('unmeasured')
    process.at -= HOUR_MS
    const other = new Process(lane)
    other.at = process.at
    await other.writes(unfit)
    expect((await process.store.current()).lane).toBe('unfit')
  })
})

describe('the memory of a process', () => {
  it('lasts a minute, and not a moment longer', async () => {
    const lane = newLane()
    const [reader, writer] = [new Process(lane), new Process(lane)]
    await writer.writes({})
    expect((await reader.store.current()).lane).toBe('fit')
    await writer.writes({ ...unfit })
    reader.at += MINUTE_MS - 1
    expect((await reader.store.current()).lane).toBe('fit')
    reader.at += 1
    expect((await reader.store.current()).lane).toBe('unfit')
  })

  it('is what it wrote itself at once, and what others found with it', async () => {
    const lane = newLane()
    const [one, other] = [new Process(lane), new Process(lane)]
    await one.store.current()
    await other.writes({ check: 'dnsbl', state: 'unfit', detail: 'listed' })
    await one.writes({})
    expect(await one.store.current()).toMatchObject({ lane: 'unfit', kind: 'reputation' })
  })

  it('grows old while it is kept', async () => {
    const process = new Process(newLane())
    process.at = NOW - 26 * HOUR_MS + 30_000
    await process.writes(unfit)
    process.at = NOW
    expect((await process.store.current()).lane).toBe('unfit')
    process.at += 31_000
    expect((await process.store.current()).lane).toBe('unmeasured')
  })
})

describe('a table', () => {
  it('that is dead makes no lane unfit, and an audit still says what it found', async () => {
    const mortal = await startEngine()
    const process = new Process(newLane(), mortal)
    await process.writes(unfit)
    await mortal.send('SIGKILL')
    process.at += 2 * MINUTE_MS
    expect(await process.store.current()).toEqual(NOTHING)
    expect(await process.writes(unfit)).toMatchObject({ lane: 'unfit', why: 'fcrdns: no PTR' })
    expect(process.faults.length).toBeGreaterThan(0)
    expect(process.faults.join()).toMatch(/^(read fitness: \w+,?)+$/)
    await mortal.restart()
    process.at += 10_000
    expect((await process.store.current()).lane).toBe('unfit')
    await mortal.stop()
  })

  it.each([
    ['text that is no JSON', { version: 3, state: '{' }],
    ['JSON of another shape', { version: 3, state: '{"checks":[{"check":"weather"}],"canaries":{}}' }],
    ['nothing', { version: 3 }],
    ['no version', { state: '{}' }],
  ])('that holds %s reads as never audited, and is written over', async (_what, content) => {
    const lane = newLane()
    const item = { key: `u:${lane}`, ...content }
    await engine.dynamo().client.send(new PutCommand({ TableName: trafficTable.name, Item: item }))
    expect(await new Process(lane).store.current()).toEqual(NOTHING)
    await new Process(lane).writes(unfit)
    expect((await new Process(lane).store.current()).lane).toBe('unfit')
  })
})
