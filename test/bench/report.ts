// What a domain's report costs in the Worker: questions, round trips, how soon its first section leaves; without lanes.
import { setTimeout as pause } from 'node:timers/promises'
import type { DomainReport, ReportPart } from '@postern/shared/contract/domain-report.ts'
import { startDoh } from '../edge/dns/doh-server.ts'
import { soundZone } from '../edge/reports/zones.ts'
import { startStack } from '../journeys/stack.ts'
import type { Options, Summary } from './run.ts'

/** A resolver's usual distance, far longer than what loopback itself needs. */
const TRIP_MS = 50
/** Of a fresh domain each; the first few warm the Worker up and are not counted. */
const [WARM_UP, ROUNDS, QUICK_ROUNDS] = [3, 20, 5]

const TARGETS = {
  two_queries: 36,
  five_queries: 63,
  two_trips: 8,
  first_ms: TRIP_MS + 10,
  first_over_trip_ms: 10,
  first_after_begun_ms: TRIP_MS + 10,
} as const

export async function report(say: (text: string) => void, { quick }: Options): Promise<Summary> {
  const rounds = WARM_UP + (quick ? QUICK_ROUNDS : ROUNDS)
  const names = Array.from({ length: rounds }, (_, at) => `d${at}`)
  const zone = (n: number) => names.flatMap((name) => soundZone(n).map((line) => renamed(line, `${name}x${n}`)))
  const doh = await startDoh('far', {
    zone: [...zone(2), ...zone(5), 'warm MX 0 .'],
    authentic: true,
    manner: 'slow',
    slowMs: TRIP_MS,
  })
  const stack = await startStack(['--doh', doh.resolver.url, '--lanes', '1x1'])
  try {
    const [two, five] = [await measured(2), await measured(5)]
    const summary = {
      trip_ms: TRIP_MS,
      two_queries: two.queries,
      two_whole_ms: two.wholeMs,
      two_trips: round(two.wholeMs / TRIP_MS),
      five_queries: five.queries,
      five_whole_ms: five.wholeMs,
      five_trips: round(five.wholeMs / TRIP_MS),
      first_ms: two.firstMs,
      first_over_trip_ms: two.overTripMs,
      first_after_begun_ms: two.afterBegunMs,
    }
    for (const [name, target] of Object.entries(TARGETS)) {
      const value = summary[name as keyof typeof TARGETS]
      say(`${name}: ${value} (target ${target})${value > target ? ' MISSED' : ''}`)
    }
    return summary
  } finally {
    await stack.stop()
    await doh.close()
  }

  async function measured(n: number) {
    const times: (Awaited<ReturnType<typeof timed>> & { queries: number })[] = []
    for (const name of names) {
      const before = doh.asked.length
      const time = await timed(`${name}x${n}.test`)
      times.push({ ...time, queries: doh.asked.length - before })
      // What goes on after an answer must not be counted with the next one.
      await pause(2 * TRIP_MS)
    }
    const counted = times.slice(WARM_UP)
    return {
      queries: Math.max(...counted.map(({ queries }) => queries)),
      firstMs: median(counted.map(({ firstMs }) => firstMs)),
      overTripMs: median(counted.map(({ firstMs, tripMs }) => firstMs - tripMs)),
      // What comes before is the account's: may this caller ask.
      afterBegunMs: median(counted.map(({ begunMs, firstMs }) => firstMs - begunMs)),
      wholeMs: median(counted.map(({ wholeMs }) => wholeMs)),
    }
  }

  /** From the request to the first section, and to the end of the last. */
  async function timed(domain: string) {
    const startedAt = performance.now()
    const response = await stack.request(`/v1/domains/${domain}`, {
      headers: { authorization: `Bearer ${stack.keys.sk_test}`, accept: 'application/x-ndjson' },
    })
    let [begunMs, firstMs, text] = [0, 0, '']
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (begunMs === 0) begunMs = performance.now() - startedAt
      // The line that says what has begun is no section.
      if (firstMs === 0 && text.split('\n').length > 2) firstMs = performance.now() - startedAt
    }
    const whole = JSON.parse(text.trim().split('\n').at(-1)!) as ReportPart
    if (whole.section !== 'report') throw new Error(`${domain} has no whole report: ${text.slice(0, 200)}`)
    // As the Worker has measured its first question: loopback and the resolver take their time besides.
    const tripMs = (whole.value as DomainReport).resolution?.measured_ms ?? Number.NaN
    return { begunMs, firstMs, tripMs, wholeMs: performance.now() - startedAt }
  }
}

/** Lines of `a.test`'s zone for another name below `test`. */
function renamed(line: string, name: string): string {
  return line.replaceAll(/\ba\.test\b/g, `${name}.test`).replace(/^(\S*?)\ba( )/, `$1${name}$2`)
}

function median(values: readonly number[]): number {
  return round(values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
