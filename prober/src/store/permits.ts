// Permits and standing per destination and lane in DynamoDB: one item each, changed only by writers that saw its last version.
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
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
  /** Gives the slot back and says what came of the visit; see `settle`. */
  giveBack(destination: string, owner: string, outcome: Outcome): Promise<void>
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
const TRIES_TO_GIVE_BACK = 32
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
        failures: z.number(),
        openUntil: instant,
        pace: z.number(),
        pacedAt: instant,
        shuns: z.number(),
        shunnedUntil: instant,
        shunnedBy: z.array(z.tuple([instant, z.string()])),
      }),
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

/** An item as it was last seen; `fresh` where the table said so just now. */
interface Seen {
  readonly grants: Grants
  readonly version: number
  readonly fresh: boolean
}

const ABSENT: Seen = { grants: NO_GRANTS, version: 0, fresh: false }

interface Store extends PermitOptions {
  /** What this process saw last: a guess that mostly holds and saves a read, and costs nothing but that where it does not. */
  readonly known: Map<string, Seen>
  /** What is being given back, by destination and owner. */
  readonly leaving: Map<string, Promise<void>>
}

export function createPermits(options: PermitOptions): Permits {
  const store: Store = { ...options, known: new Map(), leaving: new Map() }
  return {
    take: async (destination, wanted, limits) => {
      // An owner's next slot would be given back with its last one.
      await store.leaving.get(`${destination} ${wanted.owner}`)
      return take(store, destination, { wanted, limits })
    },
    giveBack: (destination, owner, outcome) => {
      const key = `${destination} ${owner}`
      const left = giveBack(store, destination, { owner, outcome }).finally(() => store.leaving.delete(key))
      store.leaving.set(key, left)
      return left
    },
  }
}

async function take(
  store: Store,
  destination: string,
  { wanted, limits }: { wanted: Wanted; limits: Limits },
): Promise<Decision | { readonly kind: 'unavailable' }> {
  let seen = store.known.get(destination) ?? ABSENT
  for (let tries = 0; tries < TRIES; tries += 1) {
    const decision = grant(seen.grants, wanted, { limits, now: store.now() })
    if (decision.kind !== 'granted' && seen.fresh) return decision
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

async function giveBack(
  store: Store,
  destination: string,
  { owner, outcome }: { owner: string; outcome: Outcome },
): Promise<void> {
  let seen = store.known.get(destination) ?? ABSENT
  // What was learned is dated after this instant, however often it takes to be written down.
  const now = store.now()
  for (let tries = 0; tries < TRIES_TO_GIVE_BACK; tries += 1) {
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
  return got.kind === 'done' ? seenIn(item.safeParse(got.value.Item).data, store.now()) : 'unavailable'
}

function seenIn(found: z.infer<typeof item> | undefined, now: number): Seen {
  if (found === undefined) return { ...ABSENT, fresh: true }
  const grants = state.safeParse(found.state).data ?? NO_GRANTS
  const { writtenAt = now } = found
  const standing = now - writtenAt > FAILURES_MS ? { ...grants.standing, failures: 0, openUntil: 0 } : grants.standing
  return { grants: { ...grants, standing }, version: found.version, fresh: true }
}

async function save(
  store: Store,
  destination: string,
  { grants, version }: Pick<Seen, 'grants' | 'version'>,
): Promise<Seen | 'saved' | 'unavailable'> {
  const { dynamo, table, now, known } = store
  const written: Attempted<unknown> = await dynamo.attempt('write permits', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keyOf(store, destination) },
        UpdateExpression: 'SET #state = :state, version = :next, writtenAt = :now, expiresAt = :expires',
        ConditionExpression: version === 0 ? 'attribute_not_exists(version)' : 'version = :seen',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':state': JSON.stringify(grants),
          ...(version === 0 ? {} : { ':seen': version }),
          ':next': version + 1,
          ':now': now(),
          ':expires': Math.ceil(now() / 1_000) + KEEP_S,
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ),
  )
  if (written.kind === 'condition_failed') {
    known.delete(destination)
    return seenIn(wireItem.safeParse(written.item).data, now())
  }
  if (written.kind === 'unavailable') return 'unavailable'
  known.delete(destination)
  known.set(destination, { grants, version: version + 1, fresh: false })
  for (const oldest of known.keys()) {
    if (known.size <= MOST_DESTINATIONS) break
    known.delete(oldest)
  }
  return 'saved'
}

function keyOf({ lane }: PermitOptions, destination: string): string {
  return `p:${destination}:${lane}`
}
