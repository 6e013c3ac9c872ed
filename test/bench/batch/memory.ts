// How much memory the edge takes to read and to write a list: a long one beside a short one, by the kernel's own account of workerd.
import { readFileSync } from 'node:fs'
import { descendants } from '../../journeys/processes.ts'
import { startStack } from '../../journeys/stack.ts'
import { aligned, type Part, rounded } from '../edge/report.ts'
import type { Options } from '../run.ts'
import { ended, type Service, send } from './client.ts'

const SHORT = 10_000
const LONG = 1_000_000
const QUICK_LONG = 100_000
const LONGEST_MS = 1_500_000

/** Peak resident set of a process since it started, in MB. */
function peakMb(pid: number): number {
  const [, kb = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kb) / 1_024
}

function listOf(rows: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let at = 0
  return new ReadableStream({
    pull: (controller) => {
      const lines = Array.from(
        { length: Math.min(5_000, rows - at) },
        (_, n) => `${at + n},person${at + n}@d${(at + n) % 997}.example\n`,
      )
      controller.enqueue(encoder.encode(`${at === 0 ? 'id,email\n' : ''}${lines.join('')}`))
      at += lines.length
      if (at >= rows) controller.close()
    },
  })
}

interface Taken {
  readonly peakMb: number
  readonly readS: number
  readonly writtenS: number
}

/** A stack of its own for each list: what an earlier one has left would be counted with it. */
async function taken(rows: number): Promise<Taken> {
  const stack = await startStack(['--lanes', '1x1'])
  try {
    // A test key: nobody is asked, so that reading and writing is all there is.
    const service: Service = { url: stack.url, key: stack.keys.sk_test }
    const startedAt = Date.now()
    const { id } = await send(service, listOf(rows))
    const batch = await ended(service, id, { withinMs: LONGEST_MS })
    if (batch.done !== rows) throw new Error(`${batch.done} of ${rows} rows are done: ${JSON.stringify(batch)}`)
    const readS = (Date.now() - startedAt) / 1_000
    const written = await count(service, id)
    if (written !== rows + 1) throw new Error(`${written} lines were written for ${rows} rows`)
    const workerds = descendants(stack.pid, /workerd serve/)
    const peak = workerds.reduce((sum, pid) => sum + peakMb(pid), 0)
    return { peakMb: peak, readS, writtenS: (Date.now() - startedAt) / 1_000 - readS }
  } finally {
    await stack.stop()
  }
}

async function count({ url, key }: Service, id: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` }
  const response = await fetch(new URL(`/v1/batches/${id}/results?format=csv`, url), { headers })
  let lines = 0
  for await (const octets of response.body ?? []) for (const octet of octets) lines += octet === 10 ? 1 : 0
  return lines
}

export async function memory({ quick }: Options): Promise<Part> {
  const rows = quick ? QUICK_LONG : LONG
  const [short, long] = [await taken(SHORT), await taken(rows)]
  return {
    title: `Reading and writing ${rows} rows beside ${SHORT}, by a test key`,
    lines: aligned([
      ['rows', 'peak MB of workerd', 's to read', 's to write', 'rows/s read', 'rows/s written'],
      ...[[SHORT, short] as const, [rows, long] as const].map(([count_, { peakMb: mb, readS, writtenS }]) => [
        count_,
        rounded(mb, 0),
        rounded(readS, 1),
        rounded(writtenS, 1),
        rounded(count_ / readS, 0),
        rounded(count_ / writtenS, 0),
      ]),
    ]),
    figures: [
      { name: 'batch_peak_rss_long_to_short', value: rounded(long.peakMb / short.peakMb), target: { atMost: 1.15 } },
    ],
  }
}
