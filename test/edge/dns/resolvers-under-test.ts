// The edge's own resolving, on real loopback servers that end with the test: what a domain's route comes to.
import { parseCidr } from '@postern/shared/dns/reachable.ts'
import type { Fact, RouteFact } from '@postern/shared/verdict/evidence.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'
import { onTestFinished } from 'vitest'
import { createResolve, type Resolve } from '../../../edge/src/dns/doh.ts'
import { lookUpRoute } from '../../../edge/src/dns/route.ts'
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

export function resolveWith(servers: readonly DohServer[], connect: Connect = limitConnections()): Resolve {
  return createResolve({ resolvers: servers.map(({ resolver }) => resolver), connect, now: Date.now })
}

export interface Routed {
  readonly facts: readonly Fact[]
  readonly fact: RouteFact
  readonly verdict: Verdict
  /** How each exchange ended, as `mx.b.test:reachable`. */
  readonly targets: readonly string[]
  readonly tookMs: number
}

export interface Wanted {
  readonly domain?: string
  readonly withinMs?: number
  readonly targets?: boolean
  readonly connect?: Connect
}

/** Looks up `b.test`, unless another domain is wanted; 127.25.0.0/16 counts as reachable, as in a local run. */
export async function routeBy(servers: readonly DohServer[], wanted: Wanted = {}): Promise<Routed> {
  const { domain = 'b.test', withinMs = 5_000, targets = true, connect } = wanted
  const startedAt = performance.now()
  const facts = await lookUpRoute(
    { domain, deadlineAt: Date.now() + withinMs, targets },
    { resolve: resolveWith(servers, connect), now: Date.now, loopback: [parseCidr('127.25.0.0/16')!] },
  )
  const tookMs = performance.now() - startedAt
  const fact = facts.find((one): one is RouteFact => one.kind === 'route')
  if (fact === undefined) throw new Error('no route was reported')
  const exchanges = 'exchanges' in fact.route ? fact.route.exchanges : []
  return {
    facts,
    fact,
    verdict: decide({ facts, domain, now: Date.now() }),
    targets: exchanges.map(({ exchange, target }) => `${exchange}:${target}`),
    tookMs,
  }
}
