// The DynamoDB-compatible engine for tests of the stores: on a file of its own, and mortal, since lanes outlive their tables.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTableCommand, ResourceInUseException } from '@aws-sdk/client-dynamodb'
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import { createDynamo, type Dynamo } from '@postern/prober/store/dynamo.ts'
import { tables } from '@postern/prober/store/schema.ts'

const BINARY = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide')
/** A machine that is busy with other suites takes its time. */
const READY_MS = 15_000
const POLL_MS = 5

/** The engine checks no signature, yet the client wants something to sign with. */
export function localCredentials(): void {
  process.env['AWS_ACCESS_KEY_ID'] = 'local'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'local'
}

export interface Engine {
  readonly endpoint: string
  /** A client as a lane has it; `faults`, where given, hears what went wrong. */
  dynamo(faults?: string[], now?: () => number): Dynamo
  items(table: string): Promise<Record<string, unknown>[]>
  /** `SIGKILL` returns when it is dead, `SIGSTOP` when it is deaf, with its port open. */
  send(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startEngine(): Promise<Engine> {
  localCredentials()
  const dir = mkdtempSync(join(tmpdir(), 'postern-engine-'))
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const launch = () =>
    spawn(BINARY, ['--host', '127.0.0.1', '--port', String(port), '--db-path', join(dir, 'tables.db')], {
      stdio: 'ignore',
    })
  let child = launch()
  const dynamo = (faults: string[] = [], now: () => number = Date.now) =>
    createDynamo({ region: 'local', endpoint, onFault: (what) => void faults.push(what), now })
  try {
    await makeTables(dynamo())
  } catch (error) {
    // Nobody is handed it, who could stop it.
    await send(child, 'SIGKILL')
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
  return {
    endpoint,
    dynamo,
    items: async (table) => (await dynamo().client.send(new ScanCommand({ TableName: table }))).Items ?? [],
    send: (signal) => send(child, signal),
    restart: async () => {
      child = launch()
      await makeTables(dynamo())
    },
    stop: async () => {
      await send(child, 'SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function send(child: ChildProcess, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = signal === 'SIGKILL' ? once(child, 'exit') : null
  child.kill(signal)
  await exit
  // The signal is sent at once and obeyed thread by thread.
  if (signal === 'SIGSTOP') while (!isStopped(child.pid ?? 0)) await sleep(1)
}

function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) =>
    / T \d+ /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  )
}

async function makeTables({ client }: Dynamo): Promise<void> {
  const until = Date.now() + READY_MS
  for (const { name, partitionKey } of tables) {
    const order = new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
    })
    for (;;) {
      try {
        await client.send(order)
        break
      } catch (error) {
        if (error instanceof ResourceInUseException) break
        if (Date.now() > until) throw error
        await sleep(POLL_MS)
      }
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port to be had')
  return address.port
}
