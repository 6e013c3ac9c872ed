// workerd by itself: a Worker bundled as for a deployment, run without any of the simulators that a local run has around it.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './ports.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const BUNDLE_MS = 60_000
const START_MS = 10_000
const COMPATIBLE_WITH = '2026-10-01'

/** The text of the bundle of what is deployed, or of another entry point. */
export async function bundled(dir: string, entry?: string): Promise<string> {
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  const what =
    entry === undefined
      ? ['--config', join(ROOT, 'infra/cloudflare/wrangler.jsonc')]
      : [entry, '--name', 'bench', '--compatibility-date', COMPATIBLE_WITH]
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', dir, ...what], {
    cwd: dir,
    timeout: BUNDLE_MS,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: join(dir, 'logs') },
  })
  const made = basename(entry ?? 'worker.ts').replace(/\.ts$/, '.js')
  return readFileSync(join(dir, made), 'utf8')
}

export interface Worker {
  readonly text: string
  readonly bindings?: Readonly<Record<string, string>>
}

export interface Running {
  readonly url: string
  /** From the start of workerd to its first answer. */
  readonly wallMs: number
  /** Of all threads of workerd so far; null where the system does not tell. */
  cpuMs(): number | null
  stop(): Promise<void>
}

/** `at` names files of its own, without ending. */
export async function run(at: string, worker: Worker): Promise<Running> {
  const port = await freePort()
  writeFileSync(`${at}.js`, worker.text)
  writeFileSync(`${at}.capnp`, configOf(`${basename(at)}.js`, port, worker.bindings ?? {}))
  const startedAt = performance.now()
  const child = spawn(workerd(), ['serve', `${at}.capnp`], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  const isUp = await answers(`${url}/healthz`, startedAt + START_MS)
  const wallMs = performance.now() - startedAt
  if (!isUp) await killed(child)
  if (!isUp) throw new Error('workerd did not answer')
  return { url, wallMs, cpuMs: () => cpuMs(child.pid ?? 0), stop: () => killed(child) }
}

function configOf(module: string, port: number, bindings: Readonly<Record<string, string>>): string {
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "${module}")],
      compatibilityDate = "${COMPATIBLE_WITH}",
      bindings = [${texts.join(', ')}])),
    (name = "internet", network = (allow = ["local"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
`
}

function workerd(): string {
  const fromWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'))
  return (fromWrangler('workerd') as { readonly default: string }).default
}

async function answers(url: string, until: number): Promise<boolean> {
  while (performance.now() < until) {
    const answered = await fetch(url).then(
      (response) => response.arrayBuffer(),
      () => null,
    )
    if (answered !== null) return true
    await pause(2)
  }
  return false
}

/** Nanoseconds on a core, thread by thread, as the scheduler counts them. */
function cpuMs(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const spent = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]))
    return spent.reduce((sum, one) => sum + one, 0) / 1e6
  } catch {
    return null
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
