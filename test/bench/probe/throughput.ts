// A thousand addresses on fifty domains, a hundred at a time: verdicts per second, and what one costs the processor.
import { aligned, median, type Part, quantile, rounded } from '../edge/report.ts'
import type { Options } from '../run.ts'
import { dialTo, planFor, verdict } from './asking.ts'
import { farAddresses, startFar } from './far.ts'
import { type Spent, spentOn } from './many.ts'

export const RTT_MS = 50
export const ADDRESSES = 1_000
export const AT_A_TIME = 100
const DOMAINS = farAddresses(50, 2)
const RUNS = 5
const QUICK_RUNS = 2

interface Asked {
  readonly host: string
  readonly mailbox: string
}

/** Domain after domain, so that neighbours are asked at different ones. */
const ASKED = Array.from({ length: ADDRESSES }, (_, n): Asked => {
  return { host: DOMAINS[n % DOMAINS.length] ?? '', mailbox: `${n % 5 === 4 ? 'unknown' : 'jane'}${n}@bench.test` }
})

/** At domains that are known to have accepted somebody: nobody needs postmaster's answer. */
const planned = (mailbox: string) => planFor([mailbox], { postmaster: null })

/** Dialogue and driver alone; servers and distance are another process's. */
export async function throughput({ quick }: Options): Promise<Part> {
  const far = await startFar([{ addresses: DOMAINS, offers: ['PIPELINING'], rttsMs: [0, RTT_MS] }])
  try {
    const [near, away] = [dialTo(far.port(0)), dialTo(far.port(RTT_MS))]
    await spentOn(20, ASKED, ({ host, mailbox }) => verdict(near, host, planned(mailbox)))
    const runs: Spent[] = []
    for (let run = 0; run < (quick ? QUICK_RUNS : RUNS); run += 1) {
      runs.push(await spentOn(AT_A_TIME, ASKED, ({ host, mailbox }) => verdict(away, host, planned(mailbox))))
    }
    return partOf(runs)
  } finally {
    await far.stop()
  }
}

function partOf(runs: readonly Spent[]): Part {
  const row = (name: string, of: (spent: Spent) => number) => {
    const list = runs.map(of)
    return [name, ...[0.5, 0, 1].map((share) => rounded(quantile(list, share), 3))]
  }
  return {
    title: `${ADDRESSES} addresses on ${DOMAINS.length} domains, ${AT_A_TIME} at a time, RTT ${RTT_MS} ms: dialogue and driver alone, ${runs.length} runs`,
    lines: aligned([
      ['', 'median', 'least', 'most'],
      row('verdicts per second', ({ perSecond }) => perSecond),
      row('CPU ms per verdict', ({ cpuMsEach }) => cpuMsEach),
      row('ms without the processor', ({ starvedMs }) => starvedMs),
    ]),
    figures: [
      {
        name: 'verdicts_per_s',
        value: rounded(median(runs.map(({ perSecond }) => perSecond)), 0),
        target: { atLeast: 475 },
      },
      {
        name: 'verdict_cpu_ms',
        value: rounded(median(runs.map(({ cpuMsEach }) => cpuMsEach)), 3),
        target: { atMost: 0.4 },
      },
    ],
  }
}
