// What stories are told with for the length of a file: a mail world, an engine, and an exchange that answers as a test tells it to.
import type { ProbePorts } from '@postern/prober/probe.ts'
import { startWorld, type World } from '@postern/test/world/world.ts'
import { afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { type Engine, startEngine } from './engine.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import { type ScriptedExchange, startScriptedExchange } from './scripted-exchange.ts'

export interface Stage {
  readonly world: World
  readonly engine: Engine
  readonly exchange: ScriptedExchange
}

/** Hands out what stands until this file's tests are over. After each of them the world has no complaint, and forgets. */
export function standingStage(take: (stage: Stage) => void): void {
  let stage: Stage
  beforeAll(async () => {
    const [world, engine, exchange] = await Promise.all([startWorld(), startEngine(), startScriptedExchange()])
    stage = { world, engine, exchange }
    take(stage)
    return async () => {
      await Promise.all([world.close(), engine.stop(), exchange.close()])
    }
  })
  beforeEach(() => {
    stage.exchange.behave({})
  })
  afterEach(() => {
    expect(stage.world.violations()).toEqual([])
    stage.world.reset()
  })
}

/** A lane that takes the stage's exchange for every domain's. */
export function laneAt({ world, engine, exchange }: Stage, changes: Partial<ProbePorts> = {}): LaneUnderTest {
  const lane: LaneUnderTest = newLane(world, engine, { ...exchange.ports(() => lane.now()), ...changes })
  return lane
}

/** What the table of permits knows of the one destination that a lane has visited. */
export async function trafficOf(engine: Engine, { ports }: LaneUnderTest) {
  const item = (await engine.items('traffic')).find(({ key }) => String(key).endsWith(`:${ports.lane.id}`))
  return JSON.parse(String(item?.['state'])) as Traffic
}

interface Traffic {
  readonly granted: [number, number][]
  readonly refused: number[]
  readonly standing: { readonly pace: number; readonly shuns: number }
  readonly manners: readonly Manners[]
}

interface Manners {
  readonly address: string
  readonly early: readonly string[] | null
  readonly stalls: boolean
}

export async function timed<T>(work: Promise<T>): Promise<{ done: T; tookMs: number }> {
  const startedAt = performance.now()
  return { done: await work, tookMs: performance.now() - startedAt }
}
