// The copies of accounts that this isolate remembers: read at once, renewed beside the request, never waited for.
import { readSnapshot, type Snapshot, snapshotKey } from './snapshot.ts'

/** Older copies are used, and renewed meanwhile. With KV's own delay, a revoked key is refused within a minute or so. */
const FRESH_MS = 5_000
const MOST_ACCOUNTS = 2_000
/** KV's least; seconds. */
const KV_CACHE_S = 30

interface Remembered {
  readonly askedAt: number
  readonly snapshot: Snapshot | null
}

export interface Snapshots {
  /** The last known copy, or null; renewing it, if it is due, is left to `later`. */
  peek(account: string, later: (work: () => Promise<unknown>) => void): Snapshot | null
}

export function createSnapshots(kv: Pick<KVNamespace, 'get'>, now: () => number): Snapshots {
  const known = new Map<string, Remembered>()
  const renew = async (account: string): Promise<void> => {
    const value = await kv.get(snapshotKey(account), { type: 'json', cacheTtl: KV_CACHE_S })
    const snapshot = readSnapshot(value)
    const before = known.get(account)
    // KV may answer with an older copy than the one before it.
    if (snapshot === null || (before?.snapshot?.version ?? 0) > snapshot.version) return
    known.delete(account)
    known.set(account, { askedAt: now(), snapshot })
    const [oldest] = known.keys()
    if (known.size > MOST_ACCOUNTS && oldest !== undefined) known.delete(oldest)
  }
  return {
    peek: (account, later) => {
      const remembered = known.get(account)
      if (remembered === undefined || Math.abs(now() - remembered.askedAt) > FRESH_MS) {
        known.set(account, { askedAt: now(), snapshot: remembered?.snapshot ?? null })
        const renewing = Promise.allSettled([renew(account)])
        later(async () => {
          const [renewed] = await renewing
          if (renewed.status === 'rejected') throw renewed.reason
        })
      }
      return remembered?.snapshot ?? null
    },
  }
}
