// What DynamoDB remembers of an address and of its domain: facts with their instants, never a verdict.
import { BatchGetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { probeFact } from '@postern/shared/contract/probe.ts'
import type { ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import { CONTROL_MS, DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { z } from 'zod'
import { type Attempted, type Dynamo, readJson } from './dynamo.ts'
import type { Keys } from './keys.ts'

export interface Recalled {
  readonly available: boolean
  /** The address's own replies and faults, from the last inquiry. */
  readonly mailbox: readonly ProbeFact[]
  /** Strangers' answers and acceptances of others, per exchange, not older than seven days. */
  readonly domain: readonly ReplyFact[]
  /** Instants of the RCPTs of the last 24 h that got no answer about the mailbox. */
  readonly attempts: readonly number[]
}

export interface Subject {
  readonly wire: string
  readonly domain: string
}

export interface Claim extends Subject {
  readonly jobId: string
  readonly now: number
  readonly until: number
}

export interface Learned extends Subject {
  readonly now: number
  readonly mailboxFacts: readonly ProbeFact[]
  readonly domainFacts: readonly ReplyFact[]
  readonly attempts: readonly number[]
}

/** `held` carries the instant at which the other job's claim ends at the latest. */
export type Claimed = { readonly kind: 'claimed' | 'unavailable' } | { readonly kind: 'held'; readonly until: number }

export interface Evidence {
  recall(subject: Subject, now: number): Promise<Recalled>
  claim(claim: Claim): Promise<Claimed>
  release(subject: Subject, jobId: string): Promise<boolean>
  /** False where it could not be written. */
  learn(learned: Learned): Promise<boolean>
}

const NOTHING = { mailbox: [], domain: [], attempts: [] }
const KEEP_S = (30 * DAY_MS) / 1_000
const factsText = z.string().transform(readJson).pipe(z.array(probeFact))

export function createEvidence(dynamo: Dynamo, keys: Keys, table: string): Evidence {
  return {
    recall: (subject, now) => recall({ dynamo, keys, table }, subject, now),
    claim: (claimed) => claim({ dynamo, keys, table }, claimed),
    release: (subject, jobId) => release({ dynamo, keys, table }, subject, jobId),
    learn: (learned) => learn({ dynamo, keys, table }, learned),
  }
}

interface Store {
  readonly dynamo: Dynamo
  readonly keys: Keys
  readonly table: string
}

async function recall({ dynamo, keys, table }: Store, subject: Subject, now: number): Promise<Recalled> {
  const [addressKey, domainKey] = [keys.address(subject.wire), keys.domain(subject.domain)]
  const got = await dynamo.attempt('recall', () =>
    dynamo.client.send(
      new BatchGetCommand({
        RequestItems: { [table]: { Keys: [{ key: addressKey }, { key: domainKey }], ConsistentRead: true } },
      }),
    ),
  )
  if (got.kind !== 'done') return { available: false, ...NOTHING }
  const items = got.value.Responses?.[table] ?? []
  const address = items.find((item) => item['key'] === addressKey) ?? {}
  const domain = items.find((item) => item['key'] === domainKey) ?? {}
  return {
    available: true,
    mailbox: isExpired(address, now) ? [] : factsOf(address['facts']),
    domain: domainFacts(domain, now),
    attempts: attemptsOf(address['attempts'], now),
  }
}

/** TTL is a janitor that may be two days late: every read compares for itself. */
function isExpired(item: Record<string, unknown>, now: number): boolean {
  return typeof item['expiresAt'] === 'number' && item['expiresAt'] * 1_000 <= now
}

function factsOf(value: unknown): ProbeFact[] {
  const parsed = factsText.safeParse(value)
  return parsed.success ? parsed.data : []
}

function domainFacts(item: Record<string, unknown>, now: number): ReplyFact[] {
  return Object.entries(item)
    .filter(([name]) => DOMAIN_ATTRIBUTE.test(name))
    .flatMap(([, value]) => factsOf(value))
    .filter((fact): fact is ReplyFact => fact.kind === 'reply')
    .filter((fact) => now - fact.observedAt < CONTROL_MS)
}

function attemptsOf(value: unknown, now: number): number[] {
  const numbers = Array.isArray(value) ? value.filter((one): one is number => typeof one === 'number') : []
  return numbers.filter((at) => now - at < DAY_MS)
}

async function claim({ dynamo, keys, table }: Store, { wire, jobId, now, until }: Claim): Promise<Claimed> {
  const set = await dynamo.attempt('claim', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keys.address(wire) },
        UpdateExpression: 'SET claimJob = :job, claimUntil = :until, expiresAt = if_not_exists(expiresAt, :expires)',
        // The same job may come back: its first visit was cut off, and its claim is its own.
        ConditionExpression: 'attribute_not_exists(claimJob) OR claimJob = :job OR claimUntil <= :now',
        ExpressionAttributeValues: {
          ':job': jobId,
          ':until': until,
          ':now': now,
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ),
  )
  if (set.kind !== 'condition_failed') return { kind: set.kind === 'done' ? 'claimed' : 'unavailable' }
  return { kind: 'held', until: claimUntil(set.item, until) }
}

function claimUntil(item: Readonly<Record<string, unknown>> | null, fallback: number): number {
  const value: unknown = item?.['claimUntil']
  if (typeof value === 'number') return value
  // The document client hands the item of a failed condition over as the wire had it: {N: "…"}.
  if (typeof value === 'object' && value !== null && 'N' in value) return Number(value.N)
  return fallback
}

async function release({ dynamo, keys, table }: Store, { wire }: Subject, jobId: string): Promise<boolean> {
  const removed = await dynamo.attempt('release', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keys.address(wire) },
        UpdateExpression: 'REMOVE claimJob, claimUntil',
        ConditionExpression: 'claimJob = :job',
        ExpressionAttributeValues: { ':job': jobId },
      }),
    ),
  )
  return removed.kind !== 'unavailable'
}

