// Two jobs for one address, told with everything real: one probe between them, whichever process they came to, and one that comes back.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type ProbeReport, probeReport } from '@postern/shared/contract/probe.ts'
import type { World } from '@postern/test/world/world.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { holdOf, told } from './facts.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import type { Errand } from './lane-process.ts'
import { namedIn, processOf } from './lists.ts'
import { jobAt, type ScriptedExchange } from './scripted-exchange.ts'
import { standingStage } from './stage.ts'

let world: World
let engine: Engine
let exchange: ScriptedExchange
let lane: LaneUnderTest

standingStage((stage) => {
  ;({ world, engine, exchange } = stage)
})
beforeEach(() => {
  lane = newLane(world, engine)
})

describe('two lane processes', () => {
  const children: ChildProcess[] = []
  beforeAll(async () => {
    const program = fileURLToPath(new URL('lane-process.ts', import.meta.url))
    for (let n = 0; n < 3; n += 1)
      children.push(fork(program, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
    await Promise.all(children.map((child) => once(child, 'message')))
  })
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
  })

  async function send(child: ChildProcess, errand: Errand): Promise<ProbeReport> {
    const answer = once(child, 'message')
    child.send(errand)
    const [said] = (await answer) as [{ report?: unknown; fault?: string }]
    if (said.report === undefined) throw new Error(said.fault)
    return probeReport.parse(said.report)
  }

  it('ask about one address once, over several rounds', async () => {
    for (let round = 0; round < 6; round += 1) {
      exchange.behave({})
      const reports = await Promise.all(
        children.map((child) =>
          send(child, {
            endpoint: engine.endpoint,
            exchange: exchange.listens,
            shownAs: `192.0.2.${round}`,
            job: jobAt('mx.host.test', `jane${round}@d${round}.test`),
          }),
        ),
      )
      const named = exchange.sessions.flat().filter((line) => line.startsWith(`RCPT TO:<jane${round}`))
      expect(named).toHaveLength(1)
      expect(reports.filter(({ state }) => state === 'asked')).toHaveLength(1)
      for (const { state, facts } of reports) if (state === 'held') expect(holdOf(facts).retryAt).not.toBe(null)
    }
  })
})

describe('a second job', () => {
  it('that looked before the first one wrote comes back, and finds the answer', async () => {
    const { evidence } = lane.ports
    const looked = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const late = processOf(lane, engine, {
      evidence: {
        ...evidence,
        recall: async (...asked) => {
          const found = await evidence.recall(...asked)
          looked.resolve()
          await goOn.promise
          return found
        },
      },
    })
    const second = late.answer(await lane.jobFor('jane.roe@strict.test'))
    await looked.promise
    expect((await lane.ask('jane.roe@strict.test')).state).toBe('asked')
    goOn.resolve()
    const report = await second
    expect(told(report.facts)).toEqual(['hold:in_progress'])
    expect(namedIn(world)).toEqual(['jane.roe', 'stranger'])
    expect((await lane.ask('jane.roe@strict.test')).state).toBe('known')
  })

  it('of somebody else is not barred by what the first one asked about', async () => {
    await lane.ask('jane.roe@strict.test')
    expect((await lane.ask('karl.weber@strict.test')).state).toBe('asked')
  })

  it('under the first one’s own id takes over its slot, since that visit was cut off', async () => {
    const cut = newLane(world, engine, { ...lane.ports, dial: () => new Promise(() => undefined) })
    const job = await lane.jobFor('jane.roe@strict.test')
    void cut.answer(job)
    await expect
      .poll(
        () =>
          engine
            .items('traffic')
            .then((items) => items.some(({ key }) => String(key).endsWith(`:${lane.ports.lane.id}`))),
        { interval: 5 },
      )
      .toBe(true)
    const other = await lane.ask('jane.roe@strict.test')
    expect(holdOf(other.facts).hold).toBe('in_progress')
    const back = await lane.answer(job)
    expect(told(back.facts)).toEqual(['mailbox:250', 'stranger:550'])
    lane.advance(1_000)
    expect((await lane.ask('karl.weber@strict.test')).state).toBe('asked')
  })

  it('after one that found nothing out asks for itself', async () => {
    const { dial } = lane.ports
    let dead = true
    const moody = newLane(world, engine, {
      ...lane.ports,
      dial: (...call) => (dead ? Promise.resolve({ fault: 'connect_timeout' }) : dial(...call)),
    })
    await moody.ask('jane.roe@strict.test', { maxAgeS: 0 })
    dead = false
    moody.advance(1_000)
    expect(told((await moody.ask('jane.roe@strict.test', { maxAgeS: 0 })).facts)).toContain('mailbox:250')
  })
})

describe('an inquiry that had to wait', () => {
  it('leaves no answer for a repeat, though something failed on the way', async () => {
    const exchanges = [
      { exchange: 'mx.closed-port.test', preference: 10 },
      { exchange: 'mx.strict.test', preference: 20 },
    ]
    const routed = newLane(world, engine, { routeOf: async () => ({ agrees: true, optedOut: false }) })
    const { permits } = routed.ports
    let [busy, taken] = [true, 0]
    const held = processOf(routed, engine, {
      permits: {
        ...permits,
        take: async (...wanted) => {
          taken += 1
          return busy && taken === 2 ? { kind: 'permit', retryAt: routed.now() + 100 } : permits.take(...wanted)
        },
      },
    })
    const job = await routed.jobFor('jane.roe@strict.test', { exchanges })
    const first = await held.answer(job)
    expect(told(first.facts)).toEqual(['connect_refused', 'hold:permit'])
    busy = false
    routed.advance(1_000)
    const again = await held.answer({ ...job, jobId: 'another-job-id' })
    expect(again.state).toBe('asked')
    expect(told(again.facts)).toContain('mailbox:250')
  })
})
