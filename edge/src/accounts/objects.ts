// The objects of accounts by name: which partition's namespace they are in, and which day's object holds a record.
import type { Account } from './account.ts'
import { dayOf, instantOf } from './ids.ts'
import { type LocationHint, type Partitions, partitionOf, recordsName, type Scope, within } from './places.ts'
import type { Records } from './records.ts'

export interface ObjectBindings {
  readonly ACCOUNTS: DurableObjectNamespace<Account>
  readonly RECORDS: DurableObjectNamespace<Records>
}

export interface Objects {
  /** The hint is heeded when the account is made, and never again. */
  account(id: string, locationHint?: LocationHint): DurableObjectStub<Account>
  /** Verifications of one day (UTC, `2026-11-21`). */
  records(account: string, scope: Scope, day: string): DurableObjectStub<Records>
  /** Those among which the verification of this id is. */
  recordsOf(account: string, scope: Scope, id: string): DurableObjectStub<Records>
  /** True where the account's partition is one of ours. */
  serves(account: string): boolean
}

export function nameObjects({ ACCOUNTS, RECORDS }: ObjectBindings, partitions: Partitions, now: () => number): Objects {
  const records = (account: string, scope: Scope, day: string): DurableObjectStub<Records> =>
    within(RECORDS, partitionOf(account), partitions).getByName(recordsName(account, scope, day))
  return {
    account: (id, locationHint) =>
      within(ACCOUNTS, partitionOf(id), partitions).getByName(id, locationHint === undefined ? {} : { locationHint }),
    records,
    recordsOf: (account, scope, id) => records(account, scope, dayOf(instantOf('ver', id) ?? now())),
    serves: (account) => Object.hasOwn(partitions, partitionOf(account)),
  }
}
