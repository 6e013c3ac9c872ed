// What reports of domains are made with, from the configuration and the ports that look-ups have anyway.
import { resolversFor } from '@postern/shared/dns/resolvers.ts'
import { within } from './accounts/places.ts'
import type { Config } from './config.ts'
import type { RoutePorts } from './dns/route.ts'
import type { Connect } from './http/connections.ts'
import type { NearCache } from './http/near-cache.ts'
import { createAskInspect } from './probe/ask-inspect.ts'
import type { Call } from './probe/call.ts'
import type { AnswerPorts } from './reports/answer.ts'
import type { HeadStarts } from './reports/head-start.ts'
import type { Reports } from './reports/reports.ts'
import type { Services } from './routes/context.ts'

interface Parts extends Pick<RoutePorts, 'resolve' | 'memo' | 'now'> {
  readonly sleep: (ms: number) => Promise<unknown>
  readonly config: Config
  readonly cache: NearCache
  readonly connect: Connect
  readonly call: Call
  readonly headStarts: HeadStarts
  readonly warn: (what: string) => void
}

export function reportsOf(namespace: DurableObjectNamespace<Reports>, parts: Parts): Services['reports'] {
  return {
    of: (partition, domain) =>
      within(namespace, partition, parts.config.PARTITIONS).getByName(`${partition} ${domain}`),
    portsFor: portsOf(parts),
    headStarts: parts.headStarts,
  }
}

function portsOf(parts: Parts): Services['reports']['portsFor'] {
  const { config, call, warn, memo, headStarts, ...ports } = parts
  const ask = createAskInspect(call, warn)
  return (partition, domain) => ({
    ...ports,
    warn,
    lives: livesOf(headStarts, `${partition} ${domain}`),
    // Apart from what verifications know of the domain, which a report's many answers would push out.
    memo: memo(`report ${domain}`),
    policyHosts: config.POLICY_HOSTS,
    loopback: config.LOOPBACK_NETWORKS,
    inspect: {
      lanes: config.LANES.lanes.filter((lane) => lane.partition === partition),
      epoch: config.LANES.epoch,
      ask,
    },
    resolvers: resolversFor(config.DOH_RESOLVERS, domain).map(({ name }) => name),
  })
}

function livesOf(headStarts: HeadStarts, name: string): AnswerPorts['lives'] {
  return { known: () => headStarts.lifeOf(name), note: (life) => headStarts.noteLife(name, life) }
}
