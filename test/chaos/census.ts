// The processes that a chaos run has started, directly or through others: counted while they live, and looked for at the end.
import { readFileSync } from 'node:fs'
import { descendants, eventually } from '../journeys/processes.ts'

/** Pids are used again: a process is known by its pid and the instant of its start (proc(5), field 22). */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? null : (rest[18] ?? null)
  } catch {
    return null
  }
}

export class Census {
  readonly #seen = new Map<number, string>()

  /** Counts all that live now: whoever loses its parent later is known. */
  take(): void {
    for (const pid of descendants(process.pid, /./)) {
      const start = startOf(pid)
      if (start !== null) this.#seen.set(pid, start)
    }
  }

  left(): number[] {
    return [...this.#seen].flatMap(([pid, start]) => (startOf(pid) === start ? [pid] : []))
  }

  /** Kills whoever has not gone by itself within `withinMs`; resolves with how many those were. */
  async end(withinMs: number): Promise<number> {
    await eventually(() => this.left().length === 0, withinMs)
    const left = this.left()
    for (const pid of left) process.kill(pid, 'SIGKILL')
    return left.length
  }
}
