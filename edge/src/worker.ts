// Composition root of the edge: bindings become configuration, configuration becomes ports; objects and queues are named here.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { ulid } from 'ulid'
import { base32 } from './accounts/ids.ts'
import type { Settlement } from './accounts/ledger.ts'
import { consume, type UsageEvent } from './accounts/meter.ts'
import { nameObjects, type ObjectBindings } from './accounts/objects.ts'
import type { Once } from './accounts/once.ts'
import { createPaidNearby, type PaidNearby } from './accounts/paid.ts'
import { partitionOf, within } from './accounts/places.ts'
import { probedName } from './accounts/pseudonym.ts'
import { openSecrets, type Secrets } from './accounts/secrets.ts'
import { createSnapshots, type Snapshots } from './accounts/snapshots.ts'
import type { Visitor } from './accounts/visitor.ts'
import { type Later, openTill } from './accounts/till.ts'
import { type AgeMemory, ageOf, openAgeMemory } from './age/age.ts'
import { createApp, type Invocation } from './app.ts'
import { type Config, type Env, parseConfig } from './config.ts'
import { createResolve } from './dns/doh.ts'
import { type Near, openMemo } from './dns/memo.ts'
import { lookUpRoute, type RoutePorts } from './dns/route.ts'
import { lookUpSenderPolicy } from './dns/sender-policy.ts'
import { createStandings, type Standings } from './dns/standing.ts'
import { type Connect, limitConnections } from './http/connections.ts'
import { createNearOnces } from './http/idempotency-near.ts'
import type { NearCache } from './http/near-cache.ts'
import { createNearLimits, type NearLimitBindings, type NearLimits } from './http/near-limits.ts'
import { openSlowDomains, type SlowMemory } from './probe/slow-domains.ts'
import { createAsk } from './probe/ask.ts'
import { createCall } from './probe/call.ts'
import { createWrite } from './probe/write.ts'
import { createAskList } from './probe/ask-list.ts'
import type { Turn } from './probe/turns.ts'
import { BATCH_QUEUES, type BatchNamespaces, batchesOf, doPark, doTurn, doWork } from './batch-ports.ts'
import { consumeEach, type Message } from './batches/consume.ts'
import { finish } from './verify/finish.ts'
import { type InquiryMessage, type Pending, shardName } from './verify/pending.ts'
import { lookAfter } from './batches/look-after.ts'
import type { Work } from './batches/work.ts'
import { openProbeMemo, type ProbeMemory } from './probe/memo.ts'
import { listDirectory } from './accounts/directory.ts'
import { reportsOf } from './report-ports.ts'
import { createHeadStarts, type HeadStarts } from './reports/head-start.ts'
import type { Reports } from './reports/reports.ts'
import type { Services } from './routes/context.ts'
import type { Deliveries } from './webhooks/deliveries.ts'
import { deliver, type DeliverPorts, type DeliveryMessage, notePark } from './webhooks/deliver.ts'

export { Account } from './accounts/account.ts'
export { Once } from './accounts/once.ts'
export { Records } from './accounts/records.ts'
export { Visitor } from './accounts/visitor.ts'
export { Deliveries } from './webhooks/deliveries.ts'
export { Batch } from './batches/batch.ts'
export { Turns } from './probe/turns.ts'
export { Pending } from './verify/pending.ts'
export { Reports } from './reports/reports.ts'

interface Bindings extends Env, ObjectBindings, NearLimitBindings, BatchNamespaces {
  readonly PARTITIONS: string
  readonly USAGE: Queue<UsageEvent>
  readonly SNAPSHOTS: KVNamespace
  readonly ONCES: DurableObjectNamespace<Once>
  readonly VISITORS: DurableObjectNamespace<Visitor>
  readonly DELIVERIES: DurableObjectNamespace<Deliveries>
  readonly WEBHOOKS: Queue<DeliveryMessage>
  readonly BATCHES: Queue<Work>
  readonly ASKS: Queue<Turn>
  readonly PENDING: DurableObjectNamespace<Pending>
  readonly INQUIRIES: Queue<InquiryMessage>
  readonly REPORTS: DurableObjectNamespace<Reports>
}

/** What lives as long as the isolate: bindings do not change within it. */
interface Isolate {
  readonly config: Config
  readonly secrets: Secrets
  readonly snapshots: Snapshots
  readonly paid: PaidNearby
  readonly limits: NearLimits
  readonly near: NearCache
  readonly ages: AgeMemory
  readonly slow: SlowMemory
  readonly probed: ProbeMemory
  readonly names: Near
  /** Which resolvers there are, for the keys of what they said. */
  readonly scope: string
  readonly standings: Standings
  readonly headStarts: HeadStarts
}

