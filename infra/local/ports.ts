// Ports of a local run: whether the fixed one can be had, and free ones for the rest.
import { createServer } from 'node:net'
import { StartProblem } from './options.ts'

function listen(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()))
  })
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

/** @throws StartProblem where somebody else has it: the Worker's runtime would wait for it for ever. */
export async function requirePort(port: number): Promise<void> {
  try {
    await listen(port)
  } catch (error) {
    throw new StartProblem(
      isTaken(error) ? `port ${port} is taken: use --port` : `port ${port} cannot be used: use --port`,
    )
  }
}

/** Below the ports that systems give to whoever asks for any: between choice and use nobody is given one of these. */
const LOWEST = 10_240
const PER_RUN = 40
const RUNS = 490

/** Free ports, all different; runs that start side by side look in different places. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let port = LOWEST + (process.pid % RUNS) * PER_RUN; ports.length < count; port += 1) {
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

async function isFree(port: number): Promise<boolean> {
  try {
    await listen(port)
    return true
  } catch (error) {
    if (isTaken(error)) return false
    throw error
  }
}
