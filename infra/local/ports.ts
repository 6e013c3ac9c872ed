// Ports of a local run: whether the fixed one can be had, and free ones for the rest.
import { createServer } from 'node:net'
import { StartProblem } from './options.ts'

function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const taken = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(taken))
    })
  })
}

/** @throws StartProblem where somebody else has it: the Worker's runtime would wait for it for ever. */
export async function requirePort(port: number): Promise<void> {
  try {
    await listen(port)
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    throw new StartProblem(taken ? `port ${port} is taken: use --port` : `port ${port} cannot be used: use --port`)
  }
}

/** Free ports, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await listen(0))
  return [...ports]
}
