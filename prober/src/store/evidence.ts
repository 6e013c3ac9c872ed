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
  /** When the item was last learned, as its version; null where nothing was. */
  readonly learnedAt: number | null
  /** Strangers' answers and acceptances of others, per exchange, not older than fourteen days: a 250 is compared with its own week. */
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
  /** `learnedAt` of what the claimer recalled; absent where it could not recall. */
  readonly seen?: number | null
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

const NOTHING = { mailbox: [], learnedAt: null, domain: [], attempts: [] }
const KEEP_S = (30 * DAY_MS) / 1_000
/** Machines agree on the time within this span: what is dated later comes from a clock that ran ahead, and protects nothing. */
export const CLOCK_SKEW_MS = 60_000
/** No job's budget is longer, grace and skew included. */
const LONGEST_CLAIM_MS = 60_000 + 2 * CLOCK_SKEW_MS
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
    learnedAt: typeof address['observedAt'] === 'number' ? address['observedAt'] : null,
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
    .filter((fact) => now - fact.observedAt < 2 * CONTROL_MS && fact.observedAt <= now + CLOCK_SKEW_MS)
}

function attemptsOf(value: unknown, now: number): number[] {
  const numbers = Array.isArray(value) ? value.filter((one): one is number => typeof one === 'number') : []
  return numbers.filter((at) => now - at < DAY_MS && at <= now + CLOCK_SKEW_MS)
}

// The same job may come back: its first visit was cut off, and its claim is its own.
const UNCLAIMED = '(attribute_not_exists(claimJob) OR claimJob = :job OR claimUntil <= :now OR claimUntil > :longest)'

/** Between recall and claim somebody else may have asked and learned; then there is nothing left to ask. */
function unchangedSince(seen: number | null | undefined): string {
  if (seen === undefined) return ''
  return seen === null ? ' AND attribute_not_exists(observedAt)' : ' AND observedAt = :seen'
}

async function claim({ dynamo, keys, table }: Store, { wire, jobId, now, until, seen }: Claim): Promise<Claimed> {
  const set = await dynamo.attempt('claim', () =>
    dynamo.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { key: keys.address(wire) },
        UpdateExpression: 'SET claimJob = :job, claimUntil = :until, expiresAt = if_not_exists(expiresAt, :expires)',
        ConditionExpression: `${UNCLAIMED}${unchangedSince(seen)}`,
        ExpressionAttributeValues: {
          ':job': jobId,
          ':until': until,
          ':now': now,
          ':longest': now + LONGEST_CLAIM_MS,
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
          ...(typeof seen === 'number' ? { ':seen': seen } : {}),
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    ),
  )
  if (set.kind !== 'condition_failed') return { kind: set.kind === 'done' ? 'claimed' : 'unavailable' }
  // Whoever learned something since has answered our question too: it is there to be recalled.
  return { kind: 'held', until: Math.max(now, claimUntil(set.item, now)) }
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
        ConditionExpression: 'attribute_not_exists(observedAt) OR observedAt <= :now OR observedAt > :ahead',
        ExpressionAttributeValues: {
          ':facts': JSON.stringify(learned.mailboxFacts),
          ':now': learned.now,
          ':ahead': learned.now + CLOCK_SKEW_MS,
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
const DATED = '[{"observedAt":'

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
        ConditionExpression: entries
          .map((_, n) => `(attribute_not_exists(#n${n}) OR #n${n} <= :v${n} OR #n${n} > :ahead)`)
          .join(' AND '),
        ExpressionAttributeNames: Object.fromEntries(entries.map(([name], n) => [`#n${n}`, name])),
        ExpressionAttributeValues: {
          ':expires': Math.ceil(now / 1_000) + KEEP_S,
          ':ahead': DATED + String(now + CLOCK_SKEW_MS),
          ...Object.fromEntries(entries.map(([, text], n) => [`:v${n}`, text])),
        },
      }),
    ),
  )
  return put.kind
}
