// The edge's own resolving, on real loopback servers that end with the test: what a domain's route comes to.
import { setTimeout } from 'node:timers/promises'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import type { Fact, RouteFact } from '@postern/shared/verdict/evidence.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'
import { onTestFinished } from 'vitest'
import { createResolve, type Resolve } from '../../../edge/src/dns/doh.ts'
import { type Near, openMemo } from '../../../edge/src/dns/memo.ts'
import type { NearCache } from '../../../edge/src/http/near-cache.ts'
import { lookUpRoute, type Routed, type RouteWanted } from '../../../edge/src/dns/route.ts'
import { createStandings, type Standings } from '../../../edge/src/dns/standing.ts'
import { type Connect, limitConnections } from '../../../edge/src/http/connections.ts'
import { deadDoh, type DohParts, type DohServer, startDoh } from './doh-server.ts'

export const NAMES = ['one', 'two', 'three'] as const

/** Servers named `one`, `two`, …, in the order in which they are configured; null is one where nobody listens. */
export async function serversWith(...parts: (DohParts | null)[]): Promise<DohServer[]> {
  const servers = await Promise.all(
    parts.map((part, at) => (part === null ? deadDoh(NAMES[at]!) : startDoh(NAMES[at]!, part))),
  )
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()))
  })
  return servers
}

/** What outlives a request: one isolate, its resolvers' history included. */
export interface Isolate {
  readonly near: Near
  readonly cache: NearCache & { readonly calls: string[] }
  readonly standings: Standings
  readonly now: () => number
}

/** A Cache that keeps what it is given, as long as its `max-age` says, and tells how often it was asked. */
function cacheAt(now: () => number): Isolate['cache'] {
  const kept = new Map<string, { text: string; until: number }>()
  const calls: string[] = []
  return {
    calls,
    match: async (url) => {
      calls.push('match')
      const found = kept.get(url)
      return found === undefined || found.until <= now() ? undefined : new Response(found.text)
    },
    put: async (url, response) => {
      calls.push('put')
      const [, maxAgeS] = /^max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '') ?? []
      kept.set(url, { text: await response.text(), until: now() + Number(maxAgeS) * 1_000 })
    },
  }
}

export function isolate(now: () => number = Date.now): Isolate {
  return { near: new Map(), cache: cacheAt(now), standings: createStandings(now), now }
}

const pause = (ms: number): Promise<unknown> => setTimeout(ms, undefined, { ref: false })

export interface ResolveParts {
  readonly connect?: Connect
  readonly within?: Isolate
  readonly sleep?: (ms: number) => Promise<unknown>
}

export function resolveWith(servers: readonly DohServer[], parts: ResolveParts = {}): Resolve {
  const { connect = limitConnections(), within = isolate(), sleep = pause } = parts
  const resolvers = servers.map(({ resolver }) => resolver)
  return createResolve({ resolvers, standings: within.standings, connect, now: within.now, sleep })
}

export interface Looked {
  readonly facts: readonly Fact[]
  readonly fact: RouteFact
  readonly verdict: Verdict
  /** How each exchange ended, as `mx.b.test:reachable`. */
  readonly targets: readonly string[]
  readonly tookMs: number
  readonly also: Routed['also']
  /** Asked of all servers before the answer was there. */
  readonly questions: number
}

export interface Wanted {
  readonly domain?: string
  readonly withinMs?: number
  readonly targets?: RouteWanted['targets']
  readonly also?: string
  readonly connect?: Connect
  readonly within?: Isolate
  readonly roll?: () => number
  /** From how many requests on the Cache is written. */
  readonly writtenFrom?: number
}

/**
 * Looks up `b.test`, unless another domain is wanted; 127.25.0.0/16 counts as reachable, as in a local run. What is for after
 * the answer is done before this resolves, but after the answer.
 */
export async function routeBy(servers: readonly DohServer[], wanted: Wanted = {}): Promise<Looked> {
  const { domain = 'b.test', withinMs = 5_000, targets = 'await', connect = limitConnections(), also } = wanted
  const { within = isolate(), roll = () => 0 } = wanted
  const { now } = within
  const afterwards: (() => Promise<unknown>)[] = []
  const memoPorts = {
    ...within,
    writtenFrom: wanted.writtenFrom ?? 1,
    connect,
    sleep: pause,
    scope: servers.map(({ resolver }) => resolver.url).join(),
  }
  const startedAt = performance.now()
  const more = also === undefined ? {} : { alsoTakesMail: also }
  const routed = await lookUpRoute(
    { domain, deadlineAt: now() + withinMs, targets, ...more },
    {
      resolve: resolveWith(servers, { connect, within }),
      memo: (name) => openMemo(name, memoPorts),
      open: new Map(),
      now,
      roll,
      later: (work) => void afterwards.push(work),
      loopback: [parseCidr('127.25.0.0/16')!],
    },
  )
  const tookMs = performance.now() - startedAt
  const questions = servers.reduce((sum, { asked }) => sum + asked.length, 0)
  for (let work = afterwards.shift(); work !== undefined; work = afterwards.shift()) await work()
  return { ...shown(routed, { domain, now: now() }), tookMs, questions }
}

function shown({ facts, also }: Routed, at: { domain: string; now: number }): Omit<Looked, 'tookMs' | 'questions'> {
  const fact = facts.find((one): one is RouteFact => one.kind === 'route')
  if (fact === undefined) throw new Error('no route was reported')
  const exchanges = 'exchanges' in fact.route ? fact.route.exchanges : []
  return {
    facts,
    also,
    fact,
    verdict: decide({ facts, ...at }),
    targets: exchanges.map(({ exchange, target }) => `${exchange}:${target}`),
  }
}
