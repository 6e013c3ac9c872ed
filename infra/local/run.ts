// `npm start`: reads what was asked for, starts all of Postern on one machine, and ends it.
import { HELP, parseOptions, StartProblem } from './options.ts'
import { requirePort } from './ports.ts'
import type { Part } from './start-all.ts'

/** Everything that has to be ended, in the order in which it was started. */
const started: Part[] = []
let stoppingSince: number | null = null

/** Takes charge of a part; one that comes about while the run is ending is ended at once. */
function own(part: Part): void {
  if (stoppingSince !== null) void part.stop()
  else started.push(part)
}

/** One Ctrl-C may arrive twice, from the terminal and through npm; only a later one is a second wish. */
const SAME_WISH_MS = 1_000

/** Ends all parts at once, the state last; a second wish ends the process without waiting. */
async function stop(code: number): Promise<void> {
  const again = stoppingSince !== null
  if (again && Date.now() - (stoppingSince ?? 0) > SAME_WISH_MS) process.exit(code)
  if (again) return
  stoppingSince = Date.now()
  const [state, ...parts] = started
  await Promise.all(parts.map(async (part) => part.stop()))
  await state?.stop()
  process.exit(code)
}

/** A run whose npm was killed has nobody left who could stop it. */
function followParent(): void {
  if (process.env['npm_lifecycle_event'] !== 'start') return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) void stop(0)
  }, 1_000).unref()
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
  try {
    const options = parseOptions(process.argv.slice(2))
    if (options === 'help') {
      process.stdout.write(HELP)
      return
    }
    followParent()
    await requirePort(options.port)
    // A second to load, which help and refusals do without.
    const { startAll } = await import('./start-all.ts')
    await startAll(options, own)
  } catch (error) {
    // What fails because the run is ending is no news.
    if (stoppingSince !== null) return
    const text =
      error instanceof StartProblem ? error.message : (error instanceof Error && error.stack) || String(error)
    process.stderr.write(`postern: ${text}\n`)
    await stop(1)
  }
}

await main()
