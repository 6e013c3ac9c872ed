// The state folder of a local run: keys that stay the same from run to run, the engine's file, and who is using it.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { StartProblem } from './options.ts'

const KINDS = ['sk_live', 'pk_live', 'sk_test', 'pk_test'] as const
export type Kind = (typeof KINDS)[number]

const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const ring = z.object({ current: z.string(), keys: z.record(z.string(), hex32) })

const secrets = z.object({
  /** What lanes name addresses with. */
  hmac: ring,
  /** What the edge signs keys with. */
  edge: ring.default(() => ({ current: '1', keys: { '1': secret() } })),
  /** 20 octets in hex, from which the operator's key is made. */
  operator: z.string().default(() => randomBytes(20).toString('hex')),
  /** The account that `npm start` made for its user; null until then. */
  account: z
    .object({ id: z.string(), keys: z.record(z.enum(KINDS), z.string()) })
    .nullable()
    .default(null),
})
export type Secrets = z.infer<typeof secrets>

export interface State {
  readonly dir: string
  readonly secrets: Secrets
  readonly engineFile: string
  /** Writes what is to be the same in the next run. */
  save(secrets: Secrets): void
  /** Gives the folder back; an ephemeral one is removed. */
  close(): void
}

/** Opens the folder, making what is absent. @throws StartProblem where it cannot be used, saying what to do. */
export function openState(wanted: string | null): State {
  const dir = wanted === null ? mkdtempSync(join(tmpdir(), 'postern-')) : resolve(wanted)
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const runFile = takeOver(dir)
    return {
      dir,
      secrets: readSecrets(join(dir, 'secrets.json')),
      engineFile: join(dir, 'tables.db'),
      save: (changed) => writeSecrets(join(dir, 'secrets.json'), changed),
      close: () => rmSync(wanted === null ? dir : runFile, { recursive: true, force: true }),
    }
  } catch (error) {
    if (error instanceof StartProblem) throw error
    const why = error instanceof Error ? error.message.split('\n')[0] : 'unknown fault'
    throw new StartProblem(`the state folder ${dir} cannot be used: ${why}`)
  }
}

function readSecrets(file: string): Secrets {
  try {
    const known: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { hmac: newRing() }
    const read = secrets.parse(known)
    writeSecrets(file, read)
    return read
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw error
    throw new StartProblem(`${file} is corrupt: remove the folder to start afresh, or use --ephemeral`)
  }
}

/** Written beside and moved over: a run that is killed meanwhile leaves the file as it was. */
function writeSecrets(file: string, changed: Secrets): void {
  writeFileSync(`${file}.new`, JSON.stringify(changed, null, 2), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function newRing(): z.infer<typeof ring> {
  return { current: 'k1', keys: { k1: secret() } }
}

function secret(): string {
  return randomBytes(32).toString('hex')
}

const runNote = z.object({ pid: z.number().int() })

/** One run at a time per folder: two engines on one file would each believe that it is theirs. */
function takeOver(dir: string): string {
  const runFile = join(dir, 'run.json')
  const note = existsSync(runFile) ? runNote.safeParse(jsonOrNull(runFile)).data : undefined
  if (note !== undefined && note.pid !== process.pid && isOurs(note.pid, 'run.ts')) {
    throw new StartProblem(
      `the state folder ${dir} is in use by process ${note.pid}: stop it, or use --state or --ephemeral`,
    )
  }
  writeFileSync(runFile, JSON.stringify({ pid: process.pid }))
  return runFile
}

function jsonOrNull(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

/** Pids are used again: only a process whose command line names what we started is taken for ours. */
function isOurs(pid: number, name: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(name)
  } catch {
    return false
  }
}
