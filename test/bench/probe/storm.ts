// A thousand jobs for an exchange where nothing listens, twenty at a time: how many dial it, and what is written about it.
import { type Engine, startEngine } from '../../prober/engine.ts'
import { aligned, type Figure, type Part, type Row } from '../edge/report.ts'
import type { Options } from '../run.ts'
import { type CountedLane, countedLane } from './counted-lane.ts'
import { freePort } from '../edge/ports.ts'
import { atATime } from './many.ts'

const JOBS = 1_000
const AT_A_TIME = 20
const FAILURES_TO_OPEN = 5
/** Nobody of the bench is there. */
const NOWHERE = '127.30.9.9'

interface Storm {
  readonly connects: number
  readonly writes: number
  readonly refusedWrites: number
  readonly reads: number
}

export async function storm(_options: Options): Promise<Part> {
  const engine = await startEngine()
  try {
    const asIs = await through(await laneAt(engine, false))
    const raised = await through(await laneAt(engine, true))
    return partOf(asIs, raised)
  } finally {
    await engine.stop()
  }
}

async function laneAt(engine: Engine, raised: boolean): Promise<CountedLane> {
  const setting = { engine, port: await freePort(), addressOf: () => NOWHERE, lookUpMs: 1 }
  return countedLane({ ...setting, raised, name: `storm-${raised}` })
}

async function through(lane: CountedLane): Promise<Storm> {
  const addresses = Array.from({ length: JOBS }, (_, n) => `jane${n}@dead.bench.test`)
  await atATime(AT_A_TIME, addresses, (address) => lane.ask(address))
  const traffic = lane.requests.filter(({ what }) => what.endsWith(' traffic'))
  const writes = traffic.filter(({ what }) => what.startsWith('PutItem'))
  return {
    connects: lane.dials.length,
    writes: writes.length,
    refusedWrites: writes.filter(({ failed }) => failed).length,
    reads: traffic.length - writes.length,
  }
}

function partOf(asIs: Storm, raised: Storm): Part {
  const row = (what: string, { connects, writes, refusedWrites, reads }: Storm): Row => {
    return [what, connects, writes - refusedWrites, refusedWrites, reads]
  }
  const figures = (name: string, { connects, writes, refusedWrites }: Storm): Figure[] => {
    const changes = writes - refusedWrites
    return [
      { name: `storm_connects_${name}`, value: connects, target: { atMost: FAILURES_TO_OPEN + AT_A_TIME } },
      { name: `storm_state_changes_${name}`, value: changes },
      // Those who come together try to change one state; all but one of them are told that it has changed.
      { name: `storm_writes_${name}`, value: writes, target: { atMost: changes + AT_A_TIME } },
    ]
  }
  return {
    title: `${JOBS} jobs for an exchange where nothing listens, ${AT_A_TIME} at a time`,
    lines: aligned([
      ['', 'connects', 'state changes', 'writes refused', 'reads of the traffic table'],
      row('limits as they are', asIs),
      row('limits raised', raised),
    ]),
    figures: [...figures('as_is', asIs), ...figures('raised', raised)],
  }
}
