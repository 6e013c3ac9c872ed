// What DynamoDB remembers of addresses and of their domain: facts with their instants, never a verdict.
import { BatchGetCommand, type BatchGetCommandOutput } from '@aws-sdk/lib-dynamodb'
import type { Dynamo } from './dynamo.ts'
import { type AddressItem, addressItem, type DomainItem, domainItem, type Item } from './items.ts'
import type { Keys, TableKeys } from './keys.ts'
import { type Learned, learn } from './learn.ts'

export interface Asked {
  readonly domain: string
  /** Wire addresses, at that domain. */
  readonly wires: readonly string[]
  /** Pseudonym of the account that asks, or null. */
  readonly account: string | null
}

export interface Recalled {
  readonly available: boolean
  /** In the order of the wire addresses. */
  readonly addresses: readonly AddressItem[]
  readonly domain: DomainItem
}

export interface Evidence {
  /** One request for up to thirty addresses. */
  readonly recall: (asked: Asked, now: number) => Promise<Recalled>
  /** False where something could not be written. */
  readonly learn: (learned: Learned) => Promise<boolean>
}

export interface Store {
  readonly dynamo: Dynamo
  readonly keys: Keys
  readonly table: string
}

export function createEvidence(dynamo: Dynamo, keys: Keys, table: string): Evidence {
  const store = { dynamo, keys, table }
  return {
    recall: (asked, now) => recall(store, asked, now),
    learn: (learned) => learn(store, learned),
  }
}

/** DynamoDB's limit for one BatchGetItem. */
const MOST_KEYS = 100

async function recall({ dynamo, keys, table }: Store, asked: Asked, now: number): Promise<Recalled> {
  const [domain, optOut] = [keys.domain(asked.domain), keys.optOut(asked.domain)]
  const addresses = asked.wires.map((wire) => ({ heard: keys.address(wire), marks: keys.marks(wire) }))
  const wanted = [
    ...new Set([domain, optOut, ...addresses.flatMap(({ heard, marks }) => [heard, marks])].flatMap(({ all }) => all)),
  ]
  const items = new Map<string, Item>()
  for (let at = 0; at < wanted.length; at += MOST_KEYS) {
    const got = await dynamo.attempt('recall', () => read(dynamo, table, wanted.slice(at, at + MOST_KEYS)))
    // What is only half read would be read as half forgotten.
    if (got.kind !== 'done' || isPartial(got.value)) return unread(asked)
    for (const item of got.value.Responses?.[table] ?? []) items.set(String(item['key']), item)
  }
  const under = ({ all }: TableKeys) => all.map((key) => items.get(key)).filter((item) => item !== undefined)
  return {
    available: true,
    addresses: addresses.map(({ heard, marks }) =>
      addressItem(under(heard), under(marks), { now, account: asked.account }),
    ),
    domain: domainItem([...under(domain), ...under(optOut)], now),
  }
}

function read(dynamo: Dynamo, table: string, keys: readonly string[]): Promise<BatchGetCommandOutput> {
  return dynamo.client.send(
    new BatchGetCommand({ RequestItems: { [table]: { Keys: keys.map((key) => ({ key })), ConsistentRead: true } } }),
  )
}

const isPartial = ({ UnprocessedKeys = {} }: BatchGetCommandOutput): boolean => Object.keys(UnprocessedKeys).length > 0

function unread({ wires }: Asked): Recalled {
  const nothing = { now: 0, account: null }
  return { available: false, addresses: wires.map(() => addressItem([], [], nothing)), domain: domainItem([], 0) }
}
