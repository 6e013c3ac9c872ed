// The state folder of a local run: keys that stay the same from run to run, the engine's file, and who is using it.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { StartProblem } from './options.ts'

const KINDS = ['sk_live', 'pk_live', 'sk_test', 'pk_test', 'ak'] as const
type Kind = (typeof KINDS)[number]

const secrets = z.strictObject({
  keys: z.record(z.enum(KINDS), z.string().min(20)),
  hmac: z.strictObject({ current: z.string(), keys: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)) }),
})
export type Secrets = z.infer<typeof secrets>

export interface State {
  readonly dir: string
  readonly secrets: Secrets
  readonly engineFile: string
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
      close: () => rmSync(wanted === null ? dir : runFile, { recursive: true, force: true }),
    }
  } catch (error) {
    if (error instanceof StartProblem) throw error
    const why = error instanceof Error ? error.message.split('\n')[0] : 'unknown fault'
    throw new StartProblem(`the state folder ${dir} cannot be used: ${why}`)
  }
}

function readSecrets(file: string): Secrets {
  if (!existsSync(file)) {
    const made = makeSecrets()
    writeFileSync(file, JSON.stringify(made, null, 2), { mode: 0o600 })
    return made
  }
  try {
    return secrets.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new StartProblem(`${file} is corrupt: remove the folder to start afresh, or use --ephemeral`)
  }
}

function makeSecrets(): Secrets {
  const key = (kind: Kind): string => `${kind}_${randomBytes(20).toString('hex')}`
  const keys = Object.fromEntries(KINDS.map((kind) => [kind, key(kind)])) as Record<Kind, string>
  return { keys, hmac: { current: 'k1', keys: { k1: randomBytes(32).toString('hex') } } }
}

/** The keys as the edge knows them: hashes only. */
export function storedKeys({ keys }: Secrets): { id: string; kind: string; sha256: string }[] {
  return KINDS.map((kind) => ({
    id: `local_${kind}`,
    kind,
    sha256: createHash('sha256').update(keys[kind]).digest('hex'),
  }))
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
