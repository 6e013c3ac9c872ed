// The Worker as it is deployed: how large it is, and what its start costs in workerd beyond that of an empty Worker.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Options } from '../run.ts'
import { aligned, median, type Part, quantile, type Row, rounded } from './report.ts'
import { bundled, run } from './workerd.ts'

const RUNS = 7
const EMPTY = 'export default { fetch: () => new Response("ok") }\n'

export async function bundle({ quick }: Options): Promise<Part> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-bundle-'))
  try {
    const text = await bundled(dir)
    const starts: Starts = { ours: [], empty: [] }
    for (let at = 0; at < (quick ? 3 : RUNS); at += 1) {
      starts.empty.push(await started(join(dir, `empty-${at}`), EMPTY))
      starts.ours.push(await started(join(dir, `ours-${at}`), text))
    }
    return partOf(text, starts)
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

interface Start {
  readonly wallMs: number
  readonly cpuMs: number | null
}

interface Starts {
  readonly ours: Start[]
  readonly empty: Start[]
}

/** A fresh workerd with this module alone: from its start to its first answer. */
async function started(at: string, text: string): Promise<Start> {
  const running = await run(at, { text })
  const start = { wallMs: running.wallMs, cpuMs: running.cpuMs() }
  await running.stop()
  return start
}

function partOf(text: string, starts: Starts): Part {
  const wall = (list: readonly Start[]) => list.map(({ wallMs }) => wallMs)
  const cpu = (list: readonly Start[]) => list.flatMap((one) => (one.cpuMs === null ? [] : [one.cpuMs]))
  const row = (name: string, list: readonly Start[]): Row => {
    const tell = (times: readonly number[]) => `${rounded(median(times), 1)} (${rounded(quantile(times, 0), 1)})`
    return [name, tell(wall(list)), tell(cpu(list))]
  }
  const beyond = (of: typeof wall) => rounded(Math.max(0, median(of(starts.ours)) - median(of(starts.empty))), 1)
  const gzip = rounded(gzipSync(text, { level: 9 }).length / 1_000, 1)
  return {
    title: `The Worker: what is deployed, and its start in a fresh workerd, median of ${starts.ours.length} (fastest)`,
    lines: aligned([
      ['', 'ms to the first answer', 'CPU ms'],
      row('empty Worker', starts.empty),
      row('postern', starts.ours),
    ]),
    figures: [
      { name: 'bundle_gzip_kb', value: gzip, target: { atMost: 700 } },
      { name: 'bundle_kb', value: rounded(Buffer.byteLength(text) / 1_000, 1) },
      { name: 'worker_start_ms', value: beyond(wall), target: { atMost: 50 } },
      ...(cpu(starts.ours).length > 0 ? [{ name: 'worker_start_cpu_ms', value: beyond(cpu) }] : []),
    ],
  }
}
