// The account itself: its settings, its balance, and how it stands with its credit.
import { type AccountSettings, USUAL_SETTINGS } from '@postern/shared/contract/account.ts'

/**
 * `good`: answers may be counted later. `strict`: so little is left that each one has to be asked for.
 * `out`: nothing is left.
 */
export type Standing = 'good' | 'strict' | 'out'

export interface Profile {
  readonly id: string
  readonly name: string
  readonly settings: AccountSettings
  readonly createdAt: number
  /** Thousandths of a unit. */
  readonly bought: number
  readonly spent: number
  /** Grows with every change that snapshots have to tell; `published` is the last one told. */
  readonly version: number
  readonly published: number
  readonly standing: Standing
}

interface Row extends Record<string, SqlStorageValue> {
  id: string
  name: string
  settings: string
  created_at: number
  bought: number
  spent: number
  version: number
  published: number
  standing: string
}

/** Null where the account was never created. */
export function profile(sql: SqlStorage): Profile | null {
  const [row] = sql.exec<Row>('SELECT * FROM account').toArray()
  if (row === undefined) return null
  const { created_at: createdAt, ...rest } = row
  return {
    ...rest,
    createdAt,
    // A setting that came after the account was made is as usual.
    settings: { ...USUAL_SETTINGS, ...(JSON.parse(row.settings) as Partial<AccountSettings>) },
    standing: row.standing as Standing,
  }
}

export interface NewAccount {
  readonly id: string
  readonly name: string
  readonly settings: AccountSettings
}

/** Creating what is there already changes nothing: a repeat is the same account. */
export function createAccount(sql: SqlStorage, { id, name, settings }: NewAccount, now: number): void {
  sql.exec(
    'INSERT INTO account (id, name, settings, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    id,
    name,
    JSON.stringify(settings),
    now,
  )
}

/** What is not named stays as it is. */
export type AccountChange = { readonly name?: string | undefined } & {
  readonly [K in keyof AccountSettings]?: AccountSettings[K] | undefined
}

export function configure(sql: SqlStorage, { name, ...change }: AccountChange): void {
  const before = profile(sql)
  const named = Object.entries(change).filter(([, value]) => value !== undefined)
  const settings = { ...before?.settings, ...Object.fromEntries(named) }
  sql.exec(
    'UPDATE account SET name = coalesce(?, name), settings = ?, version = version + 1',
    name ?? null,
    JSON.stringify(settings),
  )
}

export function setStanding(sql: SqlStorage, standing: Standing): void {
  sql.exec('UPDATE account SET standing = ?, version = version + 1', standing)
}

/** Something changed that the fast path has to know of. */
export function touch(sql: SqlStorage): void {
  sql.exec('UPDATE account SET version = version + 1')
}

export function markPublished(sql: SqlStorage, version: number): void {
  sql.exec('UPDATE account SET published = ? WHERE published < ?', version, version)
}
