// How much memory the edge takes to read and to write a list: a long one beside a short one, by the kernel's own account of workerd.
import { readFileSync } from 'node:fs'
import { descendants } from '../../journeys/processes.ts'
import { startStack } from '../../journeys/stack.ts'
import { aligned, type Part, type Row, rounded } from '../edge/report.ts'
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

/** So many lists of one length, one after the other, in a stack of their own: what earlier ones have left would be counted. */
async function taken({ lists, rows }: { lists: number; rows: number }): Promise<Taken> {
  const stack = await startStack(['--lanes', '1x1'])
  try {
    // A test key: nobody is asked, so that reading and writing is all there is.
    const service: Service = { url: stack.url, key: stack.keys.sk_test }
    let readMs = 0
    let writtenMs = 0
    for (let list = 0; list < lists; list += 1) {
      const startedAt = Date.now()
      const { id } = await send(service, listOf(rows))
      const batch = await ended(service, id, { withinMs: LONGEST_MS })
      if (batch.done !== rows) throw new Error(`${batch.done} of ${rows} rows are done: ${JSON.stringify(batch)}`)
      const readAt = Date.now()
      const written = await count(service, id)
      if (written !== rows + 1) throw new Error(`${written} lines were written for ${rows} rows`)
      readMs += readAt - startedAt
      writtenMs += Date.now() - readAt
    }
    const workerds = descendants(stack.pid, /workerd serve/)
    const peak = workerds.reduce((sum, pid) => sum + peakMb(pid), 0)
    return { peakMb: peak, readS: readMs / 1_000, writtenS: writtenMs / 1_000 }
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

/**
 * A runtime's memory grows with what has passed through it until its collector has to work, however short the lists are: so the
 * long list is held beside as many rows in short ones. Beside a single short list it is told too.
 */
export async function memory({ quick }: Options): Promise<Part> {
  const rows = quick ? QUICK_LONG : LONG
  const once = await taken({ lists: 1, rows: SHORT })
  const short = await taken({ lists: rows / SHORT, rows: SHORT })
  const long = await taken({ lists: 1, rows })
  const line = (name: string, count_: number, { peakMb: mb, readS, writtenS }: Taken): Row => {
    return [
      name,
      rounded(mb, 0),
      rounded(readS, 1),
      rounded(writtenS, 1),
      rounded(count_ / readS, 0),
      rounded(count_ / writtenS, 0),
    ]
  }
  return {
    title: `Reading and writing lists by a test key: ${rows} rows at once, and ${SHORT} at a time`,
    lines: aligned([
      ['', 'peak MB of workerd', 's to read', 's to write', 'rows/s read', 'rows/s written'],
      line(`one list of ${SHORT}`, SHORT, once),
      line(`${rows / SHORT} lists of ${SHORT}`, rows, short),
      line(`one list of ${rows}`, rows, long),
    ]),
    figures: [
      {
        name: 'batch_peak_rss_long_to_as_many_short',
        value: rounded(long.peakMb / short.peakMb),
        target: { atMost: 1.15 },
      },
      { name: 'batch_peak_rss_long_to_one_short', value: rounded(long.peakMb / once.peakMb), target: { atMost: 1.15 } },
    ],
  }
}
