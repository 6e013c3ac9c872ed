// One lane as a process of its own, its two functions with their URLs and sandboxes: started by the launcher, gone when it is gone.
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import { Concurrency } from './concurrency.ts'
import { openFunctionUrl } from './function-url.ts'
import type { Callers } from './sigv4.ts'

/** JSON in the variable `POSTERN_LANE`: secrets do not belong on a command line. */
export interface LaneConfig extends Callers {
  /** 0 takes a free one. */
  readonly port: number
  /** As `port`, of the function for lists. */
  readonly listPort: number
  /** File that `buildArtefact` built. */
  readonly artefact: string
  readonly environment: LaneEnvironment
  readonly reservedConcurrency: number
  /** Events that the function for lists runs at a time. */
  readonly listConcurrency: number
  readonly scalingStep: number
  /** Sandboxes that are started ahead of their first event. */
  readonly provisionedConcurrency: number
  readonly timeoutMs: number
  readonly recycleAfter: number
  readonly idleMs: number
}

/**
 * What a lane tells the process that started it, over IPC. Sandboxes are named so that they can be killed after a lane
 * that was itself killed: a frozen process does not notice that its parent is gone.
 */
export type LaneMessage = { ready: true; url: string; listUrl: string } | { sandbox: number; alive: boolean }

function readConfig(text: string | undefined): LaneConfig {
  if (!text) throw new Error('POSTERN_LANE is not set')
  return JSON.parse(text) as LaneConfig
}

function tell(message: LaneMessage): void {
  // The callback keeps a send that the parent's end overtook from being thrown.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

function functionOf(config: LaneConfig): Concurrency {
  const laneId = config.environment.LANE_ID
  return new Concurrency({
    ...config,
    laneId,
    onLine: (line) => void process.stderr.write(`[${laneId}] ${line}\n`),
    onProcess: (sandbox, alive) => tell({ sandbox, alive }),
  })
}

async function run(config: LaneConfig): Promise<void> {
  const { listConcurrency: reservedConcurrency, listPort } = config
  // Whoever waits has hands that no list can take.
  const ask = functionOf(config)
  const list = functionOf({ ...config, reservedConcurrency })
  const functions = [ask, list]
  const stop = (): void => void Promise.all(functions.map((one) => one.close())).then(() => process.exit())
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect']) process.once(signal, stop)
  process.once('exit', () => functions.forEach((one) => one.kill()))
  const { url } = await openFunctionUrl({ ...config, invoke: (event, id) => ask.invoke(event, id) })
  const listed = await openFunctionUrl({ ...config, port: listPort, invoke: (event, id) => list.invoke(event, id) })
  await ask.warm(config.provisionedConcurrency)
  tell({ ready: true, url, listUrl: listed.url })
}

await run(readConfig(process.env['POSTERN_LANE']))
