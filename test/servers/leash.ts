// Other people's daemons on a leash: each in a temporary folder of its own, ended with the test process however that ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_MS = 15_000
const POLL_MS = 20
const END_MS = 5_000

export interface Place {
  readonly host: string
  readonly port: number
}

export interface Leashed {
  stop(): Promise<void>
}

interface Daemon {
  /** Removed when the daemon has ended. */
  readonly dir: string
  /** Shell text; it may name `$dir`. `start` returns once the daemon is on its way, `end` ends it. */
  readonly start: string
  readonly end: string
  readonly env?: Readonly<Record<string, string>>
  /** A file in which it says what is wrong, beside what it prints. */
  readonly log?: string
  /** Where it answers when it is ready, at all of them. */
  readonly at: readonly Place[]
}

/** Children of a daemon may outlive it by a moment, and still write. */
const REMOVE = 'for try in 1 2 3 4 5; do rm -rf "$dir" 2>/dev/null && break; sleep 0.1; done'

/** Short, since paths of sockets may have 107 characters only; open to the users that daemons become. */
export function newFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `postern-${name}-`))
}

/**
 * The shell reads its own end from a pipe that closes when the test process ends, be it killed.
 * @throws Error with what the daemon said, when it does not answer in time; it has been ended by then.
 */
export async function onLeash({ dir, start, end, env, log, at }: Daemon): Promise<Leashed> {
  const script = `${start}\ncat >/dev/null\n${end}\n${REMOVE}\n`
  const shell = spawn('/bin/sh', ['-c', script], {
    cwd: dir,
    env: { ...process.env, ...env, dir },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const leashed = { stop: () => letGo(shell, dir) }
  const until = Date.now() + READY_MS
  const answering = await Promise.all(at.map((place) => answers(place, { until, shell })))
  const silent = at.filter((_place, index) => answering[index] !== true)
  if (silent.length === 0) return leashed
  if (log !== undefined && existsSync(log)) said += readFileSync(log, 'utf8')
  await leashed.stop()
  throw new Error(`nothing answers at ${silent.map(({ host, port }) => `${host}:${port}`).join(', ')}: ${said}`)
}

async function letGo(shell: ChildProcess, dir: string): Promise<void> {
  if (shell.exitCode === null && shell.signalCode === null) {
    const exit = once(shell, 'exit')
    shell.stdin?.end()
    const ended = await Promise.race([exit, sleep(END_MS, null, { ref: false })])
    if (ended === null && shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
  }
  shell.stdout?.destroy()
  shell.stderr?.destroy()
  rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

async function answers(at: Place, { until, shell }: { until: number; shell: ChildProcess }): Promise<boolean> {
  while (Date.now() < until && shell.exitCode === null && shell.signalCode === null) {
    if (await accepts(at)) return true
    await sleep(POLL_MS)
  }
  return false
}

function accepts({ host, port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const done = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => done(true)).once('error', () => done(false))
  })
}

/** A port that is free at this address now. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
