// Who plays in the tables of the contract: accounts in every state, and keys in every way that a key can be wrong.
import type { Verification } from '@postern/shared/contract/verification.ts'
import { OPERATORS } from '../../edge/src/accounts/ids.ts'
import { mintKey } from '../../edge/src/accounts/key-text.ts'
import { openSecrets } from '../../edge/src/accounts/secrets.ts'
import { call } from './accounts.ts'
import { eventually } from './processes.ts'
import type { Stack } from './stack.ts'

export { OPERATORS }

export const KINDS = ['sk_live', 'sk_test', 'pk_live', 'pk_test', 'ak_live', 'ak_test'] as const
export type Kind = (typeof KINDS)[number]

/** The one site that browser keys in these journeys are made for. */
export const SHOP = 'https://shop.example'

export interface Row {
  readonly name: string
  readonly cells: Readonly<Record<string, string>>
}

/** Lines of `name | cell | cell` under a line of column names. */
export function readTable(text: string): Row[] {
  const [head = [], ...lines] = text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll(/ +/g, ' ')))
  return lines.map((line) => ({
    name: line[0] ?? '',
    cells: Object.fromEntries(head.slice(1).map((column, at) => [column, line[at + 1] ?? ''])),
  }))
}

interface Batches {
  readonly kept: string
  readonly ready: string
  readonly doomed: string
}

/** An account, and what there is in it. */
export interface Place {
  readonly account: string
  readonly keys: Readonly<Record<Exclude<Kind, 'ak_live' | 'ak_test'>, string>>
  /** Ids of what its sk_live key and its sk_test key were answered. */
  readonly verification: string
  readonly practice: string
  /** Ids of a key that may be looked at and replaced (then of its successor), and of one that may be revoked. */
  spare: string
  readonly doomed: string
  /** Ids of endpoints of either kind of key: one to be looked at, one to be removed. */
  readonly webhooks: Readonly<Record<'sk_live' | 'sk_test', { readonly kept: string; readonly doomed: string }>>
  /** Ids of batches of either kind of key: one that has ended, one to be started, one to be erased. */
  readonly batches: Readonly<Record<'sk_live' | 'sk_test', Batches>>
  /** Id of a report on null-mx.test. */
  report: string
  /** Id of a delivery to the first; empty in a place of tier `trial`, whose calls are counted. */
  readonly delivery: string
}

export interface MadeKey {
  readonly id: string
  readonly key: string
}

