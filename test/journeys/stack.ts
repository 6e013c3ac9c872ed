// Starts the whole local stack as a user would, for journeys: over HTTP, against the real parts.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Verification } from '@postern/shared/contract/verification.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Longer than the launcher gives itself, whose words tell more. */
const START_MS = 50_000

export interface Ready {
  readonly ready: true
  readonly url: string
  readonly keys: Readonly<Record<'sk_live' | 'pk_live' | 'sk_test' | 'pk_test' | 'ak', string>>
  readonly lanes: readonly { id: string; region: string; address: string; ehlo: string }[]
  readonly world: readonly { address: string; status: string; reason: string }[]
}

export interface Stack extends Ready {
  readonly pid: number
  /** Everything said on stderr so far. */
  messages(): string
  /** URL of the world's control endpoint, without path. */
  worldUrl(): string
  /** Mail sessions since the last reset, but for those at the lanes' own mail server, which audits and callbacks have. */
  sessions(): Promise<readonly { readonly host: string; readonly source: string }[]>
  verify(email: string, more?: Readonly<Record<string, unknown>>): Promise<Verification>
  request(path: string, init?: RequestInit): Promise<Response>
  /** Ends it as Ctrl-C does; resolves with the exit code. */
  stop(): Promise<number | null>
}

/** Below the ports that systems give to whoever asks for any, and above those that a run takes for its parts. */
export async function freePort(): Promise<number> {
  const port = randomInt(30_000, 32_500)
  return (await isFree(port)) ? port : freePort()
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

export function launch(argv: readonly string[]): ChildProcess {
  const env = { ...process.env, npm_lifecycle_event: '' }
  return spawn(process.execPath, ['infra/local/run.ts', ...argv], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs to its end; for starts that must fail. */
export async function runToEnd(
  argv: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = launch(argv)
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout: stdout(), stderr: stderr() }
}

function collect(stream: ChildProcess['stdout']): () => string {
  let text = ''
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

/** `--ephemeral` and a free port unless the arguments say otherwise. */
export async function startStack(argv: readonly string[] = []): Promise<Stack> {
  const port = argv.includes('--port') ? [] : ['--port', String(await freePort())]
  const state = argv.includes('--state') ? [] : ['--ephemeral']
  const child = launch(['--json', ...port, ...state, ...argv])
  const [stdout, messages] = [collect(child.stdout), collect(child.stderr)]
  const ready = JSON.parse(await firstLine(child, stdout, messages)) as Ready
  const request: Stack['request'] = (path, init) => fetch(new URL(path, ready.url), init)
  const worldUrl = () => /DoH at (http:\/\/[\d.:]+)/.exec(messages())?.[1] ?? ''
  return {
    ...ready,
    pid: child.pid!,
    messages,
    request,
    worldUrl,
    sessions: async () => {
      const all = (await (await fetch(`${worldUrl()}/world/sessions`)).json()) as { host: string; source: string }[]
      return all.filter(({ host }) => host !== 'mx.probe.test')
    },
    verify: (email, more) => verify(request, ready.keys.sk_live, { email, ...more }),
    stop: () => stop(child),
  }
}

function firstLine(child: ChildProcess, stdout: () => string, messages: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in ${START_MS} ms: ${messages()}`)), START_MS)
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${messages()}`)))
    child.stdout?.on('data', () => {
      if (!stdout().includes('\n')) return
      clearTimeout(timer)
      resolve(stdout().split('\n')[0]!)
    })
  })
}

async function verify(request: Stack['request'], key: string, body: object): Promise<Verification> {
  const response = await request('/v1/verifications', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Verification
}

function stop(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode)
    child.once('exit', resolve)
    child.kill('SIGINT')
  })
}
