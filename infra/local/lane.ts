// One lane as a process of its own, function URL and sandboxes together: started by the launcher, gone when it is gone.
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import { Concurrency } from './concurrency.ts'
import { openFunctionUrl } from './function-url.ts'
import type { Callers } from './sigv4.ts'

/** JSON in the variable `POSTERN_LANE`: secrets do not belong on a command line. */
export interface LaneConfig extends Callers {
  /** 0 takes a free one. */
  readonly port: number
  /** File that `buildArtefact` built. */
  readonly artefact: string
  readonly environment: LaneEnvironment
  readonly reservedConcurrency: number
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
export type LaneMessage = { ready: true; url: string } | { sandbox: number; alive: boolean }

function readConfig(text: string | undefined): LaneConfig {
  if (!text) throw new Error('POSTERN_LANE is not set')
  return JSON.parse(text) as LaneConfig
}

function tell(message: LaneMessage): void {
  // The callback keeps a send that the parent's end overtook from being thrown.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

async function run(config: LaneConfig): Promise<void> {
  const laneId = config.environment.LANE_ID
  const concurrency = new Concurrency({
    ...config,
    laneId,
    onLine: (line) => void process.stderr.write(`[${laneId}] ${line}\n`),
    onProcess: (sandbox, alive) => tell({ sandbox, alive }),
  })
  const stop = (): void => void concurrency.close().then(() => process.exit())
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect']) process.once(signal, stop)
  process.once('exit', () => concurrency.kill())
  const { url } = await openFunctionUrl({ ...config, invoke: (event, id) => concurrency.invoke(event, id) })
  await concurrency.warm(config.provisionedConcurrency)
  tell({ ready: true, url })
}

await run(readConfig(process.env['POSTERN_LANE']))
