// Starts the edge's process and watches workerd behind it, which can die without anybody saying so.
import { fork } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childrenOf, killLeft } from './children.ts'
import type { EdgeConfig } from './edge.ts'
import { StartProblem } from './options.ts'
import { type Starting, startSupervised } from './supervise.ts'

const WATCH_MS = 250

export interface EdgeSettings {
  readonly config: EdgeConfig
  readonly say: (message: string) => void
}

export function startEdge({ config, say }: EdgeSettings): Starting {
  let runtimes = new Set<number>()
  let ready = false
  const edge = startSupervised({
    name: 'the edge',
    say,
    start: (onReady) => {
      ready = false
      const child = fork(fileURLToPath(new URL('./edge.ts', import.meta.url)), [], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: {
          ...process.env,
          POSTERN_EDGE: JSON.stringify(config),
          CLOUDFLARE_CF_FETCH_ENABLED: 'false',
          WRANGLER_SEND_METRICS: 'false',
          WRANGLER_LOG_PATH: join(config.persist, 'logs'),
          // Local traces would keep every request's URL, address included, in the state folder.
          X_LOCAL_OBSERVABILITY: 'false',
        },
      })
      child.on('message', () => {
        ready = true
        onReady()
      })
      return child
    },
    onDeath: () => {
      for (const pid of runtimes) killLeft(pid)
      runtimes = new Set()
    },
  })
  const timer = setInterval(() => {
    const pid = edge.pid()
    if (pid === null || !ready) return
    const seen = childrenOf(pid, 'workerd')
    const lost = [...runtimes].some((runtime) => !seen.includes(runtime))
    runtimes = new Set(seen)
    // Whoever holds the dead runtime waits for ever: a new edge is quicker than a mended one.
    if (lost) process.kill(pid, 'SIGKILL')
  }, WATCH_MS)
  return {
    pid: () => edge.pid(),
    ready: edge.ready,
    stop: async () => {
      clearInterval(timer)
      await edge.stop()
    },
  }
}

/** @throws StartProblem where workerd is not installed: its own words for that fill a screen. */
export function requireRuntime(): void {
  const fromWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'))
  try {
    const runtime = fromWrangler('workerd') as { readonly default: string }
    accessSync(runtime.default, constants.X_OK)
  } catch {
    throw new StartProblem('workerd is not installed for this system: run npm ci again')
  }
}
