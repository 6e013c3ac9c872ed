// Runs the Worker without accounts in a process of its own, as the edge runs in one; its bindings come in `POSTERN_BARE`.
import { fileURLToPath } from 'node:url'
import { unstable_startWorker } from 'wrangler'

const { port, bindings } = JSON.parse(process.env['POSTERN_BARE'] ?? '{}') as {
  port: number
  bindings: Record<string, string>
}

const worker = await unstable_startWorker({
  name: 'bare',
  entrypoint: fileURLToPath(new URL('./fast-path-bare.ts', import.meta.url)),
  compatibilityDate: '2026-10-01',
  compatibilityFlags: ['nodejs_compat'],
  dev: { server: { hostname: '127.0.0.1', port }, inspector: false, logLevel: 'warn', watch: false, persist: false },
  bindings: Object.fromEntries(
    Object.entries(bindings).map(([name, value]) => [name, { type: 'plain_text' as const, value }]),
  ),
})
await worker.ready
for (const signal of ['SIGTERM', 'disconnect'] as const)
  process.once(signal, () => void worker.dispose().finally(() => process.exit()))
process.send?.({ ready: true })
