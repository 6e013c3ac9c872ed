// The same thousand addresses with permits and store: a whole story for each, tables in the embedded engine, limits raised.
import { startEngine } from '../../prober/engine.ts'
import { aligned, type Part, rounded } from '../edge/report.ts'
import type { Options } from '../run.ts'
import { countedLane } from './counted-lane.ts'
import { farAddresses, startFar } from './far.ts'
import { spentOn } from './many.ts'
import { ADDRESSES, AT_A_TIME, RTT_MS } from './throughput.ts'

const DOMAINS = farAddresses(50, 4)
const LOOK_UP_MS = 5

export async function stored(_options: Options): Promise<Part> {
  const engine = await startEngine()
  const far = await startFar([{ addresses: DOMAINS, offers: ['PIPELINING'], rttsMs: [0, RTT_MS] }])
  const addressOf = (domain: string) => DOMAINS[Number(/\d+/.exec(domain)?.[0] ?? 0)] ?? ''
  const laneAt = (rttMs: number) =>
    countedLane({ engine, port: far.port(rttMs), addressOf, lookUpMs: LOOK_UP_MS, raised: true, name: `far-${rttMs}` })
  try {
    const ask = (lane: ReturnType<typeof laneAt>, local: string) => async (n: number) => {
      const { state, withoutMemory } = await lane.ask(`${local}${n}@d${n % DOMAINS.length}.bench.test`)
      if (state === 'asked') answered += 1
      if (withoutMemory) forgot += 1
    }
    let [answered, forgot] = [0, 0]
    const numbers = Array.from({ length: ADDRESSES }, (_, n) => n)
    await spentOn(10, numbers.slice(0, 400), ask(laneAt(0), 'karl'))
    ;[answered, forgot] = [0, 0]
    const lane = laneAt(RTT_MS)
    const { perSecond, cpuMsEach } = await spentOn(AT_A_TIME, numbers, ask(lane, 'jane'))
    return partOf({
      perSecond: (perSecond * answered) / ADDRESSES,
      cpuMsEach,
      answered,
      forgot,
      requests: lane.requests.length,
    })
  } finally {
    await far.stop()
    await engine.stop()
  }
}

interface Found {
  readonly perSecond: number
  readonly cpuMsEach: number
  readonly answered: number
  readonly forgot: number
  readonly requests: number
}

function partOf({ perSecond, cpuMsEach, answered, forgot, requests }: Found): Part {
  return {
    title: 'The same as whole stories, with permits and store in the embedded engine, limits raised, controls known',
    lines: aligned([
      ['answered', answered],
      ['told to come back later', ADDRESSES - answered],
      ['without memory', forgot],
      ['requests to the tables', requests],
    ]),
    figures: [
      { name: 'stored_verdicts_per_s', value: rounded(perSecond, 0) },
      { name: 'stored_verdict_cpu_ms', value: rounded(cpuMsEach, 3) },
    ],
  }
}
