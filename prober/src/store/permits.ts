// Permits and breaker per destination and lane in DynamoDB: one item each, changed only by writers that saw its last version.
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { z } from 'zod'
import { type Attempted, type Dynamo, readJson } from './dynamo.ts'
import { type Decision, type Grants, grant, type Limits, NO_GRANTS, settle, type Wanted } from './grants.ts'

export interface Permits {
  /** `unavailable`: the table did not answer, and the caller decides for itself. */
  take(destination: string, wanted: Wanted, limits: Limits): Promise<Decision | { readonly kind: 'unavailable' }>
  /** Gives the slot back and tells the breaker; see `settle`. */
  giveBack(destination: string, owner: string, reached: boolean | null): Promise<void>
}

export interface PermitOptions {
  readonly dynamo: Dynamo
  readonly table: string
  readonly lane: string
  readonly now: () => number
}

/** With this many writers at one destination at once, the losers come back later instead. */
const TRIES = 8
const CONTENDED_RETRY_MS = 150
const KEEP_S = 3_600

const state = z
  .string()
  .transform(readJson)
  .pipe(
    z.object({
      granted: z.array(z.tuple([z.number(), z.number()])),
      slots: z.array(z.object({ owner: z.string(), until: z.number() })),
      failures: z.number(),
      openUntil: z.number(),
    }),
  )
const item = z.object({ version: z.number(), expiresAt: z.number(), state: z.unknown() })

export function createPermits(options: PermitOptions): Permits {
  return {
    take: (destination, wanted, limits) => take(options, destination, { wanted, limits }),
    giveBack: (destination, owner, reached) => giveBack(options, destination, { owner, reached }),
  }
}

async function take(
  options: PermitOptions,
  destination: string,
  { wanted, limits }: { wanted: Wanted; limits: Limits },
): Promise<Decision | { readonly kind: 'unavailable' }> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const read = await load(options, destination)
    if (read.kind === 'unavailable') return read
    const decision = grant(read.grants, wanted, { limits, now: options.now() })
    if (decision.kind !== 'granted') return decision
    const written = await save(options, destination, { grants: decision.grants, version: read.version })
    if (written.kind === 'done') return decision
    if (written.kind === 'unavailable') return written
  }
  return { kind: 'permit', retryAt: options.now() + CONTENDED_RETRY_MS }
}

async function giveBack(
  options: PermitOptions,
  destination: string,
  { owner, reached }: { owner: string; reached: boolean | null },
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const read = await load(options, destination)
    if (read.kind === 'unavailable') return
    const grants = settle(read.grants, owner, { reached, now: options.now() })
    const written = await save(options, destination, { grants, version: read.version })
    if (written.kind !== 'condition_failed') return
  }
}

interface Loaded {
  readonly kind: 'loaded'
  readonly grants: Grants
  readonly version: number
}

async function load(options: PermitOptions, destination: string): Promise<Loaded | { readonly kind: 'unavailable' }> {
  const { dynamo, table } = options
  const got = await dynamo.attempt('read permits', () =>
    dynamo.client.send(
      new GetCommand({ TableName: table, Key: { key: keyOf(options, destination) }, ConsistentRead: true }),
    ),
  )
  if (got.kind !== 'done') return { kind: 'unavailable' }
  const found = item.safeParse(got.value.Item).data
  if (found === undefined) return { kind: 'loaded', grants: NO_GRANTS, version: 0 }
  // TTL is a janitor that may be two days late, and failures of the day before yesterday are not "in a row" with today's.
  const grants = found.expiresAt * 1_000 > options.now() ? state.safeParse(found.state).data : undefined
  return { kind: 'loaded', grants: grants ?? NO_GRANTS, version: found.version }
}

function save(
  options: PermitOptions,
  destination: string,
  { grants, version }: { grants: Grants; version: number },
): Promise<Attempted<unknown>> {
  const { dynamo, table, now } = options
  return dynamo.attempt('write permits', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keyOf(options, destination) },
        UpdateExpression: 'SET #state = :state, version = :next, expiresAt = :expires',
        ConditionExpression: 'attribute_not_exists(version) OR version = :seen',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':state': JSON.stringify(grants),
          ':seen': version,
          ':next': version + 1,
          ':expires': Math.ceil(now() / 1_000) + KEEP_S,
        },
      }),
    ),
  )
}

function keyOf({ lane }: PermitOptions, destination: string): string {
  return `p:${destination}:${lane}`
}
