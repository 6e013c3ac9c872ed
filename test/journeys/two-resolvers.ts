// The Worker in workerd with a pair of resolvers for each suffix, every pair with its own faults: for one journey.
import { join } from 'node:path'
import type { Verification } from '@postern/shared/contract/verification.ts'
import { localKeys } from '../../infra/local/provision.ts'
import { startEdge } from '../../infra/local/start-edge.ts'
import { openState } from '../../infra/local/state.ts'
import { deadDoh, type DohParts, type DohServer, startDoh } from '../edge/dns/doh-server.ts'
import { freePort } from './stack.ts'

/** `null` is a resolver where nobody listens. */
export type Pair = readonly [DohParts | null, DohParts | null]

export interface Edge {
  /** By suffix, in the order in which they are configured. */
  readonly servers: Readonly<Record<string, readonly DohServer[]>>
  verify(email: string, mode?: 'fast' | 'full'): Promise<Verification>
  stop(): Promise<void>
}

/** `pairs` by suffix below `test`; names of resolvers are `one.SUFFIX` and `two.SUFFIX`. */
export async function startEdgeWith(pairs: Readonly<Record<string, Pair>>): Promise<Edge> {
  const started = Object.entries(pairs).map(async ([suffix, parts]) => {
    const servers = parts.map((part, at) => startAt(`${at === 0 ? 'one' : 'two'}.${suffix}`, part))
    return [suffix, await Promise.all(servers)] as const
  })
  const servers = Object.fromEntries(await Promise.all(started))
  const resolvers = Object.entries(servers).flatMap(([suffix, pair]) =>
    pair.map(({ resolver }) => ({ ...resolver, suffix: `${suffix}.test` })),
  )
  const state = openState(null)
  const port = await freePort()
  const edge = startEdge({
    config: { port, persist: join(state.dir, 'edge'), bindings: bindingsFor(resolvers, state.secrets.edge) },
    say: () => undefined,
  })
  await edge.ready
  const url = `http://127.0.0.1:${port}`
  const { sk_live } = await localKeys(url, state)
  return {
    servers,
    verify: (email, mode = 'fast') => verify(url, sk_live, { email, mode, evidence: 'full' }),
    stop: async () => {
      await edge.stop()
      await Promise.all(Object.values(servers).flatMap((pair) => pair.map((server) => server.close())))
      state.close()
    },
  }
}

function startAt(name: string, parts: DohParts | null): Promise<DohServer> {
  return parts === null ? deadDoh(name) : startDoh(name, parts)
}

function bindingsFor(resolvers: readonly object[], secrets: object): Record<string, string> {
  return {
    DOH_RESOLVERS: JSON.stringify(resolvers),
    LANES: JSON.stringify({ epoch: 1, lanes: [] }),
    LANE_CREDENTIALS: JSON.stringify({ accessKeyId: 'LOCAL', secretAccessKey: 'none' }),
    EDGE_SECRETS: JSON.stringify(secrets),
    PARTITIONS: JSON.stringify({ default: { jurisdiction: null } }),
    ALLOW_SPECIAL_USE: 'test',
    LOOPBACK_NETWORKS: '127.25.0.0/16',
  }
}

async function verify(url: string, key: string, body: object): Promise<Verification> {
  const response = await fetch(new URL('/v1/verifications', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Verification
}
