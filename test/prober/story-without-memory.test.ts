// The story of a job whose tables are dead, deaf or dying: it is answered all the same, in time, and says what it lacked.
import { startWorld, type World } from '@postern/test/world/world.ts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Engine, startEngine } from './engine.ts'
import { holdOf, told } from './facts.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import { timed } from './stage.ts'

let world: World
let mortal: Engine
let lane: LaneUnderTest

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  world.reset()
  mortal = await startEngine()
  lane = newLane(world, mortal)
})
afterEach(async () => {
  expect(world.violations()).toEqual([])
  await mortal.stop()
})

it('a job whose tables are dead is answered all the same, and says so', async () => {
  await mortal.send('SIGKILL')
  const { done, tookMs } = await timed(lane.ask('jane.roe@strict.test'))
  expect(done).toMatchObject({ state: 'asked', withoutMemory: true })
  expect(told(done.facts)).toEqual(['mailbox:250', 'stranger:550'])
  expect(tookMs).toBeLessThan(2_000)
})

it('a job whose tables hang is answered within its budget', async () => {
  await mortal.send('SIGSTOP')
  const { done, tookMs } = await timed(lane.ask('jane.roe@strict.test', { budgetMs: 2_500 }))
  expect(done).toMatchObject({ state: 'asked', withoutMemory: true })
  expect(told(done.facts)).toEqual(['mailbox:250', 'stranger:550'])
  expect(tookMs).toBeLessThan(2_700)
  await mortal.send('SIGCONT')
})

it('a job whose tables die while it talks is answered, and what it claimed is free after its time', async () => {
  const asking = lane.ask('jane.roe@slow-greeting.test', { budgetMs: 1_000 })
  await expect.poll(() => world.sessions().length, { interval: 5 }).toBe(1)
  await mortal.send('SIGKILL')
  const report = await asking
  expect(report).toMatchObject({ state: 'asked', withoutMemory: true })
  expect(told(report.facts)).toEqual(['mailbox:250', 'stranger:550'])
  await mortal.restart()
  expect(holdOf((await lane.ask('jane.roe@slow-greeting.test')).facts).hold).toBe('in_progress')
  lane.advance(2_000)
  expect(await lane.ask('jane.roe@slow-greeting.test')).toMatchObject({ state: 'asked', withoutMemory: false })
})
