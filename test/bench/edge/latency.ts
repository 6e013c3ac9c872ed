// How long a fast verdict takes over HTTP with a resolver 15 ms away: of the Worker in workerd alone, and of a whole local run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bareBindings } from '../bare-bindings.ts'
import type { Options } from '../run.ts'
import { company } from './arrivals.ts'
import { type Times, under } from './load.ts'
import { besideLocalRun, besideResolver, type LocalRun } from './processes.ts'
import { aligned, type Figure, type Part, type Row, rounded } from './report.ts'
import { type Measured, PER_SECOND, verdictsUnder } from './verdict-load.ts'
import { bundled, run } from './workerd.ts'

const secondsOf = ({ quick }: Options): number => (quick ? 4 : 12)
const encoded = (email: string): string => `email=${encodeURIComponent(email)}`

/** Without keys, counting and Cache, and so without the simulators that they need on one machine: less than a deployment does. */
export async function latency(options: Options): Promise<Part> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-latency-'))
  const resolver = await besideResolver()
  const doh = resolver.said.url
  try {
    const text = await bundled(dir, fileURLToPath(new URL('../fast-path-bare.ts', import.meta.url)))
    const worker = await run(join(dir, 'bare'), { text, bindings: bareBindings(`${doh}/dns-query`) })
    const alone = {
      perSecond: PER_SECOND,
      seconds: 3,
      urlOf: (at: number) => `${doh}/dns-query?dns=${mxOf(company(at))}`,
    }
    const one = await under(alone)
    const measured = await measuredOf(worker, doh, options).finally(() => worker.stop())
    return partOf(one, measured)
  } finally {
    await resolver.stop()
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function measuredOf({ url, cpuMs }: { url: string; cpuMs: () => number | null }, resolver: string, options: Options) {
  const urlOf = (email: string) => `${url}/v1/verify?${encoded(email)}`
  return verdictsUnder({ resolver, seconds: secondsOf(options), urlOf, cpuMs })
}

function partOf(one: Times, { fresh, hot }: { fresh: Measured; hot: Measured }): Part {
  const cpu = (name: string, { cpuMs, count }: Measured): Figure[] =>
    cpuMs === null ? [] : [{ name, value: rounded(cpuMs / count) }]
  return {
    title: `Fast verdicts over HTTP, the Worker without accounts or Cache in workerd, ${PER_SECOND} requests/s, in ms from when each was due`,
    lines: [
      ...table({ 'the resolver alone, one question': one, 'domains never seen before': fresh, 'one domain': hot }),
      "Client, Worker and resolver share this machine's cores.",
    ],
    figures: [
      { name: 'fast_p50_ms', value: fresh.p50, target: { atMost: 20 } },
      { name: 'fast_p99_ms', value: fresh.p99, target: { atMost: 50 } },
      { name: 'fast_errors', value: fresh.errors, target: { atMost: 0 } },
      // Four for the verdict, the others beside it for the next one.
      { name: 'fast_questions_per_verdict', value: rounded(fresh.questions / fresh.count) },
      ...cpu('fast_workerd_cpu_ms', fresh),
      { name: 'cached_p50_ms', value: hot.p50 },
      { name: 'cached_p99_ms', value: hot.p99 },
      { name: 'cached_questions', value: hot.questions, target: { atMost: 0 } },
      ...cpu('cached_workerd_cpu_ms', hot),
    ],
  }
}

/** With keys, counting and records, all of Cloudflare's services simulated in the same process. */
export async function localRun(options: Options): Promise<Part> {
  const resolver = await besideResolver()
  const doh = resolver.said.url
  try {
    const stack = await besideLocalRun(`${doh}/dns-query`)
    return await locallyMeasured(stack.said, doh, options).finally(() => stack.stop())
  } finally {
    await resolver.stop()
  }
}

async function locallyMeasured({ url, keys }: LocalRun, resolver: string, options: Options): Promise<Part> {
  const health = await under({ perSecond: PER_SECOND, seconds: 3, urlOf: () => `${url}/healthz` })
  const headers = { authorization: `Bearer ${keys.sk_live}` }
  const urlOf = (email: string) => `${url}/v1/verify?mode=fast&${encoded(email)}`
  const seconds = Math.ceil(secondsOf(options) / 2)
  return localPartOf(health, await verdictsUnder({ resolver, headers, seconds, urlOf }))
}

function localPartOf(health: Times, { fresh, hot }: { fresh: Measured; hot: Measured }): Part {
  return {
    title: `The same over a local run, ${PER_SECOND} requests/s, accounts, queue, Cache and proxy simulated on the same cores`,
    lines: table({ 'GET /healthz': health, 'domains never seen before': fresh, 'one domain': hot }),
    figures: [
      { name: 'local_run_fast_p50_ms', value: fresh.p50, target: { atMost: 20 } },
      { name: 'local_run_fast_p99_ms', value: fresh.p99, target: { atMost: 50 } },
      { name: 'local_run_errors', value: fresh.errors + hot.errors, target: { atMost: 0 } },
      { name: 'local_run_cached_p50_ms', value: hot.p50 },
      { name: 'local_run_cached_p99_ms', value: hot.p99 },
      { name: 'local_run_cached_questions', value: hot.questions, target: { atMost: 0 } },
      { name: 'local_run_healthz_p50_ms', value: health.p50 },
    ],
  }
}

function table(told: Readonly<Record<string, Times>>): string[] {
  const rows = Object.entries(told).map(([name, { p50, p95, p99, count, errors }]): Row => {
    return [name, p50, p95, p99, count, errors]
  })
  return aligned([['', 'p50', 'p95', 'p99', 'requests', 'errors'], ...rows])
}

/** `MX` of a name as a DNS message: RFC 1035 §4.1, in base64url. */
function mxOf(name: string): string {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)])
  const header = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 15, 0, 1])]).toString('base64url')
}
