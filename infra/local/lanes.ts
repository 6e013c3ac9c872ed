// The lanes of a local run: names and addresses of their own, one process each, brought back when they die.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import { killLeft } from './children.ts'
import { tableName } from './engine.ts'
import { type Options, REGIONS } from './options.ts'
import type { LaneConfig, LaneMessage } from './lane.ts'
import { type Starting, startSupervised } from './supervise.ts'

export interface LocalLane {
  readonly id: string
  readonly region: string
  readonly partition: string
  /** Loopback address that the lane binds, so that greylisting sees different sources. */
  readonly address: string
  readonly ehlo: string
  readonly sender: string
  readonly url: string
  readonly port: number
  /** Of the function for lists. */
  readonly listUrl: string
  readonly listPort: number
}

const LETTERS = ['a', 'b', 'c', 'd']

type Wanted = Pick<Options, 'regions' | 'lanesPerRegion' | 'partitions'>

/** `ports` has two for each lane, in order. */
export function planLanes(
  { regions, lanesPerRegion: perRegion, partitions }: Wanted,
  ports: readonly number[],
): LocalLane[] {
  return REGIONS.slice(0, regions).flatMap((region, r) =>
    LETTERS.slice(0, perRegion).map((letter, l): LocalLane => {
      const [port = 0, listPort = 0] = ports.slice(2 * (r * perRegion + l))
      const ehlo = `${letter}.${region}.probe.test`
      return {
        id: `${region}-${letter}`,
        region,
        partition: partitions[region] ?? 'default',
        address: `127.24.${r + 1}.${l + 1}`,
        ehlo,
        sender: `probe@${ehlo}`,
        url: `http://127.0.0.1:${port}/`,
        port,
        listUrl: `http://127.0.0.1:${listPort}/`,
        listPort,
      }
    }),
  )
}

export interface LaneSettings {
  readonly artefact: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** What all lanes share; the rest of the environment is the lane's own. */
  readonly common: Omit<
    LaneEnvironment,
    | 'LANE_ID'
    | 'REGION'
    | 'PARTITION'
    | 'EHLO_NAME'
    | 'MAIL_FROM'
    | 'SOURCE_ADDRESS'
    | 'EGRESS_ADDRESS'
    | 'EVIDENCE_TABLE'
    | 'TRAFFIC_TABLE'
  >
  readonly say: (message: string) => void
}

export function startLane(lane: LocalLane, settings: LaneSettings): Starting {
  const sandboxes = new Set<number>()
  return startSupervised({
    name: `lane ${lane.id}`,
    say: settings.say,
    start: (onReady) => {
      const child = fork(fileURLToPath(new URL('./lane.ts', import.meta.url)), ['--id', lane.id], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: { ...process.env, POSTERN_LANE: JSON.stringify(configOf(lane, settings)) },
      })
      child.on('message', (message: LaneMessage) => {
        if ('ready' in message) onReady()
        else if (message.alive) sandboxes.add(message.sandbox)
        else sandboxes.delete(message.sandbox)
      })
      return child
    },
    // A frozen sandbox does not notice that its lane was killed.
    onDeath: () => {
      for (const pid of sandboxes) killLeft(pid)
      sandboxes.clear()
    },
  })
}

function configOf(lane: LocalLane, { artefact, credentials, common }: LaneSettings): LaneConfig {
  return {
    port: lane.port,
    listPort: lane.listPort,
    region: lane.region,
    accessKeys: [credentials],
    artefact,
    environment: {
      ...common,
      LANE_ID: lane.id,
      REGION: lane.region,
      PARTITION: lane.partition,
      EVIDENCE_TABLE: tableName('evidence', lane.partition),
      TRAFFIC_TABLE: tableName('traffic', lane.partition),
      EHLO_NAME: lane.ehlo,
      MAIL_FROM: lane.sender,
      SOURCE_ADDRESS: lane.address,
      EGRESS_ADDRESS: lane.address,
    },
    // Lambda would start a machine for each; here all of them share the cores that the world and the edge run on.
    reservedConcurrency: 10,
    listConcurrency: 4,
    provisionedConcurrency: 2,
    scalingStep: 1,
    timeoutMs: 70_000,
    recycleAfter: 500,
    idleMs: 60_000,
  }
}
