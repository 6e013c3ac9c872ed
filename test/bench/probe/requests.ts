// Requests to DynamoDB per verdict, by what is known before and by what comes out, and how many of them the dial waits for.
import { type Engine, startEngine } from '../../prober/engine.ts'
import { aligned, type Figure, median, type Part, type Row, rounded } from '../edge/report.ts'
import type { Options } from '../run.ts'
import { type CountedLane, countedLane } from './counted-lane.ts'
import { type Far, farAddresses, startFar } from './far.ts'
import { lists } from './lists.ts'
import { overlaps, type Span, turns } from './noted.ts'

/** Where a resolver on the other side of a data centre's wall is. */
export const LOOK_UP_MS = 15
const HOSTS = farAddresses(20, 3)
/** Fifteen refusals an hour are what a domain is asked for. */
const ACCEPTED = 8
const REFUSED = 2

export interface Count {
  readonly name: string
  readonly what: string
  readonly perVerdict: number
  readonly byKind: string
  readonly atMost: number | null
}

export async function requests({ quick }: Options): Promise<Part> {
  const engine = await startEngine()
  const far = await startFar([{ addresses: HOSTS, offers: ['PIPELINING'], rttsMs: [0] }])
  try {
    const { counts, waits } = await single(engine, far, quick ? 10 : HOSTS.length)
    const listed = [...(await lists(engine, far, HOSTS)), ...(await another(engine, far))]
    return partOf([...counts, ...listed], waits)
  } finally {
    await far.stop()
    await engine.stop()
  }
}

export const laneOf = (engine: Engine, far: Far, { name, raised }: { name: string; raised: boolean }): CountedLane =>
  countedLane({ engine, port: far.port(0), addressOf: hostOf, lookUpMs: LOOK_UP_MS, raised, name })

/** `d7.bench.test` is at the seventh host. */
const hostOf = (domain: string): string => HOSTS[Number(/\d+/.exec(domain)?.[0] ?? 0) % HOSTS.length] ?? ''

async function single(engine: Engine, far: Far, domains: number) {
  const lane = laneOf(engine, far, { name: 'single', raised: true })
  const names = Array.from({ length: domains }, (_, n) => `d${n}.bench.test`)
  const each = (count: number, local: string) =>
    names.flatMap((domain) => Array.from({ length: count }, (_, n) => `${local}${n}@${domain}`))
  const first = await asked(lane, each(1, 'first'))
  const accepted = await asked(lane, each(ACCEPTED, 'jane'))
  const refused = await asked(lane, each(REFUSED, 'unknown'))
  const mix = await asked(lane, [...each(ACCEPTED, 'karl'), ...each(REFUSED, 'unknown-karl')])
  const hit = await asked(lane, each(ACCEPTED, 'jane'))
  const counts = [
    counted('accepted', { what: 'accepted, the control known', spent: accepted, atMost: 3.2 }),
    counted('refused', { what: 'refused, the control known', spent: refused, atMost: 3.2 }),
    counted('mix', { what: '80 % accepted, 20 % refused', spent: mix, atMost: 3.2 }),
    counted('first_contact', { what: 'accepted, the first at its domain', spent: first, atMost: 3.2 }),
    counted('hit', { what: 'asked again', spent: hit, atMost: 1 }),
  ]
  return { counts, waits: { fresh: waitsOf(first), remembered: waitsOf(accepted) } }
}

/** Two processes of one lane in turns: what each remembers of a destination is out of date. */
async function another(engine: Engine, far: Far): Promise<Count[]> {
  const both = [0, 1].map(() => laneOf(engine, far, { name: 'double', raised: true }))
  const all: Spent[] = []
  for (let at = 0; at < 4 * HOSTS.length; at += 1) {
    const lane = both[Math.floor(at / HOSTS.length) % 2]
    const spent = lane === undefined ? [] : await asked(lane, [`turn${at}@d${500 + (at % HOSTS.length)}.bench.test`])
    if (at >= 2 * HOSTS.length) all.push(...spent)
  }
  return [counted('two_processes', { what: 'accepted, another process was there before', spent: all, atMost: null })]
}

export interface Spent {
  readonly requests: readonly Span[]
  readonly lookUps: readonly Span[]
  readonly dialledAt: number
  /** Addresses that were answered for. */
  readonly addresses: number
}

/** One after the other, so that it is plain whose a request is. */
async function asked(lane: CountedLane, addresses: readonly string[]): Promise<Spent[]> {
  const spent: Spent[] = []
  for (const address of addresses) {
    lane.forget()
    const { state, withoutMemory } = await lane.ask(address)
    if (state === 'held' || withoutMemory) throw new Error(`${address} was not asked about`)
    const dialledAt = lane.dials[0]?.from ?? Number.POSITIVE_INFINITY
    spent.push({ requests: [...lane.requests], lookUps: [...lane.lookUps], dialledAt, addresses: 1 })
  }
  return spent
}

interface Counting {
  readonly what: string
  readonly spent: readonly Spent[]
  readonly atMost: number | null
}

export function counted(name: string, { what, spent, atMost }: Counting): Count {
  const verdicts = spent.reduce((sum, { addresses }) => sum + addresses, 0)
  const all = spent.flatMap((one) => one.requests)
  const kinds = Map.groupBy(all, (request) => request.what.replace('Command', ''))
  const byKind = [...kinds].map(([kind, list]) => `${kind} ${rounded(list.length / verdicts)}`).join(', ')
  return { name, what, perVerdict: rounded(all.length / verdicts), byKind, atMost }
}

interface Waits {
  readonly beside: number
  readonly alone: number
}

/** Turns that were over before the dial: beside look-ups, and with nothing else going on. */
function waitsOf(spent: readonly Spent[]): Waits {
  const each = spent.map(({ requests, lookUps, dialledAt }) => {
    const before = turns(requests.filter(({ to }) => to <= dialledAt))
    const beside = before.filter((turn) => lookUps.some((lookUp) => overlaps(turn, lookUp))).length
    return { beside, alone: before.length - beside }
  })
  return { beside: median(each.map(({ beside }) => beside)), alone: median(each.map(({ alone }) => alone)) }
}

function partOf(counts: readonly Count[], { fresh, remembered }: { fresh: Waits; remembered: Waits }): Part {
  const rows = counts.map(({ what, perVerdict, byKind }): Row => [what, perVerdict, `  ${byKind}`])
  return {
    title: `Requests to DynamoDB per verdict, repeats and refused conditions included, look-ups of ${LOOK_UP_MS} ms`,
    lines: aligned(rows),
    figures: [
      ...counts.map(({ name, perVerdict, atMost }): Figure => {
        const figure = { name: `dynamo_requests_${name}`, value: perVerdict }
        return atMost === null ? figure : { ...figure, target: { atMost } }
      }),
      { name: 'dynamo_turns_before_dial', value: fresh.alone, target: { atMost: 1 } },
      { name: 'dynamo_turns_beside_look_ups', value: fresh.beside },
      { name: 'dynamo_turns_before_dial_look_ups_remembered', value: remembered.alone },
    ],
  }
}
