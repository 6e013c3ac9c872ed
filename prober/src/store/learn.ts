// How what was heard is written down: newer over older, and never the other way.
import { BatchWriteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import type { Attempted } from './dynamo.ts'
import type { Store } from './evidence.ts'
import { CLOCK_SKEW_MS, KEEP_S } from './items.ts'
import type { Put, Settlement } from './permits.ts'

export interface LearnedAddress {
  readonly wire: string
  readonly facts: readonly ProbeFact[]
  readonly attempts: readonly number[]
}

export interface Learned {
  readonly domain: string
  /** When the inquiry began: what was erased after that stays erased. */
  readonly since: number
  readonly now: number
  readonly addresses: readonly LearnedAddress[]
  readonly domainFacts: readonly ReplyFact[]
  /** All instants of the last hour at which a recipient was refused; null where none was added. */
  readonly refused: readonly number[] | null
  /** What came of the visits, for their destinations. */
  readonly settlements: readonly Settlement[]
}

/** DynamoDB's limit for one BatchWriteItem. */
const MOST_WRITES = 25
/** What is written later than this after it was heard looks before it writes; a list's first sessions are over for a while. */
const LATE_MS = 5_000
const LATE_IN_LIST_MS = 30_000

export async function learn(store: Store, learned: Learned): Promise<boolean> {
  // An acceptance without its control would stand for a week: who is cut off between the two leaves the control behind.
  const isControlled = learned.domainFacts.length > 0 ? await learnDomain(store, learned) : null
  const written = await Promise.all([learnAddresses(store, learned), isControlled ?? learnDomain(store, learned)])
  return written.every(Boolean)
}

/** From this many on, addresses are written together, without looking whether somebody else was quicker by a moment. */
const TOGETHER = 4

/**
 * Whoever has held the only connection to a destination until now has had the addresses for themselves: all is put down in
 * one request. Everything else looks before it writes, but for the many of a list.
 */
async function learnAddresses(store: Store, learned: Learned): Promise<boolean> {
  const { addresses, settlements, now } = learned
  const lateMs = addresses.length >= TOGETHER ? LATE_IN_LIST_MS : LATE_MS
  const isLate = addresses.some(({ facts }) => facts.some((fact) => now - fact.observedAt > lateMs))
  const puts = settlements.flatMap(({ put }) => put ?? [])
  const alone = settlements.length > 0 && puts.length === settlements.length
  const isPlain = addresses.length > 0 && !isLate && (alone || addresses.length >= TOGETHER)
  if (isPlain && (await putAll(store, learned, alone ? puts : []))) {
    await Promise.all(settlements.map(async (settlement) => (alone ? settlement.written() : settlement.write())))
    return true
  }
  const each = addresses.map((one) => learnAddress(store, learned, one))
  const [written] = await Promise.all([Promise.all(each), ...settlements.map((settlement) => settlement.write())])
  return written.every(Boolean)
}

async function putAll(store: Store, learned: Learned, settled: readonly Put[]): Promise<boolean> {
  const puts = [
    ...settled,
    ...learned.addresses.map((one) => ({ table: store.table, item: itemOf(store, learned, one) })),
  ]
  const chunks = Array.from({ length: Math.ceil(puts.length / MOST_WRITES) }, (_, n) =>
    puts.slice(n * MOST_WRITES, (n + 1) * MOST_WRITES),
  )
  return (await Promise.all(chunks.map((chunk) => putChunk(store, chunk)))).every(Boolean)
}

async function putChunk({ dynamo }: Store, puts: readonly Put[]): Promise<boolean> {
  const tables = [...new Set(puts.map(({ table }) => table))]
  const requests = tables.map((table) => [
    table,
    puts.filter((one) => one.table === table).map(({ item }) => ({ PutRequest: { Item: item } })),
  ])
  const put = await dynamo.attempt('learn addresses', () =>
    dynamo.client.send(new BatchWriteCommand({ RequestItems: Object.fromEntries(requests) })),
  )
  return put.kind === 'done' && Object.keys(put.value.UnprocessedItems ?? {}).length === 0
}

function itemOf({ keys }: Store, { now, since }: Learned, { wire, facts, attempts }: LearnedAddress) {
  return {
    key: keys.address(wire).current,
    facts: JSON.stringify(facts),
    since,
    observedAt: now,
    attempts,
    expiresAt: Math.ceil(now / 1_000) + KEEP_S,
  }
}

async function learnAddress(store: Store, learned: Learned, one: LearnedAddress): Promise<boolean> {
  const { dynamo, table } = store
  const item = itemOf(store, learned, one)
  const put = await dynamo.attempt('learn address', () =>
    dynamo.client.send(
      new PutCommand({
        TableName: table,
        Item: item,
        // A report that comes late never overwrites what was learned after it.
        ConditionExpression: 'attribute_not_exists(observedAt) OR observedAt <= :now OR observedAt > :ahead',
        ExpressionAttributeValues: { ':now': item.observedAt, ':ahead': item.observedAt + CLOCK_SKEW_MS },
      }),
    ),
  )
  return put.kind !== 'unavailable'
}

function attributeNames(fact: ReplyFact): string[] {
  const accepted = fact.reply.code < 300
  if (fact.to !== 'stranger') return accepted ? [`y#${fact.exchange}`] : []
  return accepted ? [`s#${fact.exchange}`, `c#${fact.exchange}`] : [`s#${fact.exchange}`]
}

/** The instant comes first, so that of two texts the greater is the newer: that is what the condition compares. */
const DATED = '[{"observedAt":'

function sortable({ observedAt, ...fact }: ReplyFact): string {
  return JSON.stringify([{ observedAt, ...fact }])
}

type Entry = readonly [name: string, text: string]

async function learnDomain(store: Store, learned: Learned): Promise<boolean> {
  const inOrder = learned.domainFacts.toSorted((one, other) => one.observedAt - other.observedAt)
  const entries = new Map(inOrder.flatMap((fact) => attributeNames(fact).map((name): Entry => [name, sortable(fact)])))
  if (entries.size === 0 && learned.refused === null) return true
  const put = await putDomain(store, learned, [...entries])
  if (put !== 'condition_failed') return put === 'done'
  // One of them is known by a newer answer: the rest is worth keeping all the same, and so is that somebody was refused.
  const parts = [...(learned.refused === null ? [] : [[]]), ...[...entries].map((entry) => [entry])]
  const each = await Promise.all(parts.map((part) => putDomain(store, learned, part)))
  return each.every((one) => one !== 'unavailable')
}

async function putDomain(
  { dynamo, keys, table }: Store,
  { domain, now, refused }: Learned,
  entries: readonly Entry[],
): Promise<Attempted<unknown>['kind']> {
  const condition = entries.map((_, n) => `(attribute_not_exists(#n${n}) OR #n${n} <= :v${n} OR #n${n} > :ahead)`)
  const sets = [
    'expiresAt = :expires',
    ...(refused === null ? [] : ['refused = :refused']),
    ...entries.map((_, n) => `#n${n} = :v${n}`),
  ]
  const put = await dynamo.attempt('learn domain', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keys.domain(domain).current },
        UpdateExpression: `SET ${sets.join(', ')}`,
        ...(entries.length === 0
          ? {}
          : {
              ConditionExpression: condition.join(' AND '),
              ExpressionAttributeNames: Object.fromEntries(entries.map(([name], n) => [`#n${n}`, name])),
            }),
        ExpressionAttributeValues: {
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
          ...(refused === null ? {} : { ':refused': refused }),
          ...(entries.length === 0 ? {} : { ':ahead': DATED + String(now + CLOCK_SKEW_MS) }),
          ...Object.fromEntries(entries.map(([, text], n) => [`:v${n}`, text])),
        },
      }),
    ),
  )
  return put.kind
}
