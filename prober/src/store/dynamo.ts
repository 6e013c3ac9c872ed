// The one door to DynamoDB: a client that gives up early, and calls that say `unavailable` where others would throw.
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

export interface DynamoOptions {
  readonly region: string
  /** Null means the region's own service. */
  readonly endpoint: string | null
  /** Told once a call; the text never holds a key or an address. */
  readonly onFault: (what: string) => void
  readonly now: () => number
}

export interface Dynamo {
  readonly client: DynamoDBDocumentClient
  /** Memory helps and must not hurt: whatever goes wrong is told, and the caller goes on without. */
  attempt<T>(what: string, call: () => Promise<T>): Promise<Attempted<T>>
}

export type Attempted<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'condition_failed'; readonly item: Readonly<Record<string, unknown>> | null }
  | { readonly kind: 'unavailable' }

const REQUEST_TIMEOUT_MS = 600
/** A table that was waited for in vain is not waited for again this long: a job has four seconds and half a dozen calls. */
const QUIET_MS = 5_000

export function createDynamo(options: DynamoOptions): Dynamo {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      region: options.region,
      ...(options.endpoint === null ? {} : { endpoint: options.endpoint }),
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 400, requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  )
  let quietUntil = 0
  return {
    client,
    attempt: async (what, call) => {
      // A clock that was set back would make the quiet last.
      const quietMs = quietUntil - options.now()
      if (quietMs > 0 && quietMs <= QUIET_MS) return { kind: 'unavailable' }
      try {
        return { kind: 'done', value: await call() }
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) {
          return { kind: 'condition_failed', item: error.Item ?? null }
        }
        if (isTimeOut(error)) quietUntil = options.now() + QUIET_MS
        options.onFault(`${what}: ${error instanceof Error ? error.name : 'unknown fault'}`)
        return { kind: 'unavailable' }
      }
    },
  }
}

/** The client calls a connection that was reset a TimeoutError as well; only its code tells the two apart. */
function isTimeOut(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'TimeoutError') return false
  return !('code' in error) || error.code === 'ETIMEDOUT'
}

/** What a text attribute holds as JSON; null where it is spoilt, which then reads as absent. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
