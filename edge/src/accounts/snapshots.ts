// The copies of accounts that this isolate remembers: read at once, renewed beside the request, never waited for.
import { readSnapshot, type Snapshot, snapshotKey } from './snapshot.ts'

/** Older copies are used, and renewed meanwhile. With KV's own delay, a revoked key is refused within a minute or so. */
const FRESH_MS = 5_000
const MOST_ACCOUNTS = 2_000
/** KV's least; seconds. */
const KV_CACHE_S = 30

interface Remembered {
  readonly askedAt: number
  /** Null until the first look has ended. */
  readonly snapshot: Snapshot | null
}

export interface Snapshots {
  /**
   * The last known copy, or null as long as the first look has not ended; renewing it, if it is due, is left to `later`.
   * A copy that is absent, unreadable or out of reach is `unusable`: then every answer is asked of the object.
   */
  peek(account: string, later: (work: () => Promise<unknown>) => void): Snapshot | null
}

/** Says of an account that nothing is known: its object has to be asked. */
const UNUSABLE: Snapshot = {
  tier: 'trial',
  standing: 'strict',
  whenOut: 'refuse',
  refuseFlags: [],
  flagOnly: [],
  patterns: [],
  ended: {},
  version: 0,
}

export function createSnapshots(kv: Pick<KVNamespace, 'get'>, now: () => number): Snapshots {
  const known = new Map<string, Remembered>()
  const remember = (account: string, snapshot: Snapshot): void => {
    known.delete(account)
    known.set(account, { askedAt: now(), snapshot })
    const [oldest] = known.keys()
    if (known.size > MOST_ACCOUNTS && oldest !== undefined) known.delete(oldest)
  }
  /** Resolves with how the look went: it may fail before anybody listens. */
  const renew = async (account: string) => {
    const [read] = await Promise.allSettled([kv.get(snapshotKey(account), { type: 'json', cacheTtl: KV_CACHE_S })])
    const snapshot = read.status === 'fulfilled' ? readSnapshot(read.value) : null
    const before = known.get(account)?.snapshot?.version ?? 0
    // KV may answer with an older copy than the one before it; a copy that was good once is better than none.
    if (snapshot === null && before === 0) remember(account, UNUSABLE)
    if (snapshot !== null && snapshot.version >= before) remember(account, snapshot)
    return read
  }
  return {
    peek: (account, later) => {
      const remembered = known.get(account)
      if (remembered === undefined || Math.abs(now() - remembered.askedAt) > FRESH_MS) {
        known.set(account, { askedAt: now(), snapshot: remembered?.snapshot ?? null })
        const renewing = renew(account)
        later(async () => {
          const read = await renewing
          if (read.status === 'rejected') throw read.reason
        })
      }
      return remembered?.snapshot ?? null
    },
  }
}
