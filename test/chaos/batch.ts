// A list while every part is killed with -9 in turn and queues deliver twice and out of order: each row once, right, charged once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { House } from './house.ts'
import { missedOf, type Outcome } from './outcome.ts'
import type { Options } from './run.ts'
import { runBatch } from './run-batch.ts'

export async function batch(say: (text: string) => void, options: Options, stopped: AbortSignal): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-chaos-'))
  const house = new House(folder)
  const signalled = new Promise<never>((_, reject) => {
    stopped.addEventListener('abort', () => reject(stopped.reason as Error), { once: true })
  })
  let missed = true
  try {
    const parts = await Promise.race([runBatch({ house, say, options, stopped }), signalled])
    const left = { name: 'processes_left', value: await house.end(), target: { atMost: 0 } }
    const all = [...parts, { title: 'When all had ended', lines: [], figures: [left] }]
    missed = missedOf({ parts: all }).length > 0
    return { parts: all }
  } finally {
    await house.end()
    house.follow()
    if (!missed || stopped.aborted) rmSync(folder, { recursive: true, force: true })
    else process.stderr.write(`What was said and written is kept in ${folder}\n`)
  }
}
