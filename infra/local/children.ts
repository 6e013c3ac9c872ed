// Children of a process, by name, from the system's own table: workerd is started for us by others and dies unannounced.
import { readdirSync, readFileSync } from 'node:fs'

/** Pids of direct children whose command line holds `name`; none where the system has no /proc. */
export function childrenOf(parent: number, name: string): number[] {
  return pids().filter((pid) => parentOf(pid) === parent && commandOf(pid).includes(name))
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid > 0)
  } catch {
    return []
  }
}

function parentOf(pid: number): number | null {
  // The second field, the name, may hold blanks and brackets: count from its end (proc(5)).
  const stat = read(pid, 'stat')
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
  return parent === undefined ? null : Number(parent)
}

function commandOf(pid: number): string {
  return read(pid, 'cmdline')
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** Kills what a dead parent left; a pid that is gone already, or was never known (0), is no trouble. */
export function killLeft(pid: number): void {
  if (pid <= 0) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was gone already.
  }
}