const isolates = new WeakMap<object, Isolate>()
const now = Date.now

function isolateOf(env: Bindings): Isolate {
  const known = isolates.get(env)
  if (known !== undefined) return known
  const config = parseConfig(env)
  const secrets = openSecrets(config.EDGE_SECRETS)
  const made = {
    config,
    secrets,
    snapshots: createSnapshots(env.SNAPSHOTS, now),
    paid: createPaidNearby(now),
    limits: createNearLimits(env, now),
    near: caches.default,
    names: new Map(),
    scope: config.DOH_RESOLVERS.map(({ url, suffix }) => `${url} ${suffix}`).join(),
    standings: createStandings(now),
    headStarts: createHeadStarts(now),
    ages: openAgeMemory(config.RDAP),
    slow: new Map(),
    probed: new Map(),
  }
  isolates.set(env, made)
  return made
}

function warn(what: string): void {
  // oxlint-disable-next-line no-console -- a Worker's log is its console
  console.warn(JSON.stringify({ level: 'warn', what }))
}

/** Long enough for a finished answer to leave first, in milliseconds. */
const AFTER_MS = 1

/** Faults of what goes on after the answer are nobody's answer: they are logged. */
function afterwards({ waitUntil, answered }: Invocation): Later {
  return (work) =>
    waitUntil(
      answered
        .then(() => scheduler.wait(AFTER_MS))
        .then(work)
        .catch((error: unknown) => warn(`afterwards: ${error instanceof Error ? error.message : 'fault'}`)),
    )
}

function objectsOf(env: Bindings) {
  return nameObjects(env, isolateOf(env).config.PARTITIONS, now)
}

function webhooksOf(env: Bindings) {
  const { config } = isolateOf(env)
  return (account: string) => within(env.DELIVERIES, partitionOf(account), config.PARTITIONS).getByName(account)
}

/** What one batch of the queues of webhooks is given. */
function deliverPortsOf(env: Bindings): DeliverPorts {
  const { config, secrets, standings } = isolateOf(env)
  const webhooks = webhooksOf(env)
  const connect = limitConnections()
  const sleep = (ms: number) => scheduler.wait(ms)
  return {
    secrets,
    connect,
    now,
    warn,
    loopback: config.LOOPBACK_NETWORKS,
    resolve: createResolve({ resolvers: config.DOH_RESOLVERS, standings, connect, now, sleep }),
    take: ({ account, delivery }, ring) => webhooks(account).take(delivery, ring),
    attempted: ({ account, delivery }, attempt) => webhooks(account).attempted(delivery, attempt),
    parked: ({ account, delivery }) => webhooks(account).parked(delivery),
  }
}

/** A name that comes back is worth a place in the Cache. */
const WRITTEN_FROM = 2

interface Trip {
  readonly connect: Connect
  readonly sleep: (ms: number) => Promise<unknown>
  readonly later: Later
}

function routePortsOf(env: Bindings, { connect, sleep, later }: Trip): RoutePorts {
  const { config, near: cache, names, scope, standings } = isolateOf(env)
  const resolvers = config.DOH_RESOLVERS
  return {
    resolve: createResolve({ resolvers, standings, connect, now, sleep }),
    memo: (name) => openMemo(name, { near: names, cache, scope, writtenFrom: WRITTEN_FROM, connect, now, sleep }),
    open: new Map(),
    now,
    roll: Math.random,
    later,
    loopback: config.LOOPBACK_NETWORKS,
  }
}

function oncesOf(env: Bindings): Services['onces'] {
  const { config } = isolateOf(env)
  const once = (name: string) =>
    within(env.ONCES, partitionOf(name.split(' ')[0] ?? ''), config.PARTITIONS).getByName(name)
  return {
    begin: (name, attempt) => once(name).begin(attempt),
    end: (name, { lease, ending, answer }) => once(name).end(lease, ending, answer),
  }
}

