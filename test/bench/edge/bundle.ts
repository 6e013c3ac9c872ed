// The Worker as it is deployed: how large it is, and what its start costs in workerd beyond that of an empty Worker.
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Options } from '../run.ts'
import { freePort } from './ports.ts'
import { aligned, median, type Part, quantile, type Row, rounded } from './report.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const BUNDLE_MS = 60_000
const START_MS = 10_000
const RUNS = 7

export async function bundle({ quick }: Options): Promise<Part> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-bundle-'))
  try {
    const text = await bundled(dir)
    const empty = 'export default { fetch: () => new Response("ok") }\n'
    const starts: { ours: Start[]; empty: Start[] } = { ours: [], empty: [] }
    for (let run = 0; run < (quick ? 3 : RUNS); run += 1) {
      starts.empty.push(await started(join(dir, `empty-${run}`), empty))
      starts.ours.push(await started(join(dir, `ours-${run}`), text))
    }
    return partOf(text, starts)
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function bundled(dir: string): Promise<string> {
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  const config = join(ROOT, 'infra/cloudflare/wrangler.jsonc')
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', dir, '--config', config], {
    cwd: dir,
    timeout: BUNDLE_MS,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: join(dir, 'logs') },
  })
  return readFileSync(join(dir, 'worker.js'), 'utf8')
}

interface Start {
  readonly wallMs: number
  /** Of all threads of workerd, until the first answer; null where the system does not tell. */
  readonly cpuMs: number | null
}

/** A fresh workerd with this module alone: from its start to its first answer. */
async function started(folder: string, text: string): Promise<Start> {
  const port = await freePort()
  const files = { module: `${folder}.js`, config: `${folder}.capnp` }
  writeFileSync(files.module, text)
  writeFileSync(files.config, configOf(files.module, port))
  const startedAt = performance.now()
  const child = spawn(workerd(), ['serve', files.config], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    await firstAnswer(`http://127.0.0.1:${port}/healthz`, startedAt + START_MS)
    return { wallMs: performance.now() - startedAt, cpuMs: cpuMs(child.pid ?? 0) }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

function configOf(module: string, port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "${basename(module)}")],
    compatibilityDate = "2026-10-01"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
`
}

function workerd(): string {
  const fromWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'))
  return (fromWrangler('workerd') as { readonly default: string }).default
}

async function firstAnswer(url: string, until: number): Promise<void> {
  while (performance.now() < until) {
    const answered = await fetch(url).then(
      (response) => response.arrayBuffer(),
      () => null,
    )
    if (answered !== null) return
    await pause(2)
  }
  throw new Error('workerd did not answer')
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

function partOf(text: string, starts: { ours: readonly Start[]; empty: readonly Start[] }): Part {
  const wall = (list: readonly Start[]) => list.map(({ wallMs }) => wallMs)
  const cpu = (list: readonly Start[]) => list.flatMap((one) => (one.cpuMs === null ? [] : [one.cpuMs]))
  const row = (name: string, list: readonly Start[]): Row => {
    const tell = (times: readonly number[]) => `${rounded(median(times), 1)} (${rounded(quantile(times, 0), 1)})`
    return [name, tell(wall(list)), tell(cpu(list))]
  }
  const beyond = (of: typeof wall) => rounded(Math.max(0, median(of(starts.ours)) - median(of(starts.empty))), 1)
  const isKnown = cpu(starts.ours).length > 0
  return {
    title: `The Worker: what is deployed, and its start in a fresh workerd, median of ${starts.ours.length} (fastest)`,
    lines: aligned([
      ['', 'ms to the first answer', 'CPU ms'],
      row('empty Worker', starts.empty),
      row('postern', starts.ours),
    ]),
    figures: [
      {
        name: 'bundle_gzip_kb',
        value: rounded(gzipSync(text, { level: 9 }).length / 1_000, 1),
        target: { atMost: 700 },
      },
      { name: 'bundle_kb', value: rounded(Buffer.byteLength(text) / 1_000, 1) },
      { name: 'worker_start_ms', value: beyond(wall), target: { atMost: 50 } },
      ...(isKnown ? [{ name: 'worker_start_cpu_ms', value: beyond(cpu), target: { atMost: 50 } }] : []),
    ],
  }
}
