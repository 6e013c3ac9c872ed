// Starts the edge's process and watches workerd behind it, which can die without anybody saying so.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { childrenOf } from './children.ts'
import type { EdgeConfig } from './edge.ts'
import { type Supervised, supervise } from './supervise.ts'

const WATCH_MS = 250

export interface EdgeSettings {
  readonly config: EdgeConfig
  readonly say: (message: string) => void
  readonly onReady: () => void
}

export function startEdge({ config, say, onReady }: EdgeSettings): Supervised {
  let runtimes = new Set<number>()
  let ready = false
  const edge = supervise({
    name: 'the edge',
    say,
    start: () => {
      ready = false
      const child = fork(fileURLToPath(new URL('./edge.ts', import.meta.url)), [], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: {
          ...process.env,
          POSTERN_EDGE: JSON.stringify(config),
          CLOUDFLARE_CF_FETCH_ENABLED: 'false',
          WRANGLER_SEND_METRICS: 'false',
        },
      })
      child.on('message', () => {
        ready = true
        onReady()
      })
      return child
    },
    onDeath: () => {
      for (const pid of runtimes) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
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
    stop: async () => {
      clearInterval(timer)
      await edge.stop()
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
