// What a lane needs for its verdicts: round trips, processor time, requests to the tables; and what hostile servers do to it.
import { measured, type Part } from './edge/report.ts'
import { hostile } from './probe/hostile.ts'
import { requests } from './probe/requests.ts'
import { roundTrips } from './probe/round-trips.ts'
import { storm } from './probe/storm.ts'
import { stored } from './probe/stored.ts'
import { throughput } from './probe/throughput.ts'
import type { Options, Summary } from './run.ts'

export async function probe(say: (text: string) => void, options: Options): Promise<Summary> {
  const subjects: readonly ((options: Options) => Promise<Part>)[] = [
    roundTrips,
    throughput,
    stored,
    requests,
    storm,
    hostile,
  ]
  return measured(
    subjects.map((subject) => () => subject(options)),
    say,
  )
}
