// Keeps one child process running: started again with back-off when it dies, ended for good when the run ends.
import type { ChildProcess } from 'node:child_process'

export interface Supervised {
  /** Pid of the present child, or null between two. */
  pid(): number | null
  /** Ends the child for good; kills it where it does not go by itself. */
  stop(): Promise<void>
}

export interface Supervising {
  readonly name: string
  readonly start: () => ChildProcess
  /** Called after each death, before the next start. */
  readonly onDeath?: () => void
  readonly say: (message: string) => void
}

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 5_000
/** A child that lived this long died of something new: the back-off begins again. */
const SETTLED_MS = 10_000
const GRACE_MS = 4_000

export function supervise({ name, start, onDeath, say }: Supervising): Supervised {
  let stopping = false
  let delayMs = FIRST_DELAY_MS
  let timer: NodeJS.Timeout | undefined
  let child: ChildProcess | null = null

  const launch = (): void => {
    const startedAt = Date.now()
    child = start()
    child.once('error', () => child?.emit('exit', 1, null))
    child.once('exit', (code, signal) => {
      child = null
      onDeath?.()
      if (stopping) return
      if (Date.now() - startedAt > SETTLED_MS) delayMs = FIRST_DELAY_MS
      say(`${name} ended (${signal ?? `code ${code}`}); starting it again in ${delayMs} ms`)
      timer = setTimeout(launch, delayMs)
      delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)
    })
  }
  launch()
  return {
    pid: () => child?.pid ?? null,
    stop: async () => {
      stopping = true
      clearTimeout(timer)
      if (child !== null) await end(child)
    },
  }
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
