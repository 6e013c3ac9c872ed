// Where uploads lie: one bucket a partition, so that a list stays where its account's data has to stay.
import { type Partitions, partitionOf } from '../accounts/places.ts'

export interface SpoolBindings {
  /** Of partitions without a jurisdiction of their own; others have `SPOOL_<PARTITION>`. */
  readonly SPOOL: R2Bucket
  /** JSON of `Partitions`. */
  readonly PARTITIONS: string
}

/** Null where the account's partition has no bucket within its jurisdiction: its lists are refused. */
export function spoolOf(env: SpoolBindings, account: string): R2Bucket | null {
  const partition = partitionOf(account)
  const own = (env as unknown as Record<string, R2Bucket | undefined>)[`SPOOL_${partition.toUpperCase()}`]
  if (own !== undefined) return own
  const { jurisdiction } = (JSON.parse(env.PARTITIONS) as Partitions)[partition] ?? { jurisdiction: undefined }
  return jurisdiction === null ? env.SPOOL : null
}

/** R2 wants all parts but the last to be of one size, and none smaller than this. */
export const PART_OCTETS = 5 * 1_048_576

export function uploadKey(account: string, batch: string, attempt: string): string {
  return `${account}/${batch}/${attempt}`
}
