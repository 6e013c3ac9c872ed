// What is written about an address or a domain on somebody's word instead of a server's: feedback, erasure, opting out.
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { ForgetJob, OptOutJob, RememberJob } from '@postern/shared/contract/lane-jobs.ts'
import { wireAddress } from '@postern/shared/contract/probe.ts'
import type { FeedbackFact } from '@postern/shared/verdict/evidence.ts'
import type { Store } from './evidence.ts'
import { CLOCK_SKEW_MS, feedbackName, KEEP_S, restOf } from './items.ts'

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
        Key: { key: keys.address(wireAddress(job)).current },
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
 * The whole item gives way to the mark, under every key that may still be read. That its mailbox is to be left alone for a
 * while stays: an erasure is no way to have somebody asked again and again.
 */
async function forget(options: MarkOptions, job: ForgetJob): Promise<boolean> {
  const { all } = options.keys.address(wireAddress(job))
  return (await Promise.all(all.map((key) => forgetUnder(options, key)))).every(Boolean)
}

async function forgetUnder({ dynamo, table, now }: MarkOptions, key: string): Promise<boolean> {
  const got = await dynamo.attempt('forget', () =>
    dynamo.client.send(new GetCommand({ TableName: table, Key: { key }, ConsistentRead: true })),
  )
  if (got.kind !== 'done') return false
  const erasedAt = now()
  const rest = restOf(got.value.Item ?? {}, erasedAt)
  const Item = { key, erasedAt, ...rest, expiresAt: Math.ceil(erasedAt / 1_000) + KEEP_S }
  const put = await dynamo.attempt('forget', () => dynamo.client.send(new PutCommand({ TableName: table, Item })))
  return put.kind === 'done'
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
