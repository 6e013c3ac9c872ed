// Starts lanes on the fixture handler and calls them signed, for the tests of the function-URL adapter.
import { buildArtefact } from '@postern/infra/artefact.ts'
import type { LaneConfig, LaneMessage } from '@postern/infra/local/lane.ts'
import { AwsClient } from 'aws4fetch'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const laneProgram = fileURLToPath(new URL('../../infra/local/lane.ts', import.meta.url))
const entry = fileURLToPath(new URL('fixtures/handler.ts', import.meta.url))

export const accessKey = { accessKeyId: 'AKIDTEST', secretAccessKey: 'the secret' }
export const region = 'eu-central-1'

export const environment: LaneConfig['environment'] = {
  LANE_ID: 'eu-central-1-a',
  REGION: region,
  PARTITION: 'default',
  EHLO_NAME: 'a.test',
  MAIL_FROM: 'probe@a.test',
  DOH_RESOLVERS: '[]',
  EVIDENCE_TABLE: 'evidence',
  TRAFFIC_TABLE: 'traffic',
  HMAC_KEYS: '',
  SMTP_PORT: '25',
  LOOPBACK_NETWORKS: '',
  LOOPBACK_SMTP_PORT: '',
  LOOPBACK_HTTPS_PORT: '',
  EXTRA_ROOTS: '',
  SOURCE_ADDRESS: '',
  DYNAMODB_ENDPOINT: '',
  EGRESS_ADDRESS: '',
  DNSBL_ZONES: '[]',
  CANARIES: '[]',
  AUDIT_RESOLVERS: '',
  AUDIT_SMTP_PORT: '',
  HURRY: '',
}

export function buildFixture(dir: string): ReturnType<typeof buildArtefact> {
  return buildArtefact({ entry, dir })
}

export interface LaneUnderTest {
  readonly url: string
  readonly listUrl: string
  readonly process: ChildProcess
  /** Every sandbox that the lane told of; true while it says that it lives. */
  readonly sandboxes: ReadonlyMap<number, boolean>
  readonly lines: readonly string[]
}

function collectLines(child: ChildProcess): string[] {
  const lines: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => lines.push(...chunk.toString().split('\n').filter(Boolean)))
  return lines
}

export async function startLane(artefact: string, changes: Partial<LaneConfig> = {}): Promise<LaneUnderTest> {
  const config: LaneConfig = {
    port: 0,
    listPort: 0,
    region,
    accessKeys: [accessKey],
    artefact,
    environment,
    reservedConcurrency: 2,
    listConcurrency: 2,
    provisionedConcurrency: 0,
    scalingStep: 2,
    timeoutMs: 10_000,
    recycleAfter: 100,
    idleMs: 60_000,
    ...changes,
  }
  const child = fork(laneProgram, ['--id', environment.LANE_ID], {
    env: { ...process.env, POSTERN_LANE: JSON.stringify(config) },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const sandboxes = new Map<number, boolean>()
  const lines = collectLines(child)
  const { url, listUrl } = await new Promise<{ url: string; listUrl: string }>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the lane ended: ${lines.join('\n')}`)))
    child.on('message', (message: LaneMessage) => {
      if ('ready' in message) resolve(message)
      else sandboxes.set(message.sandbox, message.alive)
    })
  })
  return { url, listUrl, process: child, sandboxes, lines }
}

export async function stopLane(lane: LaneUnderTest): Promise<void> {
  if (lane.process.exitCode !== null || lane.process.signalCode !== null) return
  const exit = once(lane.process, 'exit')
  lane.process.kill('SIGTERM')
  await exit
}

export function signer(changes: Partial<typeof accessKey & { region: string }> = {}): AwsClient {
  return new AwsClient({ ...accessKey, region, service: 'lambda', retries: 0, ...changes })
}

export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown> & { pid: number; events: number }
}

export async function readAnswer(response: Response): Promise<Answer> {
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
}

export async function call(lane: LaneUnderTest, order: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  const response = await signer().fetch(lane.url, { method: 'POST', body: JSON.stringify(order), headers })
  return readAnswer(response)
}

/** State letter of a process (`S`, `T`, …), null where there is none. Linux only. */
export function stateOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .charAt(0)
  } catch {
    return null
  }
}

/** Whether a process runs; one that only waits for its parent to look does not. */
export function isAlive(pid: number): boolean {
  if (stateOf(pid) === 'Z') return false
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A place where handlers stop until the test lets them go on. */
export class Meeting {
  readonly #server = createServer((request, response) => this.#arrive(request.url ?? '', response))
  readonly #waiting: ServerResponse[] = []
  readonly #pids: number[] = []
  #arrived: () => void = () => undefined

  async open(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Process ids of the first `count` handlers that arrived. */
  async gather(count: number): Promise<number[]> {
    while (this.#pids.length < count) await new Promise<void>((resolve) => (this.#arrived = resolve))
    return this.#pids.slice(0, count)
  }

  latest(): number {
    return this.#pids.at(-1) ?? 0
  }

  release(): void {
    for (const response of this.#waiting.splice(0)) response.end('go on')
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #arrive(url: string, response: ServerResponse): void {
    this.#pids.push(Number(new URL(url, 'http://localhost').searchParams.get('pid')))
    this.#waiting.push(response)
    this.#arrived()
  }
}
