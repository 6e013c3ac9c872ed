// What keys, limits and metering add to the fast path: the real Worker and one without accounts, asked in turns, side by side.
import { fork, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { bareBindings } from './bare-bindings.ts'
import type { Summary } from './run.ts'

const ROUNDS = 400
const WARM_UP = 60
/** What goes on after an answer is to be over before the next question: on one machine it shares the cores. */
const PAUSE_MS = 15
const PORT = 8_878

interface Ready {
  readonly url: string
  readonly keys: { readonly sk_live: string }
}

export async function fastPath(say: (text: string) => void): Promise<Summary> {
  const stack = spawn(
    process.execPath,
    ['infra/local/run.ts', '--json', '--ephemeral', '--lanes', '1x1', '--port', String(PORT)],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let messages = ''
  stack.stderr.setEncoding('utf8').on('data', (chunk: string) => (messages += chunk))
  try {
    const ready = await firstLine<Ready>(stack)
    const bare = await startBare(/DoH at (\S+),/.exec(messages)?.[1] ?? '')
    const headers = { authorization: `Bearer ${ready.keys.sk_live}` }
    const ways = {
      with: (email: string) => timed(`${ready.url}${email}`, headers),
      without: (email: string) => timed(`${bare.url}${email}`),
    }
    const times = await inTurns(ways, say)
    await bare.stop()
    return summaryOf(times)
  } finally {
    stack.kill('SIGTERM')
    await new Promise((resolve) => stack.once('exit', resolve))
  }
}

async function startBare(doh: string): Promise<{ url: string; stop(): Promise<unknown> }> {
  const port = await freePort()
  const bindings = bareBindings(doh)
  const child = fork(fileURLToPath(new URL('./start-bare.ts', import.meta.url)), [], {
    env: {
      ...process.env,
      POSTERN_BARE: JSON.stringify({ port, bindings }),
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      X_LOCAL_OBSERVABILITY: 'false',
    },
  })
  await new Promise((resolve) => child.once('message', resolve))
  const stop = (): Promise<unknown> => {
    child.kill('SIGTERM')
    return new Promise((resolve) => child.once('exit', resolve))
  }
  return { url: `http://127.0.0.1:${port}`, stop }
}

type Way = (path: string) => Promise<number>

/** Each address is asked of both, now this one first, now that one. */
async function inTurns(ways: { with: Way; without: Way }, say: (text: string) => void) {
  const times = { with: [] as number[], without: [] as number[] }
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const path = `/v1/verify?email=person${round + WARM_UP}@strict.test`
    const order = round % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)
    for (const way of order) {
      const took = await ways[way](path)
      if (round >= 0) times[way].push(took)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    if (round > 0 && round % 100 === 0) say(`${round} of ${ROUNDS} rounds`)
  }
  return times
}

async function timed(url: string, headers: Record<string, string> = {}): Promise<number> {
  const startedAt = performance.now()
  const response = await fetch(url, { headers })
  const body = (await response.json()) as { status?: string }
  if (body.status !== 'unknown') throw new Error(`${response.status}: ${JSON.stringify(body)}`)
  return performance.now() - startedAt
}

function summaryOf(times: { with: number[]; without: number[] }): Summary {
  const at = (list: readonly number[], share: number): number =>
    Math.round((list.toSorted((a, b) => a - b)[Math.floor(list.length * share)] ?? 0) * 100) / 100
  const differences = times.with.map((took, index) => took - (times.without[index] ?? 0))
  return {
    rounds: ROUNDS,
    with_p50_ms: at(times.with, 0.5),
    without_p50_ms: at(times.without, 0.5),
    with_p95_ms: at(times.with, 0.95),
    without_p95_ms: at(times.without, 0.95),
    difference_p50_ms: at(differences, 0.5),
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function firstLine<T>(child: ReturnType<typeof spawn>): Promise<T> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}`)))
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text) as T)
    })
  })
}
