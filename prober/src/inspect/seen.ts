// What this lane saw of an exchange within a day, so that no report has it looked at twice; one item per exchange and lane.
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { type ExchangeInspection, exchangeInspection } from '@postern/shared/contract/inspection.ts'
import { DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { z } from 'zod'
import { type Attempted, type Dynamo, readJson } from '../store/dynamo.ts'
import { CLOCK_SKEW_MS } from '../store/items.ts'

/** Instants in milliseconds since the epoch; a claim that is neither kept nor given back is void at `until`. */
export interface Claim {
  readonly jobId: string
  readonly now: number
  readonly until: number
}

/** `claimed`: look now. `in_progress`: another job of this lane is looking. `unavailable`: the table did not answer. */
export type Claimed =
  | { readonly kind: 'claimed' | 'unavailable' }
  | { readonly kind: 'known'; readonly seen: ExchangeInspection }
  | { readonly kind: 'in_progress'; readonly until: number }

export interface SeenStore {
  claim(exchange: string, claim: Claim): Promise<Claimed>
  /** Keeps what the claimer saw for 24 hours; false where it could not be written. */
  remember(exchange: string, seen: { jobId: string; now: number; inspection: ExchangeInspection }): Promise<boolean>
  /** Gives a claim back under which nothing was seen. */
  release(exchange: string, jobId: string): Promise<boolean>
}

export interface SeenOptions {
  readonly dynamo: Dynamo
  readonly table: string
  readonly lane: string
}

/** DynamoDB refuses items of more than 400 KB. */
const MOST_OCTETS = 300_000
const KEEP_S = DAY_MS / 1_000

const record = z.string().transform(readJson).pipe(exchangeInspection)

export function createSeenStore(options: SeenOptions): SeenStore {
  return {
    claim: (exchange, claimed) => claim(options, exchange, claimed),
    remember: (exchange, seen) => remember(options, exchange, seen),
    release: (exchange, jobId) => release(options, exchange, jobId),
  }
}

// One instant serves both: the end of a claim as long as nothing was seen, the end of the day that a record is good for.
// The same job may come back: its first visit was cut off, and its claim is its own.
const FREE =
  'attribute_not_exists(#until) OR #until <= :now OR #until > :longest OR #until = :spoilt' +
  ' OR (#owner = :job AND attribute_not_exists(#record))'
const NAMES = { '#owner': 'owner', '#until': 'until', '#record': 'record' }

async function claim(options: SeenOptions, exchange: string, wanted: Claim): Promise<Claimed> {
  const first = await tryClaim(options, exchange, { ...wanted, spoiltUntil: 0 })
  if (first.kind !== 'condition_failed') return { kind: first.kind === 'done' ? 'claimed' : 'unavailable' }
  const found = foundIn(first.item)
  if (found.kind !== 'spoilt') return found
  // A record that nobody can read any more, such as one of an older release, is written over.
  const second = await tryClaim(options, exchange, { ...wanted, spoiltUntil: found.until })
  if (second.kind === 'condition_failed') return { kind: 'in_progress', until: wanted.until }
  return { kind: second.kind === 'done' ? 'claimed' : 'unavailable' }
}

function tryClaim(
  { dynamo, table, lane }: SeenOptions,
  exchange: string,
  { jobId, now, until, spoiltUntil }: Claim & { readonly spoiltUntil: number },
): Promise<Attempted<unknown>> {
  return dynamo.attempt('claim exchange', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keyOf(exchange, lane) },
        UpdateExpression: 'SET #owner = :job, #until = :until, expiresAt = :expires REMOVE #record',
        ConditionExpression: FREE,
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: {
          ':job': jobId,
          ':now': now,
          ':until': until,
          ':longest': now + DAY_MS + CLOCK_SKEW_MS,
          ':spoilt': spoiltUntil,
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ),
  )
}

type Found = Exclude<Claimed, { kind: 'claimed' | 'unavailable' }> | { readonly kind: 'spoilt'; readonly until: number }

// The document client hands the item of a failed condition over as the wire had it: {N: "…"}.
const wireItem = z.object({
  until: z.object({ N: z.coerce.number() }),
  record: z.object({ S: z.string() }).optional(),
})

function foundIn(item: unknown): Found {
  const { data } = wireItem.safeParse(item)
  if (data === undefined) return { kind: 'spoilt', until: 0 }
  const until = data.until.N
  if (data.record === undefined) return { kind: 'in_progress', until }
  const seen = record.safeParse(data.record.S)
  return seen.success ? { kind: 'known', seen: seen.data } : { kind: 'spoilt', until }
}

async function remember(
  { dynamo, table, lane }: SeenOptions,
  exchange: string,
  { jobId, now, inspection }: { jobId: string; now: number; inspection: ExchangeInspection },
): Promise<boolean> {
  const text = JSON.stringify(inspection)
  if (Buffer.byteLength(text) > MOST_OCTETS) return false
  const written = await dynamo.attempt('remember exchange', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keyOf(exchange, lane) },
        UpdateExpression: 'SET #record = :record, #until = :until, expiresAt = :expires',
        // Whoever took over a claim that had run out sees later, and keeps what it sees.
        ConditionExpression: '#owner = :job',
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: {
          ':job': jobId,
          ':record': text,
          ':until': now + DAY_MS,
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
        },
      }),
    ),
  )
  return written.kind !== 'unavailable'
}

async function release({ dynamo, table, lane }: SeenOptions, exchange: string, jobId: string): Promise<boolean> {
  const removed = await dynamo.attempt('release exchange', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keyOf(exchange, lane) },
        UpdateExpression: 'REMOVE #owner, #until',
        ConditionExpression: '#owner = :job AND attribute_not_exists(#record)',
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: { ':job': jobId },
      }),
    ),
  )
  return removed.kind !== 'unavailable'
}

/** Names compare without regard to ASCII case (RFC 4343). */
function keyOf(exchange: string, lane: string): string {
  return `i:${exchange.toLowerCase()}:${lane}`
}
