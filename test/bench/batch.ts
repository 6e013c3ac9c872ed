// What lists take: time beside courtesy's floor, requests to the tables, memory; and how fast a lane is with nothing in its way.
import { outcomeOf, type Part, told } from './edge/report.ts'
import { memory } from './batch/memory.ts'
import { politely } from './batch/politely.ts'
import { proberAlone } from './batch/prober-alone.ts'
import type { Options, Summary } from './run.ts'

export async function batch(say: (text: string) => void, options: Options): Promise<Summary> {
  const subjects: readonly ((options: Options) => Promise<Part>)[] = [proberAlone, politely, memory]
  const parts: Part[] = []
  for (const subject of subjects) {
    const part = await subject(options)
    say(told(part))
    parts.push(part)
  }
  const figures = parts.flatMap((part) => part.figures)
  const missed = figures.filter((figure) => outcomeOf(figure) === 'MISSED').map(({ name }) => name)
  say(`\n${missed.length === 0 ? 'All targets are reached.' : `MISSED: ${missed.join(', ')}`}`)
  return Object.fromEntries(figures.map(({ name, value }) => [name, value]))
}
