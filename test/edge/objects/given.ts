// What tests of the objects start from: a clock that stands, accounts with credit and keys, and answers to be counted.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { type AccountSettings, USUAL_SETTINGS } from '@postern/shared/contract/account.ts'
import { MAX_AGE_S } from '@postern/shared/contract/verification.ts'
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { afterEach, beforeEach, vi } from 'vitest'
import type { Account, AccountBindings } from '../../../edge/src/accounts/account.ts'
import type { Admission, Admitted, Wanted } from '../../../edge/src/accounts/admission.ts'
import { accountId, keyIdOf } from '../../../edge/src/accounts/ids.ts'
import type { StoredKey } from '../../../edge/src/accounts/key-book.ts'
import type { Settlement } from '../../../edge/src/accounts/ledger.ts'
import { nameObjects } from '../../../edge/src/accounts/objects.ts'
import type { Partitions } from '../../../edge/src/accounts/places.ts'
import type { RecordRow } from '../../../edge/src/accounts/records.ts'
import { hex, sha256 } from '../../../edge/src/accounts/secrets.ts'
import { readSnapshot, type Snapshot, snapshotKey } from '../../../edge/src/accounts/snapshot.ts'

/** Years ahead of any machine that runs this, so that no alarm rings but when a test rings it. */
export const NOON = Date.parse('2099-05-01T12:00:00Z')
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The clock of this file's tests stands at `NOON` until they move it; timers and the network are the real ones. */
export function standingClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOON })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

export function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms)
}

export const objects = nameObjects(env, JSON.parse(env.PARTITIONS) as Partitions, Date.now)

let made = 0

function octets(length: number): Uint8Array {
  made += 1
  return Uint8Array.from({ length }, (_, at) => Math.floor(made / 256 ** at) % 256)
}

/** The name of an account that nobody had before. */
export function newName(): string {
  return accountId('default', octets(16))
}

/** One of a partition that is not configured here: nobody reaches it. */
export function nowhere(): string {
  return newName().replace('acc_default_', 'acc_nowhere_')
}

export type Stub = DurableObjectStub<Account>
export type PresentedKey = Admission['key']

export interface Given {
  readonly id: string
  readonly stub: Stub
  /** A good one, in the account's book. */
  readonly key: PresentedKey
}

/** Replaces a key by a new one, and says what became of the old one. */
export async function replaceKey(
  { stub }: Pick<Given, 'stub'>,
  id: string,
  endsAt: number,
): Promise<StoredKey | string> {
  const rotated = await stub.rotate(id, (await newKey()).stored, endsAt)
  if (typeof rotated === 'string') return rotated
  return (await stub.keys()).find((key) => key.id === id) ?? 'absent'
}

/** An account with one key and so many units. */
export async function account(units = 0, settings: Partial<AccountSettings> = {}): Promise<Given> {
  const id = newName()
  const stub = objects.account(id)
  await stub.create({ id, name: 'Jane', settings: { ...USUAL_SETTINGS, ...settings } })
  if (units !== 0) await stub.buy({ reference: 'first', units, note: '', at: Date.now() })
  const { key, stored } = await newKey()
  await stub.addKey(stored)
  return { id, stub, key }
}

export async function newKey(wish: Partial<StoredKey> = {}): Promise<{ key: PresentedKey; stored: StoredKey }> {
  const digest = await sha256(octets(20))
  const id = keyIdOf(digest)
  const usual = { kind: 'sk_live', name: '', origins: [], lastFour: 'last' } as const
  const ends = { expiresAt: null, endsAt: null, revokedAt: null }
  return {
    key: { id, sha256: digest, kind: wish.kind ?? 'sk_live' },
    stored: { ...usual, ...ends, id, sha256: hex(digest), createdAt: Date.now(), ...wish },
  }
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

function crockford(number: number, length: number): string {
  const digits = Array.from({ length }, (_, at) => CROCKFORD[Math.floor(number / 32 ** at) % 32])
  return digits.toReversed().join('')
}

/** An id of that instant that no other answer has. */
export function newId(at = Date.now()): string {
  made += 1
  return `ver_${crockford(at, 10)}${crockford(made, 16)}`
}

export const FULL: Cost = { units: 1, charged: true, why: 'confirmed' }
export const FAST: Cost = { units: 0.1, charged: true, why: 'fast' }
export const NOTHING: Cost = { units: 0, charged: false, why: 'not_confirmed' }

/** A full answer about nobody in particular, found just now by asking. */
export function settlement(wish: Partial<Settlement> = {}): Settlement {
  const checkedAt = wish.checkedAt ?? Date.now()
  return {
    id: newId(),
    keyId: 'key_1',
    mode: 'full',
    price: FULL,
    address: [],
    checkedAt,
    validUntil: checkedAt + HOUR,
    maxAgeS: MAX_AGE_S,
    asked: true,
    ...wish,
  }
}

export function recordOf(id: string, wish: Partial<RecordRow> = {}): RecordRow {
  return { id, at: Date.now(), address: '', record: JSON.stringify({ id }), ...wish }
}

/** Asks for a full answer to nobody's address, for a minute. */
export function admission(key: PresentedKey, wish: Partial<Wanted> = {}): Admission {
  const usual = { units: 1, address: [], mode: 'full', maxAgeS: MAX_AGE_S, expiresAt: Date.now() + MINUTE } as const
  return { key, operator: false, policy: null, wanted: { id: newId(), ...usual, ...wish } }
}

/** `let in`, or why not. */
export function outcome(admitted: Admitted): string {
  return admitted.ok ? 'let in' : admitted.why
}

export async function balanceOf({ stub }: Given) {
  return (await stub.describe())!.balance
}

/** All usage there ever was. */
export async function usageOf({ stub }: Given) {
  return stub.usage('0000-00-00', '9999-99-99')
}

/** In thousandths, as sums of tenths are not exact otherwise. */
export function thousandths(units: number): number {
  return Math.round(units * 1_000)
}

/** The copy that the fast path reads. */
export async function copyOf({ id }: Given): Promise<Snapshot | null> {
  return readSnapshot(await env.SNAPSHOTS.get(snapshotKey(id), { type: 'json' }))
}

/** Rings the alarm that is set; false where none is. */
export function ring(stub: DurableObjectStub): Promise<boolean> {
  return runDurableObjectAlarm(stub)
}

export function alarmOf<O extends Rpc.DurableObjectBranded>(stub: DurableObjectStub<O>): Promise<number | null> {
  return runInDurableObject(stub, (_, state) => state.storage.getAlarm())
}

type Bindings = Partial<Record<keyof AccountBindings, unknown>>

/** Has the object use something else than its bindings, such as a table that cannot be reached; nothing sets it right. */
export async function rebind(
  stub: Stub,
  bindings: (account: Account, state: DurableObjectState) => Bindings = () => ({}),
): Promise<void> {
  await runInDurableObject(stub, (instance: Account, state) => {
    Object.defineProperty(instance, 'env', { value: { ...env, ...bindings(instance, state) }, configurable: true })
  })
}

/** Rows of the object's own tables, for what no method tells yet. */
export function rows(stub: Stub, query: string): Promise<Record<string, SqlStorageValue>[]> {
  return runInDurableObject(stub, (_, state) => state.storage.sql.exec(query).toArray())
}