async function learn(store: Store, learned: Learned): Promise<boolean> {
  const written = await Promise.all([learnAddress(store, learned), learnDomain(store, learned)])
  return written.every(Boolean)
}

async function learnAddress({ dynamo, keys, table }: Store, learned: Learned): Promise<boolean> {
  const expires = Math.ceil(learned.now / 1_000) + KEEP_S
  const put = await dynamo.attempt('learn address', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keys.address(learned.wire) },
        UpdateExpression:
          'SET facts = :facts, observedAt = :now, attempts = :attempts, expiresAt = :expires REMOVE claimJob, claimUntil',
        // A report that comes late never overwrites what was learned after it.
        ConditionExpression: 'attribute_not_exists(observedAt) OR observedAt <= :now',
        ExpressionAttributeValues: {
          ':facts': JSON.stringify(learned.mailboxFacts),
          ':now': learned.now,
          ':attempts': learned.attempts,
          ':expires': expires,
        },
      }),
    ),
  )
  return put.kind !== 'unavailable'
}

// s: the stranger's last answer; c: the last time a stranger was accepted; y: the last time somebody was.
const DOMAIN_ATTRIBUTE = /^[scy]#/

function attributeNames(fact: ReplyFact): string[] {
  const accepted = fact.reply.code < 300
  if (fact.to !== 'stranger') return accepted ? [`y#${fact.exchange}`] : []
  return accepted ? [`s#${fact.exchange}`, `c#${fact.exchange}`] : [`s#${fact.exchange}`]
}

/** The instant comes first, so that of two texts the greater is the newer: that is what the condition compares. */
function sortable({ observedAt, ...fact }: ReplyFact): string {
  return JSON.stringify([{ observedAt, ...fact }])
}

async function learnDomain(store: Store, learned: Learned): Promise<boolean> {
  const inOrder = learned.domainFacts.toSorted((one, other) => one.observedAt - other.observedAt)
  const entries = new Map(
    inOrder.flatMap((fact) => attributeNames(fact).map((name) => [name, sortable(fact)] as const)),
  )
  if (entries.size === 0) return true
  const put = await putDomain(store, learned, [...entries])
  if (put !== 'condition_failed') return put === 'done'
  // One of them is known by a newer answer: the rest is worth keeping all the same.
  const each = await Promise.all([...entries].map((entry) => putDomain(store, learned, [entry])))
  return each.every((one) => one !== 'unavailable')
}

async function putDomain(
  { dynamo, keys, table }: Store,
  { domain, now }: Learned,
  entries: readonly (readonly [name: string, text: string])[],
): Promise<Attempted<unknown>['kind']> {
  const put = await dynamo.attempt('learn domain', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keys.domain(domain) },
        UpdateExpression: `SET expiresAt = :expires, ${entries.map((_, n) => `#n${n} = :v${n}`).join(', ')}`,
        ConditionExpression: entries.map((_, n) => `(attribute_not_exists(#n${n}) OR #n${n} <= :v${n})`).join(' AND '),
        ExpressionAttributeNames: Object.fromEntries(entries.map(([name], n) => [`#n${n}`, name])),
        ExpressionAttributeValues: {
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
          ...Object.fromEntries(entries.map(([, text], n) => [`:v${n}`, text])),
        },
      }),
    ),
  )
  return put.kind
}
