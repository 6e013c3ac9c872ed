// Items of one table that are wanted in the same moment, read in as few requests as hold them.
import { BatchGetCommand, type BatchGetCommandOutput } from '@aws-sdk/lib-dynamodb'
import type { Dynamo } from './dynamo.ts'
import type { Item } from './items.ts'

/** By key, those that are there; null where one of the requests had no whole answer. */
export type Found = ReadonlyMap<string, Item> | null
export type Read = (keys: readonly string[]) => Promise<Found>

interface Wish {
  readonly keys: readonly string[]
  readonly grant: (found: Promise<Found>) => void
}

/** DynamoDB's limit for one BatchGetItem. */
const MOST_KEYS = 100

export function createReader(dynamo: Dynamo, table: string): Read {
  let wishes: Wish[] = []
  const readAll = (): void => {
    const all = wishes
    wishes = []
    const wanted = [...new Set(all.flatMap(({ keys }) => keys))]
    const parts = Array.from({ length: Math.ceil(wanted.length / MOST_KEYS) }, (_, n) =>
      readPart(dynamo, table, wanted.slice(n * MOST_KEYS, (n + 1) * MOST_KEYS)),
    )
    const partOf = new Map(wanted.map((key, n) => [key, parts[Math.floor(n / MOST_KEYS)]] as const))
    for (const { keys, grant } of all) grant(together([...new Set(keys.flatMap((key) => partOf.get(key) ?? []))]))
  }
  return (keys) =>
    new Promise((grant) => {
      if (wishes.length === 0) queueMicrotask(readAll)
      wishes.push({ keys, grant })
    })
}

/** What is only half read would be read as half forgotten. */
async function together(parts: readonly Promise<Found>[]): Promise<Found> {
  const found = await Promise.all(parts)
  return found.includes(null) ? null : new Map(found.flatMap((part) => [...(part ?? [])]))
}

async function readPart(dynamo: Dynamo, table: string, keys: readonly string[]): Promise<Found> {
  const got = await dynamo.attempt('recall', () =>
    dynamo.client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: keys.map((key) => ({ key })), ConsistentRead: true } } }),
    ),
  )
  if (got.kind !== 'done' || isPartial(got.value)) return null
  return new Map((got.value.Responses?.[table] ?? []).map((item) => [String(item['key']), item]))
}

const isPartial = ({ UnprocessedKeys = {} }: BatchGetCommandOutput): boolean => Object.keys(UnprocessedKeys).length > 0
