// Permits and standing per destination and lane in DynamoDB: one item each, changed only by writers that saw its last version.
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { z } from 'zod'
import { type Attempted, type Dynamo, readJson } from './dynamo.ts'
import {
  type Decision,
  type Grants,
  grant,
  type Limits,
  NO_GRANTS,
  type Outcome,
  settle,
  type Wanted,
} from './grants.ts'

export interface Permits {
  /** `unavailable`: the table did not answer, and the caller decides for itself. */
  take(destination: string, wanted: Wanted, limits: Limits): Promise<Decision | { readonly kind: 'unavailable' }>
  /** What came of a visit, to be written down beside what was heard or by itself; see `settle`. `alone`: one connection is allowed. */
  settle(destination: string, owner: string, visit: { readonly outcome: Outcome; readonly alone: boolean }): Settlement
}

export interface Put {
  readonly table: string
  readonly item: Readonly<Record<string, unknown>>
}

export interface Settlement {
  /** The destination's item as it will be, where nobody else can have written it meanwhile; else null. */
  readonly put: Put | null
  /** Says that `put` was put. */
  written(): void
  /** Writes it by itself, whoever else has written meanwhile. Never rejects. */
  write(): Promise<void>
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
/** Nobody comes back to say what was heard: a slot that is not given back bars others until it is void. */
const TRIES_TO_SETTLE = 32
/** Three days: refusals of us double over more than one. */
const KEEP_S = 3 * 24 * 3_600
/** Failures of an hour ago are not "in a row" with now's. */
const FAILURES_MS = 3_600_000
const MOST_DESTINATIONS = 500

const instant = z.number()
const state = z
  .string()
  .transform(readJson)
  .pipe(
    z.object({
      granted: z.array(z.tuple([instant, z.number()])),
      slots: z.array(
        z.object({ owner: z.string(), about: z.array(z.string()), until: instant, refusable: z.number() }),
      ),
      visits: z.array(z.tuple([instant, z.string(), z.array(z.string())])),
      refused: z.array(instant),
      standing: z.object({
        pace: z.number(),
        pacedAt: instant,
        shuns: z.number(),
        shunnedUntil: instant,
        shunnedBy: z.array(z.tuple([instant, z.string()])),
      }),
      breakers: z.array(z.object({ address: z.string(), failures: z.number(), openUntil: instant })),
      manners: z.array(
        z.object({ address: z.string(), at: instant, early: z.array(z.string()).nullable(), stalls: z.boolean() }),
      ),
    }),
  )
const item = z.object({ version: z.number(), writtenAt: instant.optional(), state: z.unknown().optional() })
/** The document client hands the item of a failed condition over as the wire has it. */
const wireItem = z
  .object({
    version: z.object({ N: z.coerce.number() }),
    writtenAt: z.object({ N: z.coerce.number() }).optional(),
    state: z.object({ S: z.string() }).optional(),
  })
  .transform(({ version, writtenAt, state: text }) => ({
    version: version.N,
    writtenAt: writtenAt?.N,
    state: text?.S,
  }))

/** An item as it was last seen, and when; `fresh` where the table said so to whoever asks. */
interface Seen {
  readonly grants: Grants
  readonly version: number
  readonly fresh: boolean
  readonly at: number
}

const ABSENT: Seen = { grants: NO_GRANTS, version: 0, fresh: false, at: 0 }
/** What bars a destination for minutes is believed this long without a look, in milliseconds. */
const BELIEVED_MS = 1_000

interface Store extends PermitOptions {
  /** What this process saw last: a guess that mostly holds and saves a read, and costs nothing but that where it does not. */
  readonly known: Map<string, Seen>
}

export function createPermits(options: PermitOptions): Permits {
  const store = { ...options, known: new Map<string, Seen>() }
  return {
    take: (destination, wanted, limits) => take(store, destination, { wanted, limits }),
    settle: (destination, owner, visit) => settlementOf(store, destination, { owner, ...visit }),
  }
}

async function take(
  store: Store,
  destination: string,
  { wanted, limits }: { wanted: Wanted; limits: Limits },
): Promise<Decision | { readonly kind: 'unavailable' }> {
  let seen = store.known.get(destination) ?? ABSENT
  for (let tries = 0; tries < TRIES && (tries === 0 || store.now() < wanted.until); tries += 1) {
    const decision = grant(seen.grants, wanted, { limits, now: store.now() })
    if (decision.kind !== 'granted' && (seen.fresh || bars(decision, seen, store.now()))) return decision
    const next =
      decision.kind === 'granted'
        ? await save(store, destination, { grants: decision.grants, version: seen.version })
        : await load(store, destination)
    if (next === 'saved') return decision
    if (next === 'unavailable') return { kind: 'unavailable' }
    seen = next
  }
  return { kind: 'permit', retryAt: store.now() + CONTENDED_RETRY_MS }
}

function bars({ kind }: Decision, { at }: Seen, now: number): boolean {
  return (kind === 'breaker_open' || kind === 'shunned') && at <= now && now - at < BELIEVED_MS
}

interface Visit {
  readonly owner: string
  readonly outcome: Outcome
  readonly alone: boolean
}

function settlementOf(store: Store, destination: string, { owner, outcome, alone }: Visit): Settlement {
  // What was learned is dated after this instant, however often it takes to be written down.
  const now = store.now()
  const seen = store.known.get(destination)
  const holds =
    seen?.grants.slots.length === 1 && seen.grants.slots.some((slot) => slot.owner === owner && slot.until > now)
  const next =
    seen === undefined || !alone || !holds ? null : { ...seen, grants: settle(seen.grants, owner, { outcome, now }) }
  return {
    put: next === null ? null : { table: store.table, item: itemOf(store, destination, next) },
    written: () => {
      if (next !== null) keepKnown(store, destination, { ...next, version: next.version + 1 })
    },
    write: () => writeSettled(store, destination, { owner, outcome, now }),
  }
}

async function writeSettled(
  store: Store,
  destination: string,
  { owner, outcome, now }: { owner: string; outcome: Outcome; now: number },
): Promise<void> {
  let seen = store.known.get(destination) ?? ABSENT
  for (let tries = 0; tries < TRIES_TO_SETTLE; tries += 1) {
    const grants = settle(seen.grants, owner, { outcome, now })
    const next = await save(store, destination, { grants, version: seen.version })
    if (next === 'saved' || next === 'unavailable') return
    seen = next
  }
}

async function load(store: Store, destination: string): Promise<Seen | 'unavailable'> {
  const { dynamo, table } = store
  const got = await dynamo.attempt('read permits', () =>
    dynamo.client.send(
      new GetCommand({ TableName: table, Key: { key: keyOf(store, destination) }, ConsistentRead: true }),
    ),
  )
  if (got.kind !== 'done') return 'unavailable'
  const seen = seenIn(item.safeParse(got.value.Item).data, store.now())
  keepKnown(store, destination, seen)
  return seen
}

function seenIn(found: z.infer<typeof item> | undefined, now: number): Seen {
  if (found === undefined) return { ...ABSENT, fresh: true, at: now }
  const grants = state.safeParse(found.state).data ?? NO_GRANTS
  const { writtenAt = now } = found
  const breakers = now - writtenAt > FAILURES_MS ? [] : grants.breakers
  return { grants: { ...grants, breakers }, version: found.version, fresh: true, at: now }
}

async function save(
  store: Store,
  destination: string,
  { grants, version }: Pick<Seen, 'grants' | 'version'>,
): Promise<Seen | 'saved' | 'unavailable'> {
  const { dynamo, table, now, known } = store
  const written: Attempted<unknown> = await dynamo.attempt('write permits', () =>
    dynamo.client.send(
      new PutCommand({
        TableName: table,
        Item: itemOf(store, destination, { grants, version }),
        ...(version === 0
          ? { ConditionExpression: 'attribute_not_exists(version)' }
          : { ConditionExpression: 'version = :seen', ExpressionAttributeValues: { ':seen': version } }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ),
  )
  known.delete(destination)
  if (written.kind === 'condition_failed') {
    const seen = seenIn(wireItem.safeParse(written.item).data, now())
    keepKnown(store, destination, seen)
    return seen
  }
  if (written.kind === 'unavailable') return 'unavailable'
  keepKnown(store, destination, { grants, version: version + 1 })
  return 'saved'
}

function itemOf(store: Store, destination: string, { grants, version }: Pick<Seen, 'grants' | 'version'>) {
  const now = store.now()
  return {
    key: keyOf(store, destination),
    state: JSON.stringify(grants),
    version: version + 1,
    writtenAt: now,
    expiresAt: Math.ceil(now / 1_000) + KEEP_S,
  }
}

function keepKnown(
  { known, now }: Store,
  destination: string,
  { grants, version }: Pick<Seen, 'grants' | 'version'>,
): void {
  known.delete(destination)
  known.set(destination, { grants, version, fresh: false, at: now() })
  for (const oldest of known.keys()) {
    if (known.size <= MOST_DESTINATIONS) break
    known.delete(oldest)
  }
}

function keyOf({ lane }: PermitOptions, destination: string): string {
  return `p:${destination}:${lane}`
}
