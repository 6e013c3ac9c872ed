// How long a newcomer waits: `git clone`, `npm ci` with an empty cache, `npm start`, the first verdict.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Summary } from './run.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PORT = 8_877

interface Command {
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

function start({ argv: [program, ...rest], cwd, env }: Command) {
  return spawn(program, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
}

function finish(command: Command): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = start(command)
    child.stdout.resume()
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command.argv.join(' ')} ended with ${code}`)),
    )
  })
}

interface Ready {
  readonly url: string
  readonly keys: { readonly sk_live: string }
}

export async function firstVerdict(say: (text: string) => void): Promise<Summary> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-first-'))
  const checkout = join(dir, 'postern')
  const env = { npm_config_cache: join(dir, 'cache') }
  const marks = [Date.now()]
  const mark = (what: string): void => {
    marks.push(Date.now())
    say(`${what}: ${((marks.at(-1) ?? 0) - (marks.at(-2) ?? 0)) / 1_000} s`)
  }
  try {
    await finish({ argv: ['git', 'clone', '--quiet', ROOT, checkout], cwd: dir })
    mark('git clone')
    await finish({ argv: ['npm', 'ci'], cwd: checkout, env })
    mark('npm ci')
    const run = start({
      argv: ['npm', 'start', '--silent', '--', '--json', '--port', String(PORT)],
      cwd: checkout,
      env,
    })
    const ready = await readyLine(run)
    mark('npm start')
    await ask(ready)
    mark('first verdict')
    run.kill('SIGTERM')
    await new Promise((resolve) => run.once('exit', resolve))
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }
  return summaryOf(marks)
}

function readyLine(run: ReturnType<typeof start>): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let text = ''
    run.once('exit', (code) => reject(new Error(`npm start ended with ${code}`)))
    run.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text) as Ready)
    })
  })
}

async function ask({ url, keys }: Ready): Promise<void> {
  const response = await fetch(`${url}/v1/verify?email=jane.roe@strict.test&mode=full`, {
    headers: { authorization: `Bearer ${keys.sk_live}` },
  })
  const { status } = (await response.json()) as { status: string }
  if (status !== 'deliverable') throw new Error(`the first verdict was ${status}`)
}

function summaryOf(marks: readonly number[]): Summary {
  const seconds = (from: number, to: number): number => ((marks[to] ?? 0) - (marks[from] ?? 0)) / 1_000
  return {
    clone_s: seconds(0, 1),
    npm_ci_s: seconds(1, 2),
    ready_s: seconds(2, 3),
    verdict_s: seconds(3, 4),
    total_s: seconds(0, 4),
  }
}
