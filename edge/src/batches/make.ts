// A list becomes a batch: taken into the store, looked at, paid for as far as one can tell, and begun or shown.
import type { BatchOptions } from '@postern/shared/contract/batch.ts'
import { RETENTION_DAYS } from '@postern/shared/contract/batch.ts'
import { PRICE } from '@postern/shared/verdict/cost.ts'
import type { Context } from 'hono'
import { isSandbox, type KeyCaller, scopeOf } from '../http/authenticate.ts'
import { mismatch } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv } from '../routes/context.ts'
import { preview } from './preview.ts'
import { uploadKey } from './spool.ts'
import { keptUntil, type Wanted } from './state.ts'
import { type Uploaded, upload, type Wish } from './upload.ts'

/** An upload takes no longer than this, or whoever repeats it goes on in its stead. */
export const MAKING_MS = 15 * 60_000

export interface Making {
  readonly id: string
  readonly options: BatchOptions
  readonly type: Wish['type']
  readonly body: ReadableStream<Uint8Array>
}

/** Null for what is none of the three types. */
export function typeOf(contentType: string): Wish['type'] | null {
  const [type = ''] = contentType.toLowerCase().split(';')
  switch (type.trim()) {
    case 'text/csv':
      return 'csv'
    case 'application/x-ndjson':
    case 'application/ndjson':
    case 'application/jsonl':
      return 'ndjson'
    case 'application/json':
      return 'json'
    default:
      return null
  }
}

export async function makeBatch(context: Context<AppEnv>, making: Making) {
  const caller = keyCaller(context)
  const { batches, newId } = context.get('services')
  const { account } = caller
  const bucket = batches.spool(account)
  if (bucket === null) return noStore(context)
  const object = batches.object(account, making.id)
  const known = await object.plan()
  const { type, options } = making
  const wish = { type, column: options.column, header: options.header ?? 'auto' } as const
  const refusal = known === null ? await refusalOf(context, caller, making) : null
  if (refusal !== null) return refusal
  // A repeat is read only, to be compared.
  const key = uploadKey(account, making.id, newId('upl'))
  const uploaded = await upload(making.body, wish, known === null ? { bucket, key } : null)
  if (!uploaded.ok && known === null) await withdraw(context, account, making.id)
  if (!uploaded.ok) return refusedUpload(context, uploaded)
  return begin(context, { making, caller, bucket, key, uploaded, isNew: known === null })
}

/** Before any of it is read. What is not refused is in the account's book, and announced. */
async function refusalOf(context: Context<AppEnv>, caller: KeyCaller, making: Making) {
  const { batches, now } = context.get('services')
  // The same request again after its list was erased makes no new one.
  if (await wasErased(context, caller, making.id)) return erased(context)
  if (await isPoor(context, caller, making.options)) return noCredit(context)
  if (!(await enter(context, caller, making))) return tooMany(context)
  await batches.announce(caller.account, making.id, now())
  return null
}

interface Begun extends Omit<Taken, 'now'> {
  readonly making: Making
  readonly caller: KeyCaller
  readonly bucket: R2Bucket
  readonly isNew: boolean
}

async function begin(context: Context<AppEnv>, { making, caller, bucket, key, uploaded, isNew }: Begun) {
  const { batches, objects, now } = context.get('services')
  const { account } = caller
  const object = batches.object(account, making.id)
  const wanted = wantedOf(making, caller, { uploaded, key, now: now() })
  const { id, scope } = wanted
  await objects.account(account).enterList({ id, scope, expiresAt: keptUntil(wanted) })
  const made = await object.create(wanted)
  // Two at once: the first one's upload is the batch's, the other is let go.
  if (isNew && (await object.plan())?.upload.key !== key) await bucket.delete(key)
  if (made === null) return mismatch(context)
  const shown = made.status === 'previewed' ? await preview(wanted, uploaded.first, context.get('services')) : null
  const headers = { location: `/v1/batches/${made.id}`, 'cache-control': 'no-store' }
  return context.json({ ...made, preview: shown }, 202, headers)
}

