// The DynamoDB-compatible engine of a local run: found, started, given its tables.
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, DynamoDBClient, ResourceInUseException } from '@aws-sdk/client-dynamodb'
import { type TableShape, tables } from '@postern/prober/store/schema.ts'
import { killLeft } from './children.ts'
import { StartProblem } from './options.ts'
import { DEATHS_AT_START, type Supervised, supervise } from './supervise.ts'

export interface Engine {
  readonly endpoint: string
}

/** Each partition has tables of its own; the engine is one. */
export function tableName(table: TableShape['name'], partition: string): string {
  return partition === 'default' ? table : `${table}-${partition}`
}

export interface EngineOptions {
  readonly partitions: readonly string[]
  readonly port: number
  readonly file: string
  readonly say: (message: string) => void
  /** Told of what has to be stopped as soon as there is something. */
  readonly own: (part: Supervised) => void
}

const KEY: TableShape['partitionKey'] = 'key'
const READY_MS = 5_000
const POLL_MS = 25
const NOTHING: Supervised = { pid: () => null, stop: () => Promise.resolve() }

/** Starts the engine and makes the tables. @throws StartProblem where there is no binary or its file cannot be read. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const foreign = process.env['POSTERN_DYNAMODB_ENDPOINT']
  const endpoint = foreign ?? `http://127.0.0.1:${options.port}`
  const start = { ready: false, deaths: 0 }
  const supervised = foreign === undefined ? startBinary(options, start) : NOTHING
  options.own(supervised)
  try {
    await makeTables(endpoint, options.partitions, start)
    start.ready = true
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : 'unknown fault'
    throw new StartProblem(
      `the table engine does not answer (${why}); if ${options.file} is corrupt, remove it or use --ephemeral`,
    )
  }
  return { endpoint }
}

function binary(): string {
  try {
    return createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide')
  } catch {
    throw new StartProblem(
      'no table engine for this system (run npm ci again, or set POSTERN_DYNAMODB_ENDPOINT to a DynamoDB Local)',
    )
  }
}

/** What the first seconds of an engine came to: one that dies at once cannot read its file. */
interface Start {
  ready: boolean
  deaths: number
}

/** SIGKILL is safe for the engine: whatever it acknowledged is on disk. */
function startBinary({ port, file, say }: EngineOptions, start: Start): Supervised {
  const argv = [binary(), '--host', '127.0.0.1', '--port', String(port), '--db-path', file]
  let pid = 0
  return supervise({
    name: 'the table engine (dynoxide)',
    start: () => {
      const guard = fork(fileURLToPath(new URL('./engine-guard.ts', import.meta.url)), argv, {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
      guard.on('message', (message: { readonly pid: number }) => {
        pid = message.pid
      })
      return guard
    },
    onDeath: () => {
      start.deaths += 1
      killLeft(pid)
      pid = 0
    },
    say: (message) => {
      if (start.ready) say(message)
    },
  })
}

async function makeTables(endpoint: string, partitions: readonly string[], start: Start): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials, maxAttempts: 1 })
  const until = Date.now() + READY_MS
  const names = tables.flatMap((table) => partitions.map((partition) => tableName(table.name, partition)))
  for (const name of names) {
    for (;;) {
      const done = await makeTable(client, name)
      if (done === 'made') break
      if (Date.now() > until || start.deaths >= DEATHS_AT_START) throw done
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
  client.destroy()
}

async function makeTable(client: DynamoDBClient, name: string): Promise<'made' | Error> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: KEY, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: KEY, KeyType: 'HASH' }],
      }),
    )
    return 'made'
  } catch (error) {
    if (error instanceof ResourceInUseException) return 'made'
    return error instanceof Error ? error : new Error('unknown fault')
  }
}
