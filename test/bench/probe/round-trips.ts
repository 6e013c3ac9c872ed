// Round trips that a verdict takes, the stranger's answer included: by how much it is later for each millisecond of distance.
import type { Kept } from '@postern/prober/net/converse.ts'
import type { Plan } from '@postern/prober/smtp/plan.ts'
import { aligned, type Figure, median, type Part, type Row, rounded } from '../edge/report.ts'
import type { Options } from '../run.ts'
import { complete, dialTo, limits, planFor, verdict } from './asking.ts'
import { type Far, farAddresses, startFar } from './far.ts'
import { peers } from './peers.ts'

const ROUNDS = 40
const QUICK_ROUNDS = 8
const [SHORT_MS, LONG_MS] = [50, 100]
const OURS = farAddresses(3, 0)
const THEIRS = farAddresses(3, 1)
const [PIPELINES = '', ONE_BY_ONE = '', EARLY = ''] = OURS
const OFFERS_EARLY = ['PIPELINING', 'PIPE_CONNECT'] as const

/** How one verdict is asked for; what came before it is not timed. */
type Asker = (rttMs: number) => Promise<() => Promise<unknown>>

interface Way {
  readonly name: string
  readonly what: string
  readonly atMost: number
  readonly asker: Asker
}

export async function roundTrips({ quick }: Options): Promise<Part> {
  const rttsMs = [0, SHORT_MS, LONG_MS]
  const far = await startFar([
    { addresses: [PIPELINES, ...THEIRS], offers: ['PIPELINING'], rttsMs },
    { addresses: [ONE_BY_ONE], offers: [], rttsMs },
    { addresses: [EARLY], offers: OFFERS_EARLY, rttsMs },
  ])
  try {
    const rounds = quick ? QUICK_ROUNDS : ROUNDS
    const measured = await Promise.all(waysTo(far).map((way) => timed(way, rounds)))
    const { connections } = await far.counts(OURS)
    // All ways but the kept one, at each of three distances; the kept one connects once for each.
    const dialled = (measured.length - 1) * 3 * (rounds + 1) + 3
    const others = await peers({ far, addresses: THEIRS, rttsMs: [SHORT_MS, LONG_MS], rounds: Math.ceil(rounds / 2) })
    return partOf(measured, connections / dialled, others)
  } finally {
    await far.stop()
  }
}

function waysTo(far: Far): Way[] {
  const fresh = (address: string, changes: Partial<Plan> = {}): Asker => {
    return async (rttMs) => () => verdict(dialTo(far.port(rttMs)), address, planFor(['jane@bench.test'], changes))
  }
  const many = (count: number): Way => {
    const mailboxes = Array.from({ length: count }, (_, n) => `jane${n}@bench.test`)
    const what = `${count} recipients on one connection, window 100`
    const atMost = rounded(3.3 + Math.ceil((count + 1) / 100), 1)
    return { name: `recipients_${count}`, what, atMost, asker: fresh(PIPELINES, { mailboxes }) }
  }
  const inTurn = { controlTiming: 'after_250' } as const
  return [
    { name: 'pipelined', what: 'control in the same write', atMost: 4.1, asker: fresh(PIPELINES) },
    { name: 'after_250', what: 'control after the 250', atMost: 5.1, asker: fresh(PIPELINES, inTurn) },
    { name: 'one_by_one', what: 'without PIPELINING', atMost: 6.1, asker: fresh(ONE_BY_ONE) },
    { name: 'early', what: 'PIPE_CONNECT, seen before', atMost: 2.1, asker: fresh(EARLY, { early: OFFERS_EARLY }) },
    { name: 'kept', what: 'on a connection that was kept', atMost: 1.1, asker: keptAt(far) },
    ...[1, 30, 99, 150].map(many),
  ]
}

function keptAt(far: Far): Asker {
  const connections = new Map<number, Kept>()
  const plan = planFor(['jane@bench.test'], { keep: true })
  return async (rttMs) => {
    const known = connections.get(rttMs) ?? (await verdict(dialTo(far.port(rttMs)), PIPELINES, plan)).kept
    if (known === null) throw new Error('the connection was not kept')
    connections.set(rttMs, known)
    return async () => complete(await known.ask(plan, { ...limits(), now: Date.now }), plan)
  }
}

interface Timed extends Way {
  readonly p50: { readonly here: number; readonly short: number; readonly long: number }
}

/** Distances in turns, after one round that nobody looks at. */
async function timed(way: Way, rounds: number): Promise<Timed> {
  const distances = [0, SHORT_MS, LONG_MS]
  const times = new Map<number, number[]>(distances.map((rttMs) => [rttMs, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const rttMs of distances) {
      const ask = await way.asker(rttMs)
      const startedAt = performance.now()
      await ask()
      if (round >= 0) times.get(rttMs)?.push(performance.now() - startedAt)
    }
  }
  const p50 = (rttMs: number) => median(times.get(rttMs) ?? [])
  return { ...way, p50: { here: p50(0), short: p50(SHORT_MS), long: p50(LONG_MS) } }
}

export const slope = (short: number, long: number): number => rounded((long - short) / (LONG_MS - SHORT_MS))

function partOf(measured: readonly Timed[], connections: number, others: Awaited<ReturnType<typeof peers>>): Part {
  const rows = measured.map(({ what, p50: { here, short, long } }): Row => {
    return [what, rounded(here, 1), rounded(short, 1), rounded(long, 1), slope(short, long)]
  })
  const peerRows = others.rows.map(({ name, short, long }): Row => {
    return [name, '', rounded(short, 1), rounded(long, 1), slope(short, long)]
  })
  const figures = measured.map(({ name, atMost, p50 }): Figure => {
    return { name: `round_trips_${name}`, value: slope(p50.short, p50.long), target: { atMost } }
  })
  return {
    title: 'Round trips per verdict with control, from before the connection: p50 in ms by distance, and the slope',
    lines: [
      ...aligned([['', 'RTT 0', `RTT ${SHORT_MS}`, `RTT ${LONG_MS}`, 'round trips'], ...rows, ...peerRows]),
      'Others, measured and not shipped, asked about a mailbox that is there and one that is not:',
      ...others.told,
    ],
    figures: [
      ...figures,
      { name: 'connections_per_verdict', value: rounded(connections), target: { atMost: 1 } },
      ...others.rows.map(
        ({ key, short, long }): Figure => ({ name: `peer_${key}_round_trips`, value: slope(short, long) }),
      ),
    ],
  }
}
