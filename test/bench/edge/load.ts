// Requests at a steady rate, sent when they are due whether or not earlier ones came back, timed from when they were due.
import { Agent, get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { quantile, rounded } from './report.ts'

export interface Load {
  readonly perSecond: number
  readonly seconds: number
  readonly headers?: Readonly<Record<string, string>>
  /** The URL of each request, by its number. */
  readonly urlOf: (at: number) => string
}

export interface Times {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly count: number
  /** Anything but a 200. */
  readonly errors: number
}

const REQUEST_MS = 10_000

export async function under({ perSecond, seconds, headers = {}, urlOf }: Load): Promise<Times> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const startedAt = performance.now() + 50
  const open: Promise<Outcome>[] = []
  for (let at = 0; at < perSecond * seconds; at += 1) {
    const dueAt = startedAt + (at * 1_000) / perSecond
    const early = dueAt - performance.now()
    if (early > 0) await pause(early)
    open.push(requested(urlOf(at), { agent, headers, dueAt }))
  }
  const outcomes = await Promise.all(open)
  agent.destroy()
  const times = outcomes.map(({ tookMs }) => tookMs)
  const at = (share: number) => rounded(quantile(times, share), 1)
  const errors = outcomes.filter(({ status }) => status !== 200).length
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), count: times.length, errors }
}

interface Sending {
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly dueAt: number
}

interface Outcome {
  readonly tookMs: number
  /** 0 where nothing came back. */
  readonly status: number
}

function requested(url: string, { agent, headers, dueAt }: Sending): Promise<Outcome> {
  return new Promise((resolve) => {
    const done = (status: number) => resolve({ tookMs: performance.now() - dueAt, status })
    const request = get(url, { agent, headers, timeout: REQUEST_MS }, (response) => {
      response.resume().once('end', () => done(response.statusCode ?? 0))
    })
    request.once('timeout', () => request.destroy(new Error('too late')))
    request.once('error', () => done(0))
  })
}
