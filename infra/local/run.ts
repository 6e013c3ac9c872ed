// `npm start`: all of Postern on one machine, in the order in which it is needed, ended in the reverse.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startWorld, type World } from '@postern/test/world/world.ts'
import { buildArtefact } from '../artefact.ts'
import { startAudits } from './audits.ts'
import { type Engine, startEngine } from './engine.ts'
import { type LocalLane, planLanes, startLane } from './lanes.ts'
import { HELP, type Options, parseOptions, StartProblem } from './options.ts'
import { freePorts, requirePort } from './ports.ts'
import { announce } from './ready.ts'
import { auditOf, networkOf, policyHostsOf, resolversOf } from './setting.ts'
import { requireRuntime, startEdge } from './start-edge.ts'
import { localKeys } from './provision.ts'
import { openState, type State } from './state.ts'

interface Part {
  stop(): Promise<void> | void
}

/** Everything that has to be ended, in the order in which it was started. */
const started: Part[] = []
let stoppingSince: number | null = null

/** Takes charge of a part; one that comes about while the run is ending is ended at once. */
function own(part: Part): void {
  if (stoppingSince !== null) void part.stop()
  else started.push(part)
}

/** One Ctrl-C may arrive twice, from the terminal and through npm; only a later one is a second wish. */
const SAME_WISH_MS = 1_000

/** Ends all parts at once, the state last; a second wish ends the process without waiting. */
async function stop(code: number): Promise<void> {
  const again = stoppingSince !== null
  if (again && Date.now() - (stoppingSince ?? 0) > SAME_WISH_MS) process.exit(code)
  if (again) return
  stoppingSince = Date.now()
  const [state, ...parts] = started
  await Promise.all(parts.map(async (part) => part.stop()))
  await state?.stop()
  process.exit(code)
}

interface Parts {
  readonly options: Options
  readonly state: State
  readonly world: World
  readonly engine: Engine
  readonly lanes: readonly LocalLane[]
  readonly say: (message: string) => void
}

async function run(options: Options): Promise<void> {
  const say = (message: string) => {
    if (!options.quiet) process.stderr.write(`${message}\n`)
  }
  await requirePort(options.port)
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
  const parts = { options, state, world, engine, lanes, say }
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
  const { options, state, world, engine, lanes, say } = parts
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

/** A run whose npm was killed has nobody left who could stop it. */
function followParent(): void {
  if (process.env['npm_lifecycle_event'] !== 'start') return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) void stop(0)
  }, 1_000).unref()
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
  try {
    const options = parseOptions(process.argv.slice(2))
    if (options === 'help') {
      process.stdout.write(HELP)
      return
    }
    followParent()
    await run(options)
  } catch (error) {
    // What fails because the run is ending is no news.
    if (stoppingSince !== null) return
    const text =
      error instanceof StartProblem ? error.message : (error instanceof Error && error.stack) || String(error)
    process.stderr.write(`postern: ${text}\n`)
    await stop(1)
  }
}

await main()
