// Stands before the table engine and counts what passes, for figures that no client could flatter.
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CountingProxy {
  readonly url: string
  /** Requests so far, by operation. */
  counts(): Readonly<Record<string, number>>
  reset(): void
  stop(): void
}

export async function startCountingProxy(engine: string): Promise<CountingProxy> {
  const counts: Record<string, number> = {}
  const { hostname, port } = new URL(engine)
  const server = createServer((incoming, outgoing) => {
    const operation = String(incoming.headers['x-amz-target'] ?? 'other').replace(/^.*\./, '')
    counts[operation] = (counts[operation] ?? 0) + 1
    const { method, url: path, headers } = incoming
    const passed = forward({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => ({ ...counts }),
    reset: () => {
      for (const name of Object.keys(counts)) delete counts[name]
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
