// Processes that a bench starts beside itself: the resolver and the local run, until each has said where it is.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from './ports.ts'

const READY_MS = 45_000

export interface Beside<T> {
  readonly said: T
  stop(): Promise<unknown>
}

/** The resolver of `resolver.ts`. */
export async function besideResolver(): Promise<Beside<{ readonly url: string }>> {
  const child = fork(fileURLToPath(new URL('./resolver.ts', import.meta.url)), [], { execArgv: [] })
  return ready(child, (resolve) => void child.once('message', (message) => resolve(message as { url: string })))
}

export interface LocalRun {
  readonly url: string
  readonly keys: { readonly sk_live: string }
}

/** `npm start`, asking one resolver. */
export async function besideLocalRun(doh: string): Promise<Beside<LocalRun>> {
  const port = String(await freePort())
  const flags = ['--json', '--quiet', '--ephemeral', '--lanes', '1x1', '--port', port, '--doh', doh]
  const child = spawn(process.execPath, ['infra/local/run.ts', ...flags], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    env: { ...process.env, npm_lifecycle_event: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  return ready(child, (resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text) as LocalRun)
    })
  })
}

async function ready<T>(child: ChildProcess, listen: (resolve: (said: T) => void) => void): Promise<Beside<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => {
    child.kill('SIGTERM')
    reject(new Error(`not ready after ${READY_MS} ms`))
  }, READY_MS)
  child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)))
  listen(resolve)
  const said = await promise.finally(() => clearTimeout(timer))
  return { said, stop: () => ended(child) }
}

function ended(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  return exit
}
