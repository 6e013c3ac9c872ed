// What DynamoDB remembers of addresses and of their domain: facts with their instants, never a verdict.
import type { Dynamo } from './dynamo.ts'
import { type AddressItem, addressItem, type DomainItem, domainItem } from './items.ts'
import type { Keys, TableKeys } from './keys.ts'
import { type Learned, learn } from './learn.ts'
import { createReader, type Read } from './reader.ts'

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
  /** Forty-nine addresses a request; what is asked for in the same moment is read together. */
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
  const read = createReader(dynamo, table)
  return {
    recall: (asked, now) => recall(keys, asked, { read, now }),
    learn: (learned) => learn(store, learned),
  }
}

async function recall(keys: Keys, asked: Asked, { read, now }: { read: Read; now: number }): Promise<Recalled> {
  const [domain, optOut] = [keys.domain(asked.domain), keys.optOut(asked.domain)]
  const addresses = asked.wires.map((wire) => ({ heard: keys.address(wire), marks: keys.marks(wire) }))
  const wanted = [domain, optOut, ...addresses.flatMap(({ heard, marks }) => [heard, marks])]
  const items = await read(wanted.flatMap(({ all }) => all))
  if (items === null) return unread(asked)
  const under = ({ all }: TableKeys) => all.map((key) => items.get(key)).filter((item) => item !== undefined)
  return {
    available: true,
    addresses: addresses.map(({ heard, marks }) =>
      addressItem(under(heard), under(marks), { now, account: asked.account }),
    ),
    domain: domainItem([...under(domain), ...under(optOut)], now),
  }
}

function unread({ wires }: Asked): Recalled {
  const nothing = { now: 0, account: null }
  return { available: false, addresses: wires.map(() => addressItem([], [], nothing)), domain: domainItem([], 0) }
}
