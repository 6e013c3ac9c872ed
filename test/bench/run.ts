// `npm run bench -- NAME [--quick] [--json]`: runs one measurement; the last line on stdout is its JSON summary.
import { batch } from './batch.ts'
import { edge } from './edge.ts'
import { fastPath } from './fast-path.ts'
import { firstVerdict } from './first-verdict.ts'
import { probe } from './probe.ts'
import { report } from './report.ts'

/** What a measurement came to: figures by name, units in the name. */
export type Summary = Readonly<Record<string, number | string>>

export interface Options {
  /** Fewer rounds, where a bench has any to spare. */
  readonly quick: boolean
}

type Bench = (say: (text: string) => void, options: Options) => Promise<Summary>

const BENCHES: Readonly<Record<string, Bench>> = {
  batch,
  edge,
  'fast-path': fastPath,
  'first-verdict': firstVerdict,
  probe,
  report,
}

const [name = '', ...flags] = process.argv.slice(2)
const bench = BENCHES[name]
if (bench === undefined) {
  process.stderr.write(
    `Usage: npm run bench -- NAME [--quick] [--json]\nNAME is one of: ${Object.keys(BENCHES).join(', ')}\n`,
  )
  process.exitCode = 2
} else {
  const quiet = flags.includes('--json')
  const say = (text: string): void => {
    if (!quiet) process.stdout.write(`${text}\n`)
  }
  const summary = await bench(say, { quick: flags.includes('--quick') })
  process.stdout.write(`${JSON.stringify({ bench: name, ...summary })}\n`)
}
