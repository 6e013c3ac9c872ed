// What audits found of a lane, in DynamoDB: one item per lane, so that every process of it knows whether it is fit.
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Fitness } from '@postern/shared/contract/audit.ts'
import { z } from 'zod'
import { type Attempted, type Dynamo, readJson } from './dynamo.ts'
import { type Audited, audited, believed, fitnessOf, HOLDS_MS, merged, NEVER_AUDITED } from './fit.ts'

export interface FitnessStore {
  /** What is known now. Read once a minute at most; a table that does not answer knows nothing. Never rejects. */
  current(): Promise<Fitness>
  /** Adds what an audit found to what earlier ones did, and says what that amounts to, table or no table. Never rejects. */
  write(found: Audited): Promise<Fitness>
}

export interface FitnessOptions {
  readonly dynamo: Dynamo
  readonly table: string
  readonly lane: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const CACHE_MS = 60_000
/** Audits of one lane that meet are two, an hourly one and one that somebody asked for. */
const TRIES = 8
const KEEP_S = HOLDS_MS / 1_000

const item = z.object({ version: z.number(), state: z.unknown().optional() })
const state = z.string().transform(readJson).pipe(audited)

interface Cached {
  readonly found: Audited
  readonly readAt: number
}

export function createFitness(options: FitnessOptions): FitnessStore {
  let cached: Cached | null = null
  let reading: Promise<Fitness> | null = null
  const keep = (found: Audited) => {
    cached = { found, readAt: options.now() }
    return fitnessOf(found, cached.readAt)
  }
  const read = async (): Promise<Fitness> => {
    const loaded = await load(options)
    return loaded.kind === 'loaded' ? keep(loaded.found) : fitnessOf(NEVER_AUDITED, options.now())
  }
  return {
    current: async () => {
      if (cached !== null && isFresh(cached, options.now())) return fitnessOf(cached.found, options.now())
      // Jobs that come together wait for one look.
      reading ??= read().finally(() => {
        reading = null
      })
      return reading
    },
    write: async (found) => {
      const written = await add(options, found)
      return written.stored ? keep(written.found) : fitnessOf(written.found, options.now())
    },
  }
}

/** A clock that was set back would make what was read look fresh for as long as it went back. */
function isFresh({ readAt }: Cached, now: number): boolean {
  return now >= readAt && now - readAt < CACHE_MS
}

interface Loaded {
  readonly kind: 'loaded'
  readonly found: Audited
  readonly version: number
}

async function load({ dynamo, table, lane }: FitnessOptions): Promise<Loaded | { readonly kind: 'unavailable' }> {
  const got = await dynamo.attempt('read fitness', () =>
    dynamo.client.send(new GetCommand({ TableName: table, Key: { key: keyOf(lane) }, ConsistentRead: true })),
  )
  if (got.kind !== 'done') return { kind: 'unavailable' }
  const found = item.safeParse(got.value.Item).data
  if (found === undefined) return { kind: 'loaded', found: NEVER_AUDITED, version: 0 }
  return { kind: 'loaded', found: state.safeParse(found.state).data ?? NEVER_AUDITED, version: found.version }
}

async function add(options: FitnessOptions, own: Audited): Promise<{ found: Audited; stored: boolean }> {
  let found = own
  for (let tries = 0; tries < TRIES; tries += 1) {
    const loaded = await load(options)
    if (loaded.kind === 'unavailable') break
    const now = options.now()
    found = merged(believed(loaded.found, now), own)
    const saved = await save(options, { found, seen: loaded.version, now })
    if (saved.kind === 'done') return { found, stored: true }
    if (saved.kind === 'unavailable') break
  }
  return { found, stored: false }
}

interface Change {
  readonly found: Audited
  readonly seen: number
  readonly now: number
}

function save({ dynamo, table, lane }: FitnessOptions, { found, seen, now }: Change): Promise<Attempted<unknown>> {
  return dynamo.attempt('write fitness', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keyOf(lane) },
        UpdateExpression: 'SET #state = :state, version = :next, expiresAt = :expires',
        ConditionExpression: 'attribute_not_exists(version) OR version = :seen',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':state': JSON.stringify(found),
          ':seen': seen,
          ':next': seen + 1,
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
        },
      }),
    ),
  )
}

function keyOf(lane: string): string {
  return `u:${lane}`
}
