// How what was heard is written down: newer over older, never the other way, and never over an erasure that came in between.
import { BatchGetCommand, BatchWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import type { Attempted } from './dynamo.ts'
import type { Store } from './evidence.ts'
import { CLOCK_SKEW_MS, isShared, KEEP_S } from './items.ts'

export interface LearnedAddress {
  readonly wire: string
  readonly facts: readonly ProbeFact[]
  readonly attempts: readonly number[]
  /** See `AddressItem`. */
  readonly isShared: boolean
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
}

/** From this many on, addresses are written together, without looking whether somebody else was quicker by a moment. */
const TOGETHER = 4
/** DynamoDB's limit for one BatchWriteItem. */
const MOST_WRITES = 25
/** What is written later than this after it was heard looks before it writes, however many they are. */
const LATE_MS = 5_000

export async function learn(store: Store, learned: Learned): Promise<boolean> {
  const isLate = learned.addresses.some(({ facts }) => facts.some((fact) => learned.now - fact.observedAt > LATE_MS))
  const together = learned.addresses.length >= TOGETHER && !isLate
  const written = await Promise.all([
    ...(together ? [learnTogether(store, learned)] : learned.addresses.map((one) => learnAddress(store, learned, one))),
    learnDomain(store, learned),
  ])
  return written.every(Boolean)
}

/** Nobody else asks at this destination meanwhile, but somebody may have been erased since: that is looked up once more. */
async function learnTogether(store: Store, learned: Learned): Promise<boolean> {
  const marked = await markedOf(store, learned.addresses)
  const needsCare = (one: LearnedAddress) => one.isShared || (marked?.has(one.wire) ?? true)
  const alone = learned.addresses.filter(needsCare)
  const plain = learned.addresses.filter((one) => !needsCare(one))
  const chunks = Array.from({ length: Math.ceil(plain.length / MOST_WRITES) }, (_, n) =>
    plain.slice(n * MOST_WRITES, (n + 1) * MOST_WRITES),
  )
  const written = await Promise.all([
    ...alone.map((one) => learnAddress(store, learned, one)),
    ...chunks.map((chunk) => putAll(store, learned, chunk)),
  ])
  return written.every(Boolean)
}

/** Wire addresses whose items a plain write would spoil; null where that cannot be told. */
async function markedOf(
  { dynamo, keys, table }: Store,
  addresses: readonly LearnedAddress[],
): Promise<ReadonlySet<string> | null> {
  const wireOf = new Map(addresses.map(({ wire }) => [keys.address(wire).current, wire]))
  const Keys = [...wireOf.keys()].map((key) => ({ key }))
  const got = await dynamo.attempt('look again', () =>
    dynamo.client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } })),
  )
  if (got.kind !== 'done' || Object.keys(got.value.UnprocessedKeys ?? {}).length > 0) return null
  const items = (got.value.Responses?.[table] ?? []).filter(isShared)
  return new Set(items.map(({ key }) => wireOf.get(String(key)) ?? ''))
}

async function putAll(
  { dynamo, keys, table }: Store,
  { now }: Learned,
  addresses: readonly LearnedAddress[],
): Promise<boolean> {
  const puts = addresses.map(({ wire, facts, attempts }) => ({
    PutRequest: {
      Item: {
        key: keys.address(wire).current,
        facts: JSON.stringify(facts),
        observedAt: now,
        attempts,
        expiresAt: Math.ceil(now / 1_000) + KEEP_S,
      },
    },
  }))
  const put = await dynamo.attempt('learn addresses', () =>
    dynamo.client.send(new BatchWriteCommand({ RequestItems: { [table]: puts } })),
  )
  return put.kind === 'done' && Object.keys(put.value.UnprocessedItems ?? {}).length === 0
}

async function learnAddress(
  { dynamo, keys, table }: Store,
  { now, since }: Learned,
  { wire, facts, attempts }: LearnedAddress,
): Promise<boolean> {
  const put = await dynamo.attempt('learn address', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keys.address(wire).current },
        UpdateExpression: 'SET facts = :facts, observedAt = :now, attempts = :attempts, expiresAt = :expires',
        // A report that comes late never overwrites what was learned, or erased, after it.
        ConditionExpression:
          '(attribute_not_exists(observedAt) OR observedAt <= :now OR observedAt > :ahead)' +
          ' AND (attribute_not_exists(erasedAt) OR erasedAt < :since OR erasedAt > :ahead)',
        ExpressionAttributeValues: {
          ':facts': JSON.stringify(facts),
          ':now': now,
          ':since': since,
          ':ahead': now + CLOCK_SKEW_MS,
          ':attempts': attempts,
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
        },
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
