// Thousands of conversations with hostile servers: each ends in time and as a finding, and nothing is left of any.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { aligned, type Part, rounded } from '../edge/report.ts'
import type { Options } from '../run.ts'
import { HARMS } from './harms.ts'

const COUNT = 10_000
const QUICK_COUNT = 1_000
const AT_ONCE = 100
const DEADLINE_MS = 250

export interface HostileJob {
  readonly port: number
  readonly count: number
  readonly atOnce: number
  readonly deadlineMs: number
}

export interface Memory {
  readonly heapMb: number
  readonly rssMb: number
}

export interface HostileSaid {
  /** How often each came out. */
  readonly endings: Readonly<Record<string, number>>
  /** After the deadline, of the slowest, less what the machine kept from the process meanwhile. */
  readonly latestMs: number
  readonly starvedMs: number
  /** Conversations that came to no finding. */
  readonly unfound: number
  /** After each quarter. */
  readonly memory: readonly Memory[]
  readonly socketsLeft: number
}

/** Has the C library return what is freed: it would keep some for later, as much as chance has it, and look like a leak. */
const RETURNING = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '32768' }

/** And a nursery that does not grow. */
const FIXED = ['--min-semi-space-size=16', '--max-semi-space-size=16']

function start(file: string, job: object, flags: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  return fork(path, [JSON.stringify(job)], { execArgv: [...flags], env: { ...process.env, ...RETURNING } })
}

async function said<T>(child: ChildProcess): Promise<T> {
  const message = once(child, 'message').then(([heard]) => heard as T)
  const exit = once(child, 'exit').then(([code]) => Promise.reject(new Error(`ended with ${code} and said nothing`)))
  return Promise.race([message, exit])
}

export async function hostile({ quick }: Options): Promise<Part> {
  const server = start('./hostile-side.ts', {}, [])
  try {
    const { port } = await said<{ port: number }>(server)
    const job: HostileJob = { port, count: quick ? QUICK_COUNT : COUNT, atOnce: AT_ONCE, deadlineMs: DEADLINE_MS }
    const client = start('./hostile-client.ts', job, ['--expose-gc', ...FIXED])
    const found = await said<HostileSaid>(client)
    server.send('count')
    const { connections } = await said<{ connections: number }>(server)
    return partOf(job, found, connections)
  } finally {
    server.disconnect()
  }
}

function partOf({ count }: HostileJob, found: HostileSaid, connections: number): Part {
  const { endings, latestMs, starvedMs, unfound, memory, socketsLeft } = found
  const [first, last] = [memory[0], memory.at(-1)]
  const growth = (key: keyof Memory) => rounded((100 * (last?.[key] ?? 0)) / (first?.[key] ?? 1) - 100, 1)
  const ended = Object.entries(endings).toSorted(([, one], [, other]) => other - one)
  return {
    title: `${count} conversations with ${Object.keys(HARMS).length} kinds of harm, ${AT_ONCE} at a time, ${DEADLINE_MS} ms each`,
    lines: [
      `ended: ${ended.map(([ending, times]) => `${ending} ${times}`).join(', ')}`,
      `the machine kept the processor from the client for ${rounded(starvedMs, 0)} ms in all`,
      ...aligned([
        ['after each quarter, MB', ...memory.map((_, n) => n + 1)],
        ['heap', ...memory.map(({ heapMb }) => rounded(heapMb, 1))],
        ['resident', ...memory.map(({ rssMb }) => rounded(rssMb, 1))],
      ]),
    ],
    figures: [
      { name: 'hostile_latest_after_deadline_ms', value: rounded(Math.max(0, latestMs), 0), target: { atMost: 100 } },
      { name: 'hostile_without_finding', value: unfound, target: { atMost: 0 } },
      { name: 'hostile_heap_growth_percent', value: growth('heapMb'), target: { atMost: 10 } },
      { name: 'hostile_rss_growth_percent', value: growth('rssMb'), target: { atMost: 10 } },
      { name: 'hostile_sockets_left', value: socketsLeft, target: { atMost: 0 } },
      { name: 'hostile_connections_left_at_server', value: connections, target: { atMost: 0 } },
    ],
  }
}
