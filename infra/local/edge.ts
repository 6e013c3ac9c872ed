// The edge as a process of its own: the Worker in workerd, told its bindings by the launcher, gone when the launcher is gone.
import { fileURLToPath } from 'node:url'
import { unstable_startWorker } from 'wrangler'

/** JSON in the variable `POSTERN_EDGE`: bindings hold secrets, which do not belong on a command line. */
export interface EdgeConfig {
  readonly port: number
  readonly persist: string
  readonly bindings: Readonly<Record<string, string>>
}

// Before anything can take long: a launcher that goes away meanwhile must not leave an edge behind.
let stop = (): void => process.exit()
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect']) process.once(signal, () => stop())
if (!process.connected) stop()

const config = JSON.parse(process.env['POSTERN_EDGE'] ?? '{}') as EdgeConfig

/** File of a module to run in place of the Worker, for runs that put faults of the platform before it. */
const entry = process.env['POSTERN_EDGE_ENTRY'] ?? ''

const worker = await unstable_startWorker({
  config: fileURLToPath(new URL('../cloudflare/wrangler.jsonc', import.meta.url)),
  ...(entry === '' ? {} : { entrypoint: entry }),
  dev: {
    server: { hostname: '127.0.0.1', port: config.port },
    inspector: false,
    logLevel: 'warn',
    persist: config.persist,
    watch: false,
  },
  bindings: Object.fromEntries(
    Object.entries(config.bindings).map(([name, value]) => [name, { type: 'plain_text', value }]),
  ),
})

stop = () => void worker.dispose().finally(() => process.exit())

await worker.ready
// The first request compiles the Worker: better ours than the first caller's.
await (await fetch(`http://127.0.0.1:${config.port}/healthz`)).arrayBuffer()
process.send?.({ ready: true })