async function made<T>(stack: Stack, key: string, [path, body]: readonly [path: string, body: object]): Promise<T> {
  const answer = await call<T>(stack, key, { path, body })
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

export function makeKey(stack: Stack, account: string, kind: Kind): Promise<MadeKey> {
  const origins = kind.startsWith('pk_') ? { origins: [SHOP] } : {}
  return made<MadeKey>(stack, stack.keys.ak, ['/v1/keys', { account, kind, ...origins }])
}

/** An account with so many units, of which its first verification has cost one. */
export async function openPlace(stack: Stack, { units, tier }: { units: number; tier: string }): Promise<Place> {
  const { ak } = stack.keys
  const { id: account } = await made<{ id: string }>(stack, ak, [
    '/v1/accounts',
    { name: 'contract', tier, low_credits_at: units - 1 },
  ])
  await made(stack, ak, ['/v1/credits', { account, units }])
  const make = (kind: Kind) => makeKey(stack, account, kind)
  const [live, test, publicLive, publicTest, spare, doomed] = await Promise.all([
    make('sk_live'),
    make('sk_test'),
    make('pk_live'),
    make('pk_test'),
    make('sk_test'),
    make('sk_test'),
  ])
  const webhooks = {
    sk_live: await makeWebhooks(stack, live.key),
    sk_test: await makeWebhooks(stack, test.key),
  }
  const first = { email: 'first@null-mx.test', mode: 'full' }
  const answered = (key: string) => made<Verification>(stack, key, ['/v1/verifications', first])
  const verification = (await answered(live.key)).id
  return {
    account,
    keys: { sk_live: live.key, sk_test: test.key, pk_live: publicLive.key, pk_test: publicTest.key },
    verification,
    practice: (await answered(test.key)).id,
    spare: spare.id,
    doomed: doomed.id,
    webhooks,
    batches: { sk_live: await makeBatches(stack, live.key), sk_test: await makeBatches(stack, test.key) },
    report: '',
    delivery: tier === 'high' ? await firstDelivery(stack, live.key, webhooks.sk_live.kept) : '',
  }
}

/** Of one row each, by preview: they cost nothing, and have ended as soon as they are cancelled. */
async function makeBatches(stack: Stack, key: string): Promise<Batches> {
  const make = async () =>
    (await made<{ id: string }>(stack, key, ['/v1/batches?start=false', { emails: ['first@null-mx.test'] }])).id
  const kept = await make()
  await made(stack, key, [`/v1/batches/${kept}/cancel`, {}])
  return { kept, ready: await make(), doomed: await make() }
}

/** Nothing is ever sent to a private address. */
const HOOK = { url: 'https://mx.private.test/hook' }

async function makeWebhooks(stack: Stack, key: string): Promise<{ kept: string; doomed: string }> {
  const make = async () => (await made<{ id: string }>(stack, key, ['/v1/webhooks', HOOK])).id
  return { kept: await make(), doomed: await make() }
}

/** What the first verification cost is told as `credits.low`. */
async function firstDelivery(stack: Stack, key: string, webhook: string): Promise<string> {
  let id: string | undefined
  const isThere = async () => {
    const path = `/v1/webhooks/${webhook}/deliveries`
    id = (await call<{ deliveries: { id: string }[] }>(stack, key, { path })).body.deliveries[0]?.id
    return id !== undefined
  }
  await eventually(isThere, 10_000)
  return id ?? ''
}

/** Keys that were good once, by kind. */
export type Former = Readonly<Record<'sk_live' | 'sk_test' | 'ak_live' | 'ak_test', string>>

async function formerKeys(stack: Stack, account: string, end: (id: string, whose: string) => Promise<unknown>) {
  const kept = async (kind: Kind): Promise<string> => {
    const whose = kind.startsWith('ak_') ? OPERATORS : account
    const { id, key } = await makeKey(stack, whose, kind)
    await end(id, `?account=${whose}`)
    return key
  }
  const [sk_live, sk_test, ak_live, ak_test] = await Promise.all([
    kept('sk_live'),
    kept('sk_test'),
    kept('ak_live'),
    kept('ak_test'),
  ])
  return { sk_live, sk_test, ak_live, ak_test } satisfies Former
}

export function revokedKeys(stack: Stack, account: string): Promise<Former> {
  const { ak } = stack.keys
  return formerKeys(stack, account, (id, whose) =>
    call(stack, ak, { path: `/v1/keys/${id}${whose}`, method: 'DELETE' }),
  )
}

/** Keys whose time is over: replaced without an overlap. */
export function endedKeys(stack: Stack, account: string): Promise<Former> {
  const { ak } = stack.keys
  return formerKeys(stack, account, (id, whose) => made(stack, ak, [`/v1/keys/${id}/rotate${whose}`, { overlap_s: 0 }]))
}

/** The text with another character of a key's alphabet in one place. */
export function changedAt(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === 'a' ? 'b' : 'a'}${text.slice(at + 1)}`
}

/** A key in all respects but one: it was signed with somebody else's secret. */
export function forgedKey(kind: Kind, account: string): Promise<string> {
  const foreign = openSecrets({ current: '1', keys: { '1': 'ab'.repeat(32) } })
  const whose = kind.startsWith('ak_') ? OPERATORS : account
  return mintKey(foreign, { kind, account: whose, origins: [] }, new Uint8Array(20).fill(7))
}

/** `Authorization` headers that come near a genuine key of this kind, and are worth nothing. */
export async function wrongAuthorizations(genuine: string, account: string): Promise<string[]> {
  const label = genuine.slice(0, 'sk_live'.length)
  const text = genuine.slice('sk_live_'.length)
  const others = KINDS.filter((kind) => kind !== label).map((kind) => `${kind}_${text}`)
  const changed = [0, 30, 60, text.length - 1].map((at) => `${label}_${changedAt(text, at)}`)
  const forged = await forgedKey(label as Kind, account)
  const near = [forged, ...others, ...changed, genuine.slice(0, -1), `${genuine}a`, genuine.toUpperCase(), 'secret']
  return [...near.map((key) => `Bearer ${key}`), genuine, `Basic ${genuine}`, `Bearer ${genuine} ${genuine}`, 'Bearer']
}
