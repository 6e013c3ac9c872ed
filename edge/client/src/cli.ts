#!/usr/bin/env node
// The command line: names a command, opens what it reads, and says by its exit code how it went.
import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { COLUMNS, logRows, UnreadableLog } from './log-rows.ts'
import { replay } from './replay.ts'

const HELP = `Usage: postern replay FILE [--json]

Says of each reply in a bounce log what it means: its class, what it says (yes, no, later, unclear) and about whom, and the
rule that decided. Nothing is sent anywhere.

FILE     CSV with a header, or a JSON object a line; "-" reads from standard input.
         Columns: ${COLUMNS.join(', ')}; others are passed over. "text" may begin with the code,
         "stage" is HELO, MAIL, RCPT, DATA, QUIT or empty (RCPT), "exchange" the host that replied, if known.
--json   One object a line: {"id", "class", "says", "about", "rule"}.

Exit code: 0, 1 where a row holds no reply, 2 where the file cannot be read.
`

/** Whoever reads may have gone away: \`postern replay log.csv | head\`. */
process.stdout.on('error', () => process.exit(0))

process.exitCode = await main()

async function main(): Promise<number> {
  const args = argumentsOf()
  if (args === null) return 2
  const { values, positionals } = args
  const [command, file, ...rest] = positionals
  if (values.help === true || command === undefined) {
    process.stdout.write(HELP)
    return values.help === true ? 0 : 2
  }
  if (command !== 'replay') return usage(`unknown command: ${command}`)
  if (file === undefined) return usage('replay needs a file, or - for standard input')
  if (rest.length > 0) return usage(`replay takes one file; beside it there is: ${rest.join(' ')}`)
  return replayFile(file, values.json === true)
}

function argumentsOf() {
  try {
    const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    usage(error instanceof Error ? error.message : 'wrong arguments')
    return null
  }
}

function usage(why: string): number {
  process.stderr.write(`postern: ${why}\n\n${HELP}`)
  return 2
}

async function replayFile(file: string, json: boolean): Promise<number> {
  const out = (line: string) => void process.stdout.write(`${line}\n`)
  const err = (line: string) => void process.stderr.write(`${line}\n`)
  try {
    const octets = file === '-' ? process.stdin : createReadStream(file)
    return (await replay(logRows(octets), { out, err, json })) === 0 ? 0 : 1
  } catch (error) {
    err(`postern: ${file} cannot be read: ${reasonOf(error)}`)
    return 2
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof UnreadableLog) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return 'there is no such file'
  return error instanceof Error ? error.message : 'fault'
}
