// The one door to DynamoDB: a client that gives up early, and calls that say `unavailable` where others would throw.
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

export interface DynamoOptions {
  readonly region: string
  /** Null means the region's own service. */
  readonly endpoint: string | null
  /** Told once a call; the text never holds a key or an address. */
  readonly onFault: (what: string) => void
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

export function createDynamo(options: DynamoOptions): Dynamo {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      region: options.region,
      ...(options.endpoint === null ? {} : { endpoint: options.endpoint }),
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 400, requestTimeout: 800, throwOnRequestTimeout: true },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  )
  return { client, attempt: (what, call) => attempt(what, call, options.onFault) }
}

async function attempt<T>(
  what: string,
  call: () => Promise<T>,
  onFault: (what: string) => void,
): Promise<Attempted<T>> {
  try {
    return { kind: 'done', value: await call() }
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return { kind: 'condition_failed', item: error.Item ?? null }
    }
    onFault(`${what}: ${error instanceof Error ? error.name : 'unknown fault'}`)
    return { kind: 'unavailable' }
  }
}
