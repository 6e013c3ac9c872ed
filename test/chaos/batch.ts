// A list while every part is killed with -9 in turn and queues deliver twice and out of order: each row once, right, charged once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome } from './outcome.ts'
import { missedOf } from './outcome.ts'
import type { Options } from './run.ts'
import { House } from './house.ts'
import { runBatch } from './run-batch.ts'

/** Time to end by itself, for what is told to. */
const ENDING_MS = 15_000

export async function batch(
  say: (text: string) => void,
  options: Options,
  stopped: AbortSignal,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-chaos-'))
  const house = new House(folder)
  const never = new Promise<never>((_, reject) =>
    stopped.addEventListener('abort', () => reject(stopped.reason as Error), { once: true }),
  )
  try {
    const parts = await Promise.race([runBatch({ house, say, options, stopped }), never])
    const left = await house.end(ENDING_MS)
    const figures = [{ name: 'processes_left', value: left, target: { atMost: 0 } }]
    const ending = { title: 'When all was ended', lines: [], figures }
    const all = [...parts, ending]
    if (missedOf({ parts: all }).length > 0) return { parts: all, kept: folder }
    rmSync(folder, { recursive: true, force: true })
    return { parts: all, kept: null }
  } finally {
    writeFileSync(join(folder, 'stack.log'), house.messages())
    await house.end(ENDING_MS)
  }
}
