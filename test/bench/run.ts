// `npm run bench -- NAME [--quick] [--json]`: runs one measurement; the last line on stdout is its JSON summary.
import { fastPath } from './fast-path.ts'
import { firstVerdict } from './first-verdict.ts'

/** What a measurement came to: figures by name, units in the name. */
export type Summary = Readonly<Record<string, number | string>>

const BENCHES: Readonly<Record<string, (say: (text: string) => void) => Promise<Summary>>> = {
  'fast-path': fastPath,
  'first-verdict': firstVerdict,
}

const [name = '', ...flags] = process.argv.slice(2)
const bench = BENCHES[name]
if (bench === undefined) {
  process.stderr.write(`Usage: npm run bench -- NAME [--json]\nNAME is one of: ${Object.keys(BENCHES).join(', ')}\n`)
  process.exitCode = 2
} else {
  const quiet = flags.includes('--json')
  const summary = await bench((text) => {
    if (!quiet) process.stdout.write(`${text}\n`)
  })
  process.stdout.write(`${JSON.stringify({ bench: name, ...summary })}\n`)
}
