// The processes behind a stack, for journeys that kill them: found by command line among the launcher's descendants.
import { readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

function all(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid)) return []
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return state === 'Z' ? [] : [{ pid, parent: Number(parent), command }]
    } catch {
      return []
    }
  })
}

/** Living descendants of `root` whose command line matches. */
export function descendants(root: number, command: RegExp): number[] {
  const processes = all()
  const found = new Set([root])
  for (let grown = true; grown; ) {
    const before = found.size
    for (const { pid, parent } of processes) if (found.has(parent)) found.add(pid)
    grown = found.size > before
  }
  return processes
    .filter(({ pid, command: line }) => pid !== root && found.has(pid) && command.test(line))
    .map(({ pid }) => pid)
}

export function isAlive(pid: number): boolean {
  return all().some((process) => process.pid === pid)
}

/** Looks again until it holds, at most `withinMs`; for what happens in other processes. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs
  while (Date.now() < until) {
    if (await holds()) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return holds()
}
