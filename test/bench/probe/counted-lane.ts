// A lane made of its real parts that asks servers of the bench, with every request to its tables, look-up and dial on record.
import { probe, type ProbePorts, probeList } from '@postern/prober/probe.ts'
import { remembering, type Resolve } from '@postern/prober/net/resolve.ts'
import { createRouteOf } from '@postern/prober/net/route.ts'
import type { Dynamo } from '@postern/prober/store/dynamo.ts'
import { createEvidence } from '@postern/prober/store/evidence.ts'
import { createFitness } from '@postern/prober/store/fitness.ts'
import { createPermits } from '@postern/prober/store/permits.ts'
import type { ListReport, ProbeReport } from '@postern/shared/contract/probe.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import type { Engine } from '../../prober/engine.ts'
import { testKeys } from '../../prober/facts.ts'
import { dialTo } from './asking.ts'
import { FAR_NETWORK } from './far.ts'
import { noted, type Span } from './noted.ts'

export interface LaneSetting {
  readonly engine: Engine
  readonly port: number
  /** Where a domain's mail server is. */
  readonly addressOf: (domain: string) => string
  readonly lookUpMs: number
  /** True: as many permits as anybody wants. */
  readonly raised: boolean
  /** Two processes of one lane bear one name. */
  readonly name: string
}

export interface CountedLane {
  readonly requests: Span[]
  readonly lookUps: Span[]
  readonly dials: Span[]
  /** Nobody was asked anything so far. */
  forget(): void
  ask(address: string): Promise<ProbeReport>
  askList(domain: string, localParts: readonly string[]): Promise<ListReport>
}

const BUDGET_MS = 10_000
const ENOUGH = {
  connections: 100,
  connectionsPerSecond: 10_000,
  recipientsPerSession: 100,
  recipientsPerMinute: 100_000,
  refusedPerHour: 100_000,
}

let jobs = 0

export function countedLane(setting: LaneSetting): CountedLane {
  const seen = { requests: [] as Span[], lookUps: [] as Span[], dials: [] as Span[] }
  const dynamo = setting.engine.dynamo()
  watch(dynamo, seen.requests)
  const ports = portsOf(setting, dynamo, seen)
  const common = { epoch: 1, budgetMs: BUDGET_MS, maxAgeS: 604_800 }
  const exchangesOf = (domain: string) => [{ exchange: `mx.${domain}`, preference: 10 }]
  return {
    ...seen,
    forget: () => {
      for (const list of Object.values(seen)) list.length = 0
    },
    ask: (address) => {
      const [localPart = '', domain = ''] = address.split('@')
      const where = { localPart, domain, implicitMx: false, exchanges: exchangesOf(domain), smtpUtf8: false }
      return probe({ kind: 'probe', jobId: `bench-job-${(jobs += 1)}`, ...common, ...where }, ports, Date.now())
    },
    askList: (domain, localParts) => {
      const recipients = localParts.map((localPart) => ({ localPart, smtpUtf8: false }))
      const groups = [
        { id: `bench-list-${jobs}.0`, domain, implicitMx: false, exchanges: exchangesOf(domain), recipients },
      ]
      return probeList({ kind: 'list', jobId: `bench-list-${(jobs += 1)}`, ...common, groups }, ports, Date.now())
    },
  }
}

type Seen = Pick<CountedLane, 'requests' | 'lookUps' | 'dials'>

function portsOf(setting: LaneSetting, dynamo: Dynamo, { lookUps, dials }: Seen): ProbePorts {
  const { name, raised } = setting
  const keys = testKeys('c3')
  const now = Date.now
  const ask = resolver(setting)
  const resolve = remembering((question, at) => noted(lookUps, question.type, () => ask(question, at)), now)
  const fitness = createFitness({ dynamo, table: 'traffic', lane: name, now })
  const permits = createPermits({ dynamo, table: 'traffic', lane: name, now })
  const dial = dialTo(setting.port)
  const network = parseCidr(FAR_NETWORK)
  return {
    lane: { id: name, ehloName: 'a.probe.test', mailFrom: 'probe@a.probe.test' },
    now,
    resolveAddresses: (exchange, deadlineAt) => resolve({ name: exchange, type: 'A' }, deadlineAt),
    routeOf: createRouteOf(resolve),
    fitness: () => fitness.current(),
    aliasOf: (text) => keys.alias(text),
    mayDial: (address) => globallyReachable(address, network === null ? [] : [network]),
    strangersOf: (domain) => [`unknown${keys.token(domain)}`, `unknown${keys.personal(domain)}`],
    evidence: createEvidence(dynamo, keys, 'evidence'),
    hurry: 1,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    permits: raised ? { ...permits, take: (to, wanted) => permits.take(to, wanted, ENOUGH) } : permits,
    dial: (address, plan, limits) => noted(dials, address, () => dial(address, plan, limits)),
  }
}

/** Every domain's mail goes to `mx.` below it; nobody has a policy. */
function resolver({ lookUpMs, addressOf }: LaneSetting): Resolve {
  return (async ({ name, type }) => {
    await new Promise((resolve) => setTimeout(resolve, lookUpMs))
    if (type === 'TXT') return { kind: 'nodata', ttlS: 300, authentic: false }
    const data = type === 'MX' ? { exchange: `mx.${name}`, preference: 10 } : addressOf(name.replace(/^mx\./, ''))
    return { kind: 'records', data: [data], ttlS: 300, authentic: false }
  }) as Resolve
}

/** One entry for each request that leaves, repeats included. */
function watch({ client }: Dynamo, requests: Span[]): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) =>
        noted(requests, `${commandName} ${tableIn(args.input)}`, () => next(args)),
    { step: 'finalizeRequest', priority: 'low', name: 'counted' },
  )
}

function tableIn(input: object): string {
  const { TableName, RequestItems } = input as { TableName?: string; RequestItems?: object }
  return TableName ?? Object.keys(RequestItems ?? {}).join('+')
}