function servicesOf(env: Bindings, invocation: Invocation): Services {
  const { config, secrets, snapshots, paid, limits, near, ages, slow, probed, headStarts } = isolateOf(env)
  const objects = objectsOf(env)
  const webhooks = webhooksOf(env)
  const later = afterwards(invocation)
  const connect = limitConnections()
  const sleep = (ms: number) => scheduler.wait(ms)
  const call = createCall(config.LANE_CREDENTIALS, connect)
  const routePorts = routePortsOf(env, { connect, sleep, later })
  // Evidence belongs to a partition, and is found nowhere else.
  const keyOf = (partition: string) => (wire: string) => probedName(secrets, `${partition}\0${wire}`)
  return {
    config,
    secrets,
    now,
    later,
    objects,
    till: openTill({ objects, usage: env.USAGE, snapshots, paid, later, now, warn }),
    onces: oncesOf(env),
    nearOnces: createNearOnces(near),
    limits,
    visitor: (name, asked) => env.VISITORS.getByName(name).ask(asked),
    directory: (cursor, limit) => listDirectory(env.SNAPSHOTS, cursor, limit),
    batches: batchesOf(env, config.PARTITIONS),
    pending: (account, id) =>
      within(env.PENDING, partitionOf(account), config.PARTITIONS).getByName(shardName(account, id)),
    write: createWrite(call),
    reports: reportsOf(env.REPORTS, { ...routePorts, config, cache: near, connect, call, sleep, warn, headStarts }),
    webhooks,
    tell: (account, events) => webhooks(account).tell(account, events),
    newId: (prefix) => `${prefix}_${ulid()}`,
    newSeed: () => base32(crypto.getRandomValues(new Uint8Array(20))),
    verify: {
      now,
      sleep,
      lanesOf: (partition) => config.LANES.lanes.filter((lane) => lane.partition === partition),
      epoch: config.LANES.epoch,
      memoOf: (partition) =>
        openProbeMemo({ memory: probed, cache: near, connect, later, now, sleep, keyOf: keyOf(partition) }),
      slow: openSlowDomains({ memory: slow, cache: near, connect, later, now }),
      ask: createAsk(call, warn),
      lookUpRoute: (wanted) => lookUpRoute(wanted, routePorts),
      lookUpSenderPolicy: (domain, deadlineAt) => lookUpSenderPolicy(domain, deadlineAt, routePorts),
      ageOf: (domain) => ageOf(domain, { config: config.RDAP, memory: ages, cache: near, connect, now }),
      later,
      allowSpecialUse: config.ALLOW_SPECIAL_USE,
    },
  }
}

function consumeBatches({ queue, messages }: MessageBatch, env: Bindings, context: ExecutionContext): Promise<void> {
  const waitUntil = (work: Promise<unknown>): void => context.waitUntil(work)
  const services = servicesOf(env, { waitUntil, answered: Promise.resolve() })
  const { config } = services
  if (queue === 'postern-batches') return consumeEach(messages as Messages<Work>, doWork(services), warn)
  const turns = (account: string, lane: string) =>
    within(env.TURNS, partitionOf(account), config.PARTITIONS).getByName(lane)
  const askList = createAskList(createCall(config.LANE_CREDENTIALS, limitConnections()), warn)
  if (queue === 'postern-inquiries') {
    const ports = { services, askList, roll: Math.random }
    return consumeEach(messages as Messages<InquiryMessage>, (message) => finish(message, ports), warn)
  }
  if (queue === 'postern-inquiries-parked') {
    const park = async ({ account, id }: InquiryMessage) => void (await services.pending(account, id).park(id))
    return consumeEach(messages as Messages<InquiryMessage>, park, warn)
  }
  if (queue === 'postern-asks') {
    return consumeEach(messages as Messages<Turn>, doTurn(services, { turns, askList, roll: Math.random }), warn)
  }
  return consumeEach(messages as Messages<Work | Turn>, doPark(services, turns), warn)
}

type Messages<T> = readonly Message<T>[]

const app = createApp((env, invocation) => servicesOf(env as Bindings, invocation))

export default {
  fetch: app.fetch,
  scheduled: (_event, env) =>
    lookAfter(env, {
      batches: batchesOf(env, isolateOf(env).config.PARTITIONS),
      forget: (account, id) => objectsOf(env).account(account).forgetList(id),
      warn,
      now: () => Date.now(),
    }),
  queue: (batch, env, context) => {
    if (BATCH_QUEUES.includes(batch.queue)) return consumeBatches(batch, env, context)
    if (batch.queue === 'postern-webhooks') return deliver(batch.messages, deliverPortsOf(env))
    if (batch.queue === 'postern-webhooks-parked') return notePark(batch.messages, deliverPortsOf(env))
    const objects = objectsOf(env)
    const ledger = {
      settleMany: (account: string, settlements: readonly Settlement[]) =>
        objects.account(account).settleMany(settlements),
      amend: (account: string, id: string, cost: Cost) => objects.recordsOf(account, 'live', id).amend(id, cost),
    }
    return consume(batch.messages, ledger, warn)
  },
} satisfies ExportedHandler<Bindings>
