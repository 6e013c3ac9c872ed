// `npm run chaos -- NAME [--quick] [--json]`: runs one story of parts that are killed; the last line on stdout is its JSON summary.
import { batch } from './batch.ts'
import { told } from '../bench/edge/report.ts'
import { missedOf, type Outcome } from './outcome.ts'

export interface Options {
  /** Fewer rows and one round. */
  readonly quick: boolean
}

/** `stopped` ends it early, with all that it has started. */
type Story = (say: (text: string) => void, options: Options, stopped: AbortSignal) => Promise<Outcome>

const STORIES: Readonly<Record<string, Story>> = { batch }

const [name = '', ...flags] = process.argv.slice(2)
const story = STORIES[name]
if (story === undefined) {
  process.stderr.write(
    `Usage: npm run chaos -- NAME [--quick] [--json]\nNAME is one of: ${Object.keys(STORIES).join(', ')}\n`,
  )
  process.exitCode = 2
} else {
  const say = (text: string): void => {
    if (!flags.includes('--json')) process.stdout.write(`${text}\n`)
  }
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopped.abort(signal))
  const outcome = await story(say, { quick: flags.includes('--quick') }, stopped.signal).catch(endOf)
  const missed = missedOf(outcome)
  for (const part of outcome.parts) say(told(part))
  say(`\n${missed.length === 0 ? 'All targets are reached.' : `MISSED: ${missed.join(', ')}`}`)
  process.stdout.write(`${JSON.stringify({ chaos: name, ...summaryOf(outcome) })}\n`)
  process.exitCode = missed.length === 0 ? 0 : 1
}

/** What the story has started is gone by now; what still waits for it is not waited for. */
function endOf(reason: unknown): never {
  process.stderr.write(`chaos: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`)
  process.exit(typeof reason === 'string' ? 130 : 1)
}

function summaryOf({ parts }: Outcome): Readonly<Record<string, number>> {
  return Object.fromEntries(parts.flatMap(({ figures }) => figures.map(({ name: figure, value }) => [figure, value])))
}
