// All parts of Postern on one machine, in the order in which they are needed: state, world, tables, then edge and lanes side by side.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startWorld, type World } from '@postern/test/world/world.ts'
import { buildArtefact } from '../artefact.ts'
import { startAudits } from './audits.ts'
import { type Engine, startEngine } from './engine.ts'
import { type LocalLane, planLanes, startLane } from './lanes.ts'
import { type Options, StartProblem } from './options.ts'
import { freePorts } from './ports.ts'
import { localKeys } from './provision.ts'
import { announce } from './ready.ts'
import { auditOf, networkOf, policyHostsOf, resolversOf } from './setting.ts'
import { requireRuntime, startEdge } from './start-edge.ts'
import { openState, type State } from './state.ts'

export interface Part {
  stop(): Promise<void> | void
}

interface Parts {
  readonly options: Options
  readonly state: State
  readonly world: World
  readonly engine: Engine
  readonly lanes: readonly LocalLane[]
  readonly say: (message: string) => void
  readonly own: (part: Part) => void
}

/** Resolves when it has said that it is ready; `own` is given each part as it comes about. */
export async function startAll(options: Options, own: (part: Part) => void): Promise<void> {
  const say = (message: string) => {
    if (!options.quiet) process.stderr.write(`${message}\n`)
  }
  requireRuntime()
  const state = openState(options.state)
  own({ stop: () => state.close() })

  const count = options.regions * options.lanesPerRegion
  const [enginePort = 0, ...lanePorts] = await freePorts(2 * count + 1)
  const lanes = planLanes(options, lanePorts)
  const [world, engine, artefact] = await Promise.all([
    startWorld(),
    startEngine({ port: enginePort, file: state.engineFile, partitions: partitionsOf(options), say, own }),
    buildArtefact(),
  ])
  own({ stop: () => world.close() })
  for (const lane of lanes) world.addLane(lane)

  say(`mail world: DoH at ${world.dohUrl}, mail servers on port ${world.smtpPort} of ${world.network}`)
  const parts = { options, state, world, engine, lanes, say, own }
  const credentials = { accessKeyId: 'LOCAL', secretAccessKey: randomBytes(20).toString('hex') }
  await startTiers(parts, credentials, artefact.file)
  const keys = await localKeys(`http://127.0.0.1:${options.port}`, state)
  announce({ options, keys, lanes, truth: options.doh === null ? world.truth : [] })
  own(startAudits({ lanes, credentials, complain: (message) => void process.stderr.write(`${message}\n`) }))
}

/** Lanes and edge side by side; resolves when all of them have said that they are ready. */
async function startTiers(
  parts: Parts,
  credentials: { accessKeyId: string; secretAccessKey: string },
  artefact: string,
): Promise<void> {
  const { options, state, world, engine, lanes, say, own } = parts
  const resolvers = JSON.stringify(resolversOf(options, world))
  const network = networkOf(options, world)
  const common = {
    DOH_RESOLVERS: resolvers,
    HMAC_KEYS: JSON.stringify(state.secrets.hmac),
    DYNAMODB_ENDPOINT: engine.endpoint,
    ...network,
    ...auditOf(world),
    HURRY: String(options.hurry),
  }
  const bindings = {
    DOH_RESOLVERS: resolvers,
    RDAP: JSON.stringify(rdapOf(options, world)),
    POLICY_HOSTS: JSON.stringify(policyHostsOf(world)),
    LANES: JSON.stringify({ epoch: 1, lanes: lanes.map(laneOnTheMap) }),
    LANE_CREDENTIALS: JSON.stringify(credentials),
    EDGE_SECRETS: JSON.stringify(state.secrets.edge),
    PARTITIONS: JSON.stringify(Object.fromEntries(partitionsOf(options).map((name) => [name, HERE]))),
    ALLOW_SPECIAL_USE: 'test',
    LOOPBACK_NETWORKS: network.LOOPBACK_NETWORKS,
  }
  const edge = startEdge({ config: { port: options.port, persist: join(state.dir, 'edge'), bindings }, say })
  const tiers = [edge, ...lanes.map((lane) => startLane(lane, { artefact, credentials, common, say }))]
  for (const tier of tiers) own(tier)
  const late = new Promise<never>((_, reject) => {
    const problem = new StartProblem(
      `not ready after ${READY_MS / 1_000} s (is port ${options.port} taken, or the disk full?)`,
    )
    setTimeout(() => reject(problem), READY_MS).unref()
  })
  await Promise.race([Promise.all(tiers.map(({ ready }) => ready)), late])
}

/** The world's registry for its own names; others are asked where others' names are looked up at all. */
function rdapOf({ doh }: Options, world: World) {
  const elsewhere = doh === null
  const bootstrap = elsewhere ? 'https://data.iana.org/rdap/dns.json' : null
  return { bootstrap, servers: { test: world.rdapUrl }, shipped: elsewhere }
}

/** Ten times what a start takes on two slow cores. */
const READY_MS = 40_000

/** One machine is one jurisdiction: workerd knows no other. */
const HERE = { jurisdiction: null }

function partitionsOf({ partitions }: Options): string[] {
  return [...new Set(['default', ...Object.values(partitions)])]
}

function laneOnTheMap({ id, region, url, listUrl, address, ehlo, partition }: LocalLane) {
  return { id, region, url, listUrl, address, ehlo, partition }
}
