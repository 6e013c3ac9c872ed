// Keeps one child process running: started again with back-off when it dies, ended for good when the run ends.
import type { ChildProcess } from 'node:child_process'
import { StartProblem } from './options.ts'

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

/** Deaths before a child was ever ready, after which it is given up: it cannot start here. */
export const DEATHS_AT_START = 2

export interface Starting extends Supervised {
  /** Resolves when the child has been ready once; rejects with its name where it cannot start. */
  readonly ready: Promise<void>
}

/** As `supervise`, for children that say when they are ready; until then their deaths are not news but a failed start. */
export function startSupervised(
  supervising: Omit<Supervising, 'start'> & { readonly start: (onReady: () => void) => ChildProcess },
): Starting {
  const first = Promise.withResolvers<void>()
  let isReady = false
  let deaths = 0
  const supervised = supervise({
    ...supervising,
    start: () =>
      supervising.start(() => {
        isReady = true
        first.resolve()
      }),
    onDeath: () => {
      supervising.onDeath?.()
      deaths += 1
      if (!isReady && deaths >= DEATHS_AT_START) {
        first.reject(new StartProblem(`${supervising.name} cannot start; what it said stands above`))
      }
    },
    say: (message) => {
      if (isReady) supervising.say(message)
    },
  })
  return { ...supervised, ready: first.promise }
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