function wasErased(context: Context<AppEnv>, caller: KeyCaller, id: string): Promise<boolean> {
  const { objects } = context.get('services')
  return objects.account(caller.account).wasDropped(id, scopeOf(caller))
}

function erased(context: Context) {
  const detail = 'The batch of this request was erased: use a new Idempotency-Key for a new one.'
  return refuse(context, 'gone', { detail })
}

function keyCaller(context: Context<AppEnv>): KeyCaller {
  const caller = context.get('caller')
  if (caller.type !== 'key') throw new Error('this route is not kept for keys')
  return caller
}

interface Taken {
  readonly uploaded: Extract<Uploaded, { ok: true }>
  readonly key: string
  readonly now: number
}

function wantedOf({ id, options }: Making, caller: KeyCaller, { uploaded, key, now }: Taken): Wanted {
  return {
    id,
    account: caller.account,
    keyId: caller.keyId,
    scope: scopeOf(caller),
    mode: options.mode ?? 'full',
    dedupe: options.dedupe ?? 'exact',
    maxCost: options.max_cost ?? null,
    webhookUrl: options.webhook_url ?? null,
    retentionDays: options.retention_days ?? RETENTION_DAYS.usual,
    upload: { key, octets: uploaded.octets, digest: uploaded.digest },
    layout: uploaded.layout,
    createdAt: now,
    start: options.start !== 'false',
  }
}

/** Somebody who cannot pay for one row is told before the list is sent. */
async function isPoor(context: Context<AppEnv>, caller: KeyCaller, { mode = 'full', start }: BatchOptions) {
  if (isSandbox(caller) || start === 'false') return false
  const view = await context.get('services').objects.account(caller.account).describe()
  const available = view?.balance.available ?? null
  return available !== null && available < PRICE[mode]
}

/** Lists that an account has at a time, those that were only looked at included; as many of its sandbox. */
const MOST_OPEN = 100

/** Into the account's book before anything else, for as long as it may last: erasures look there. False where that is full. */
async function enter(context: Context<AppEnv>, caller: KeyCaller, { id, options }: Making): Promise<boolean> {
  const { objects, now } = context.get('services')
  const retentionDays = options.retention_days ?? RETENTION_DAYS.usual
  const listed = { id, scope: scopeOf(caller), expiresAt: keptUntil({ createdAt: now(), retentionDays }) }
  return objects.account(caller.account).openList(listed, MOST_OPEN)
}

async function withdraw(context: Context<AppEnv>, account: string, id: string): Promise<void> {
  const { objects, batches } = context.get('services')
  await Promise.all([objects.account(account).forgetList(id), batches.withdraw(account, id)])
}

function tooMany(context: Context) {
  return refuse(context, 'rate-limited', {
    detail: [
      `${MOST_OPEN} lists of this account are open: wait for one to end, or cancel or erase one (DELETE /v1/batches/{id}).`,
      'Those that were only looked at (start=false) count too, for a day.',
    ].join(' '),
    headers: { 'retry-after': '60' },
  })
}

function noCredit(context: Context) {
  return refuse(context, 'insufficient-credits', {
    detail: 'Nothing is left for a first row: buy credits, or look at the list with start=false.',
  })
}

function noStore(context: Context) {
  const detail = 'There is no store for lists in the place where the data of this account has to stay.'
  return refuse(context, 'unavailable', { detail, headers: { 'retry-after': '3600' } })
}

function refusedUpload(context: Context, refused: Exclude<Uploaded, { ok: true }>) {
  switch (refused.why) {
    case 'too-large':
      return refuse(context, 'body-too-large', { detail: 'A list has at most 95 MB: split it.' })
    case 'incomplete':
      return refuse(context, 'incomplete-body', { detail: 'The list ended before it was all here: send it again.' })
    case 'wrong': {
      const { pointer, detail } = refused
      return refuse(context, 'invalid-field', { detail, errors: [{ pointer, detail }] })
    }
  }
}
