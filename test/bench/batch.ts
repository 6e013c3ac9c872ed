// What lists take: time beside courtesy's floor, requests to the tables, memory; and how fast a lane is with nothing in its way.
import { measured, type Part } from './edge/report.ts'
import { memory } from './batch/memory.ts'
import { politely } from './batch/politely.ts'
import { proberAlone } from './batch/prober-alone.ts'
import type { Options, Summary } from './run.ts'

export async function batch(say: (text: string) => void, options: Options): Promise<Summary> {
  const subjects: readonly ((options: Options) => Promise<Part>)[] = [proberAlone, politely, memory]
  return measured(
    subjects.map((subject) => () => subject(options)),
    say,
  )
}
