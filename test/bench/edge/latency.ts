// How long a fast verdict takes over HTTP in workerd, with a resolver 15 ms away: first sight of a domain, and a domain seen before.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Options } from '../run.ts'
import { company, person } from './arrivals.ts'
import { type Times, under } from './load.ts'
import { freePort } from './ports.ts'
import { aligned, type Part, type Row, rounded } from './report.ts'

const PER_SECOND = 100
const READY_MS = 45_000
const SETTLE_MS = 1_500
const HOT = 'harborkettle.com'

export async function latency({ quick }: Options): Promise<Part> {
  const own: ChildProcess[] = []
  try {
    const resolver = fork(fileURLToPath(new URL('./resolver.ts', import.meta.url)), [], { execArgv: [] })
    own.push(resolver)
    const { url: doh } = await told<{ url: string }>(resolver)
    const stack = launch(await freePort(), `${doh}/dns-query`)
    own.push(stack)
    const { url, keys } = await firstLine<{ url: string; keys: { sk_live: string } }>(stack)
    return partOf(await measured({ doh, url, key: keys.sk_live, seconds: quick ? 4 : 12 }))
  } finally {
    await Promise.all(own.map(ended))
  }
}

interface Setting {
  readonly doh: string
  readonly url: string
  readonly key: string
  readonly seconds: number
}

interface Measured {
  readonly resolver: Times
  readonly health: Times
  readonly fresh: Times & { readonly questions: number }
  readonly hot: Times & { readonly questions: number }
}

async function measured({ doh, url, key, seconds }: Setting): Promise<Measured> {
  const headers = { authorization: `Bearer ${key}` }
  const asked = async () => Number(await (await fetch(`${doh}/asked`)).text())
  const short = { perSecond: PER_SECOND, seconds: Math.ceil(seconds / 3) }
  const verify = (email: string) => `${url}/v1/verify?mode=fast&email=${encodeURIComponent(email)}`
  const sent = { headers, perSecond: PER_SECOND, seconds }
  const counted = async (urlOf: (at: number) => string) => {
    const before = await asked()
    const times = await under({ ...sent, urlOf })
    await pause(SETTLE_MS)
    return { ...times, questions: (await asked()) - before }
  }
  await under({ ...short, headers, urlOf: (at) => verify(`${person(at)}@${company(50_000 + at)}`) })
  await pause(SETTLE_MS)
  const health = await under({ ...short, urlOf: () => `${url}/healthz` })
  const resolver = await under({ ...short, urlOf: (at) => `${doh}/dns-query?dns=${question(company(at))}` })
  const fresh = await counted((at) => verify(`${person(at)}@${company(at)}`))
  await under({ ...sent, perSecond: 10, seconds: 1, urlOf: (at) => verify(`${person(at)}@${HOT}`) })
  await pause(SETTLE_MS)
  const hot = await counted((at) => verify(`${person(100 + at)}@${HOT}`))
  return { resolver, health, fresh, hot }
}

/** `MX` of a name as a DNS message: RFC 1035 §4.1, in base64url. */
function question(name: string): string {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)])
  const header = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 15, 0, 1])]).toString('base64url')
}

function partOf({ resolver, health, fresh, hot }: Measured): Part {
  const row = (name: string, { p50, p95, p99, count, errors }: Times): Row => [name, p50, p95, p99, count, errors]
  return {
    title: `Fast verdicts over HTTP in workerd, ${PER_SECOND} requests/s, in ms from when each was due`,
    lines: [
      ...aligned([
        ['', 'p50', 'p95', 'p99', 'requests', 'errors'],
        row('the resolver alone, one question', resolver),
        row('GET /healthz', health),
        row('a verdict, domain not seen before', fresh),
        row('a verdict, one domain again and again', hot),
      ]),
      "Client, Worker, accounts and resolver share this machine's cores.",
    ],
    figures: [
      { name: 'fast_p50_ms', value: fresh.p50, target: { atMost: 20 } },
      { name: 'fast_p95_ms', value: fresh.p95 },
      { name: 'fast_p99_ms', value: fresh.p99, target: { atMost: 50 } },
      { name: 'fast_errors', value: fresh.errors, target: { atMost: 0 } },
      // Four for the verdict, the others beside it for the next one.
      { name: 'fast_questions_per_verdict', value: rounded(fresh.questions / fresh.count) },
      { name: 'cached_p50_ms', value: hot.p50 },
      { name: 'cached_p99_ms', value: hot.p99 },
      { name: 'cached_errors', value: hot.errors, target: { atMost: 0 } },
      { name: 'cached_questions', value: hot.questions, target: { atMost: 0 } },
      { name: 'healthz_p50_ms', value: health.p50 },
      { name: 'healthz_p99_ms', value: health.p99 },
      { name: 'resolver_p50_ms', value: resolver.p50 },
    ],
  }
}

function launch(port: number, doh: string): ChildProcess {
  const flags = ['--json', '--quiet', '--ephemeral', '--lanes', '1x1', '--port', String(port), '--doh', doh]
  return spawn(process.execPath, ['infra/local/run.ts', ...flags], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    env: { ...process.env, npm_lifecycle_event: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function told<T>(child: ChildProcess): Promise<T> {
  return inTime((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('exit', (code) => reject(new Error(`the resolver ended with ${code}`)))
  })
}

function firstLine<T>(child: ChildProcess): Promise<T> {
  return inTime((resolve, reject) => {
    let text = ''
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}`)))
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text) as T)
    })
  })
}

function inTime<T>(work: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready after ${READY_MS} ms`)), READY_MS)
    const done =
      <V>(go: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer)
        go(value)
      }
    work(done(resolve), done(reject))
  })
}

function ended(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  return exit
}
