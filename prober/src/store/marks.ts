// What is written about an address or a domain on somebody's word instead of a server's: feedback, erasure, opting out.
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { ForgetJob, OptOutJob, RememberJob } from '@postern/shared/contract/lane-jobs.ts'
import { wireAddress } from '@postern/shared/contract/probe.ts'
import type { FeedbackFact } from '@postern/shared/verdict/evidence.ts'
import type { Store } from './evidence.ts'
import { CLOCK_SKEW_MS, feedbackName, type Item, KEEP_S, restOf } from './items.ts'

/** Each is idempotent, and false where the table could not be reached. */
export interface Marks {
  remember(job: RememberJob): Promise<boolean>
  forget(job: ForgetJob): Promise<boolean>
  optOut(job: OptOutJob): Promise<boolean>
}

export interface MarkOptions extends Store {
  readonly now: () => number
}

export function createMarks(options: MarkOptions): Marks {
  return {
    remember: (job) => remember(options, job),
    forget: (job) => forget(options, job),
    optOut: (job) => optOut(options, job),
  }
}

async function remember({ dynamo, keys, table, now }: MarkOptions, job: RememberJob): Promise<boolean> {
  const { outcome, reply, account } = job
  // Nobody learns of tomorrow's messages today.
  const observedAt = Math.min(job.observedAt, now() + CLOCK_SKEW_MS)
  // The instant comes first, so that of two texts the greater is the newer: that is what the condition compares.
  const fact: FeedbackFact = { observedAt, kind: 'feedback', outcome, reply, source: 'feedback' }
  const put = await dynamo.attempt('remember', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keys.marks(wireAddress(job)).current },
        UpdateExpression: 'SET #told = :told, expiresAt = :expires',
        ConditionExpression:
          '(attribute_not_exists(#told) OR #told <= :told) AND (attribute_not_exists(erasedAt) OR erasedAt < :at)',
        ExpressionAttributeNames: { '#told': feedbackName(account) },
        ExpressionAttributeValues: {
          ':told': JSON.stringify([fact]),
          ':at': observedAt,
          ':expires': Math.ceil(now() / 1_000) + KEEP_S,
        },
      }),
    ),
  )
  return put.kind !== 'unavailable'
}

/**
 * What was heard goes, and a mark stays in its place, under every key that may still be read. That the mailbox is to be left
 * alone for a while stays as well: an erasure is no way to have somebody asked again and again.
 */
async function forget(options: MarkOptions, job: ForgetJob): Promise<boolean> {
  const { keys, now } = options
  const wire = wireAddress(job)
  const [heard, marks] = [keys.address(wire).all, keys.marks(wire).all]
  const known = await Promise.all([...heard, ...marks].map((key) => read(options, key)))
  if (known.some((item) => item === null)) return false
  const erasedAt = now()
  const mark = {
    erasedAt,
    ...restOf(
      known.filter((item) => item !== null),
      erasedAt,
    ),
    expiresAt: Math.ceil(erasedAt / 1_000) + KEEP_S,
  }
  // The mark first: what is read between the two is erased already.
  const marked = await Promise.all(
    marks.map((key) => attempt(options, new PutCommand({ TableName: options.table, Item: { key, ...mark } }))),
  )
  const wiped = await Promise.all(
    heard.map((key) => attempt(options, new DeleteCommand({ TableName: options.table, Key: { key } }))),
  )
  return [...marked, ...wiped].every(Boolean)
}

async function read({ dynamo, table }: MarkOptions, key: string): Promise<Item | null> {
  const got = await dynamo.attempt('forget', () =>
    dynamo.client.send(new GetCommand({ TableName: table, Key: { key }, ConsistentRead: true })),
  )
  return got.kind === 'done' ? (got.value.Item ?? {}) : null
}

async function attempt({ dynamo }: MarkOptions, command: PutCommand | DeleteCommand): Promise<boolean> {
  const done = await dynamo.attempt('forget', () =>
    command instanceof PutCommand ? dynamo.client.send(command) : dynamo.client.send(command),
  )
  return done.kind === 'done'
}

/** An opt-out does not expire, so that its item has no time to live. */
async function optOut({ dynamo, keys, table, now }: MarkOptions, { domain, optedOut }: OptOutJob): Promise<boolean> {
  const { all, current } = keys.optOut(domain)
  const puts = (optedOut ? [current] : all).map((key) =>
    dynamo.attempt('opt out', () =>
      dynamo.client.send(new PutCommand({ TableName: table, Item: { key, optedOutAt: optedOut ? now() : 0 } })),
    ),
  )
  return (await Promise.all(puts)).every(({ kind }) => kind === 'done')
}
