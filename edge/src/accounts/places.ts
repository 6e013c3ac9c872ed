// Where the objects of a partition live: a jurisdiction it may not leave, and a hint of where to begin.
import { readAccountId } from './ids.ts'

export interface Partition {
  /** Cloudflare's name of a jurisdiction, such as `eu`; null where the platform chooses, and in local runs. */
  readonly jurisdiction: DurableObjectJurisdiction | null
}

export type Partitions = Readonly<Record<string, Partition>>

/** Heeded when an object is first used, and never again. */
export type LocationHint = DurableObjectLocationHint

/** The namespace within which a partition's objects are named. @throws where the partition is not configured. */
export function within<T extends Rpc.DurableObjectBranded | undefined>(
  namespace: DurableObjectNamespace<T>,
  partition: string,
  partitions: Partitions,
): DurableObjectNamespace<T> {
  const place = partitions[partition]
  if (place === undefined) throw new Error(`partition ${partition} is not configured`)
  return place.jurisdiction === null ? namespace : namespace.jurisdiction(place.jurisdiction)
}

/** Of everybody who has not chosen one, and of visitors of our pages. */
export const DEFAULT_PARTITION = 'default'

/** The partition of an account, as its name says; the default one for what is no account. */
export function partitionOf(account: string): string {
  return readAccountId(account)?.partition ?? DEFAULT_PARTITION
}

/** Test keys' verifications are kept apart from live ones. */
export type Scope = 'live' | 'test'

export function recordsName(account: string, scope: Scope, day: string): string {
  return `${account}/${scope}/${day}`
}
