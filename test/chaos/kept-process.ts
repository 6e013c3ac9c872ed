// A process of the outside that can be killed and comes back at the same address and port, as its operator would see to it.
import { fork } from 'node:child_process'
import { startSupervised } from '../../infra/local/supervise.ts'

export interface KeptProcess {
  readonly port: number
  /** Null between two. */
  pid(): number | null
  stop(): Promise<void>
}

export interface Keeping {
  readonly name: string
  /** Is forked with address, port and `argv`; sends `{ port }` when it listens. */
  readonly file: string
  /** Of its own, so that nobody else's connection takes the port while it is away. */
  readonly address: string
  readonly argv?: readonly string[]
  readonly say: (message: string) => void
}

export async function keep({ name, file, address, argv = [], say }: Keeping): Promise<KeptProcess> {
  let port = 0
  const supervised = startSupervised({
    name,
    say,
    start: (onReady) => {
      const child = fork(file, [address, String(port), ...argv], { execArgv: [] })
      child.on('message', (message) => {
        port = (message as { port: number }).port
        onReady()
      })
      return child
    },
  })
  await supervised.ready
  return { port, pid: () => supervised.pid(), stop: () => supervised.stop() }
}
